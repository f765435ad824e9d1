import os
from pathlib import Path


class SpoolStore:
    """Files of a spool that several processes share."""

    def __init__(self, options):  # race
        self.folder = options["path"]
        if not os.path.exists(options["path"]):
            os.makedirs(options["path"])

    def drop(self, name):  # race
        if name in os.listdir(self.folder):
            os.remove(os.path.join(self.folder, name))

    def get(self, name):  # race
        if name not in os.listdir(self.folder):
            return None
        with open(os.path.join(self.folder, name)) as f:
            return f.read()

    def other(self, name, done):  # safe
        if name in os.listdir(self.folder):
            try:
                os.remove(os.path.join(self.folder, name))
            except FileNotFoundError:
                pass

    def lines(self, name):  # safe
        with open(os.path.join(self.folder, name)) as f:
            return "end" in f


def claim_spool(lock_file):  # race
    assert not os.path.exists(lock_file), "in use"
    with open(lock_file, "w") as f:
        f.write(str(os.getpid()))


def claim_once(lock_file):  # safe
    assert lock_file
    with open(lock_file, "x") as f:
        f.write(str(os.getpid()))


def make_cache_folder(options):  # safe
    assert options["cache"]
    os.makedirs(options["cache"], exist_ok=True)


def swapped(options):  # safe
    options["cache"] = options["cache"] + ".old"
    if not os.path.exists(options["cache"]):
        options["cache"] = "spool"
        os.makedirs(options["cache"])


def made_folder(cache_folder):  # safe
    if not os.path.isdir(cache_folder):
        try:
            os.makedirs(cache_folder)
        except OSError:
            pass
    assert os.path.isdir(cache_folder)


def drop_folder(cache_folder):
    os.rmdir(cache_folder)
