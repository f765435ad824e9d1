"""Modules of the standard library that a module of the package's own hands on."""

from .compat import os, threading


class Pool:
    def __init__(self, folder):
        self._free = threading.Condition(threading.RLock())
        self._times = []
        self._folder = folder

    def drop(self, when):  # safe
        with self._free:
            while self._times and self._times[0] <= when:
                self._times.pop(0)

    def add(self, when):
        with self._free:
            self._times.append(when)

    def folder(self):  # race
        cache = os.path.join(os.path.expanduser("~/.cache"), self._folder)
        if not os.path.exists(cache):
            os.makedirs(cache)
        return cache
