"""Counts that some callers empty first, for a reason of theirs."""

import threading


class Counts:
    def __init__(self):
        self._lock = threading.Lock()
        self._counts = {}

    def counted(self, key, anew):  # race
        if anew:
            self._counts.pop(key, None)
        self._counts[key] += 1

    def counted_under_lock(self, key, anew):  # safe
        with self._lock:
            if anew:
                self._counts.pop(key, None)
            self._counts[key] += 1


class Window:
    """Hits of each key: what comes in the way of a hit is another hit, whoever else sets the counts anew."""

    def __init__(self):
        self._lock = threading.Lock()
        self._hits = {}

    def begin(self, key, anew):
        if anew:
            self._hits[key] = 0
        self._hits[key] += 1

    def hit(self, key, anew):  # race
        if anew:
            self._hits.pop(key, None)
        self._hits[key] += 1

    def forget(self, key):  # safe
        if key in self._hits:
            with self._lock:
                self._hits.pop(key, None)
