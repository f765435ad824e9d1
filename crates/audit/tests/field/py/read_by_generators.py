"""Lines that a generator reads from a file, and another method writes back."""

import json
import os

from filelock import FileLock


class Running:
    def __init__(self):
        self.cache_file = os.path.expanduser("~/.cache/tool/running")

    def entries(self):
        with open(self.cache_file) as file:
            lines = file.readlines()
        for line in lines:
            yield json.loads(line)

    def write(self, entries):
        with open(self.cache_file + ".new", "w") as file:
            for entry in entries:
                file.write(json.dumps(entry))
        os.replace(self.cache_file + ".new", self.cache_file)

    def drop(self, number):  # race
        self.write([entry for entry in self.entries() if entry["number"] != number])

    def drop_under_lock(self, number):  # safe
        with FileLock(self.cache_file + ".lock"):
            self.write([entry for entry in self.entries() if entry["number"] != number])

    def names(self):  # safe
        return [entry["name"] for entry in self.entries()]


def found_below(folder):
    for name in os.listdir(folder):
        if name.startswith("run-"):
            yield name


def next_run(folder):  # safe
    for _ in range(10):
        number = max((int(name[4:]) for name in found_below(folder)), default=0) + 1
        try:
            os.mkdir(os.path.join(folder, f"run-{number}"))
        except FileExistsError:
            continue
        return number
    raise RuntimeError("no number is free")
