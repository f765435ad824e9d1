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
    """Hits of each key: what comes in the way of a hit is another hit, whoever else empties the counts."""

    def __init__(self):
        self._lock = threading.Lock()
        self._hits = {}

    def reset(self, key):
        self._hits.pop(key, None)

    def hit(self, key, limit):  # race
        seen = self._hits.get(key, 0)
        if seen >= limit:
            return False
        self._hits[key] = seen + 1
        return True

    def forget(self, key):  # safe
        if key in self._hits:
            with self._lock:
                self._hits.pop(key, None)
