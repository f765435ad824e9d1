"""What is done once in the life of a program or of an object."""

import os

from traitlets.config import Application


class Server:
    def __init__(self, folder):
        self.sock = os.path.join(folder, "cache.sock")

    def cleanup(self):  # safe
        if os.path.exists(self.sock):
            os.remove(self.sock)

    def drop(self):  # race
        if os.path.exists(self.sock):
            os.remove(self.sock)


class Hub(Application):
    def initialize(self, folder):  # safe
        lock = os.path.join(folder, "cache.lock")
        if os.path.exists(lock):
            os.remove(lock)

    def forget(self, folder):  # race
        lock = os.path.join(folder, "cache.lock")
        if os.path.exists(lock):
            os.remove(lock)


def fill(folder, data):  # safe
    """Fills the cache; must not be called concurrently."""
    path = os.path.join(folder, "cache.json")
    if not os.path.exists(path):
        os.makedirs(path)


def fill_for_all(folder, data):  # race
    """Fills the cache."""
    path = os.path.join(folder, "cache.json")
    if not os.path.exists(path):
        os.makedirs(path)
