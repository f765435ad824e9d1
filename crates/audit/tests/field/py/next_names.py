"""Folders under the next free number."""

import os
from pathlib import Path

from filelock import FileLock


def by_highest(base):  # race
    runs = [int(d[3:]) for d in os.listdir(base) if d.startswith("run")]
    path = os.path.join(base, "run%d" % (max(runs, default=0) + 1))
    os.mkdir(path)
    return path


def by_count(base):  # race
    number = len(os.listdir(base))
    path = os.path.join(base, f"run_{number}")
    os.makedirs(path, exist_ok=True)
    return path


class Logs:
    def __init__(self, root):
        self.root = Path(root)

    def _next(self):
        numbers = [int(p.name.split("_")[1]) for p in self.root.iterdir()]
        return max(numbers) + 1

    def opened(self):  # race
        folder = self.root / f"version_{self._next()}"
        folder.mkdir()
        return folder


def until_free(base):  # safe
    number = len(os.listdir(base))
    while True:
        try:
            os.mkdir(os.path.join(base, str(number)))
            return number
        except FileExistsError:
            number += 1


def one_at_a_time(base):  # safe
    with FileLock(os.path.join(base, ".lock")):
        number = len(os.listdir(base))
        path = os.path.join(base, f"run_{number}")
        os.mkdir(path)
        return path


def emptied(base):  # safe
    for name in os.listdir(base):
        with open(os.path.join(base, name), "w") as out:
            out.write("")
