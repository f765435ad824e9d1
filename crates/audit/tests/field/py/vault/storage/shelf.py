"""A storage that gives those who work with it a lock of the whole."""

import fcntl
import os
from contextlib import contextmanager


class Shelf:
    def __init__(self, folder):
        self.folder = folder
        self.scrub()

    @contextmanager
    def hold_lock(self, mode):
        with open(os.path.join(self.folder, ".lock"), "a") as file:
            fcntl.flock(file, fcntl.LOCK_EX if mode == "w" else fcntl.LOCK_SH)
            yield

    def delete(self, name):  # safe
        path = os.path.join(self.folder, name)
        if os.path.exists(path):
            os.remove(path)

    def scrub(self):  # race
        path = os.path.join(self.folder, "stale")
        if os.path.exists(path):
            os.remove(path)
