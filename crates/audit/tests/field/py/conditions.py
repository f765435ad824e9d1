"""A condition that is made on a lock and the lock are one."""

import threading


class Pool:
    def __init__(self):
        self._lock = threading.RLock()
        self._condition = threading.Condition(self._lock)
        self._size = 0
        self._named = 0

    def get(self):  # safe
        with self._condition:
            self._size += 1
            self._condition.notify()

    def remove(self):  # safe
        with self._lock:
            self._size -= 1

    def rename(self):  # race
        self._named += 1

    def name(self):  # maybe
        with self._condition:
            self._named += 1


class Apart:
    def __init__(self):
        self._lock = threading.RLock()
        self._condition = threading.Condition()
        self._size = 0

    def get(self):  # race
        with self._condition:
            self._size += 1
            self._condition.notify()

    def remove(self):  # race
        with self._lock:
            self._size -= 1


class Table:
    _guard = threading.Lock()
    _filled = threading.Condition(lock=_guard)
    _rows = 0

    @classmethod
    def come(cls):  # safe
        with cls._filled:
            cls._rows += 1
            cls._filled.notify()

    @classmethod
    def go(cls):  # safe
        with cls._guard:
            cls._rows -= 1
