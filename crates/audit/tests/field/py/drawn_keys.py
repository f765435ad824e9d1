"""Entries that go by a key drawn for them, and entries that anybody names."""

import threading
import time
import uuid


class Sessions:
    """Whoever begins gets a key that nobody had."""

    def __init__(self):
        self._lock = threading.Lock()
        self._all = {}
        self._named = {}

    def begin(self, user):  # safe
        key = uuid.uuid4().hex
        with self._lock:
            self._all[key] = (time.time() + 60, user)
        return key

    def get(self, key):  # safe
        entry = self._all.get(key)
        if entry is None:
            return None
        if entry[0] < time.time():
            with self._lock:
                self._all.pop(key, None)
            return None
        return entry[1]

    def rename(self, name, user):  # safe
        with self._lock:
            self._named[name] = (time.time() + 60, user)

    def named(self, name):  # race
        entry = self._named.get(name)
        if entry is None:
            return None
        if entry[0] < time.time():
            with self._lock:
                self._named.pop(name, None)
            return None
        return entry[1]
