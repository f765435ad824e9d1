"""Caches in front of a store, which are filled with what was read from it."""

import threading


class Layered:
    """Used by several threads at the same time."""

    def __init__(self, backend):
        self._lock = threading.Lock()
        self._near = {}
        self._backend = backend

    def _look(self, key):
        with self._lock:
            return self._near.get(key)

    def _keep(self, key, value):
        with self._lock:
            self._near[key] = value

    def get(self, key):  # race
        value = self._look(key)
        if value is None:
            value = self._backend.get(key)
            self._keep(key, value)
        return value

    def set(self, key, value):
        self._backend.set(key, value)
        self._keep(key, value)

    def clear(self):
        self._backend.clear()
        with self._lock:
            self._near.clear()


class Whole:
    """Used by several threads: one lock around both, wherever they are read or changed."""

    def __init__(self, backend):
        self._lock = threading.Lock()
        self._near = {}
        self._backend = backend

    def get(self, key):  # safe
        with self._lock:
            value = self._near.get(key)
            if value is None:
                value = self._backend.get(key)
                self._near[key] = value
        return value

    def set(self, key, value):  # safe
        with self._lock:
            self._backend.set(key, value)
            self._near.pop(key, None)


class Counted:
    """Used by several threads: a fill that comes too late is left out."""

    def __init__(self, backend):
        self._lock = threading.Lock()
        self._near = {}
        self._generation = 0
        self._backend = backend

    def get(self, key):  # safe
        with self._lock:
            if key in self._near:
                return self._near[key]
            seen = self._generation
        value = self._backend.get(key)
        with self._lock:
            if self._generation == seen:
                self._near[key] = value
        return value

    def set(self, key, value):  # safe
        self._backend.set(key, value)
        with self._lock:
            self._generation += 1
            self._near.pop(key, None)


class Unchanged:
    """Used by several threads: nobody changes what is behind it, and what is kept may be dropped."""

    def __init__(self, backend):
        self._lock = threading.Lock()
        self._near = {}
        self._backend = backend

    def get(self, key):  # safe
        with self._lock:
            if key in self._near:
                return self._near[key]
        value = self._backend.get(key)
        with self._lock:
            self._near[key] = value
        return value

    def drop(self, key):  # safe
        with self._lock:
            self._near.pop(key, None)
