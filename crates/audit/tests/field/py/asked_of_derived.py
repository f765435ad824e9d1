"""What a class asks of itself under its lock is asked of the classes derived from it."""

import threading


class Pool:
    def __init__(self, most=10):
        self.most = most
        self.check = threading.Lock()
        self.reset()

    def reset(self):
        self.pid = 1
        self.made = 0

    def look(self, pid):
        if self.pid != pid:
            with self.check:
                if self.pid == pid:
                    return
                self.reset()

    def make(self):  # race
        if self.made >= self.most:
            raise RuntimeError("too many")
        self.made += 1
        return object()


class WatchedPool(Pool):
    def reset(self):
        super().reset()
        self.watched = None


class Table:
    def __init__(self):
        self.lock = threading.RLock()
        self.entries = {}

    def set(self, key, value):
        with self.lock:
            self._set(key, value)

    def count(self, key):
        with self.lock:
            self._count(key)

    def _set(self, key, value):
        self.entries[key] = value

    def _count(self, key):  # safe
        if key not in self.entries:
            self.entries[key] = 0
        self.entries[key] += 1


class CountedTable(Table):
    def _count(self, key):  # safe
        if key not in self.entries:
            self.entries[key] = []
        self.entries[key].append(1)


class HastyTable(Table):
    def count(self, key):  # race
        if key not in self.entries:
            self.entries[key] = 0
        with self.lock:
            self.entries[key] += 1
