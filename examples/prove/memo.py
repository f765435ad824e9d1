"""An in-process cache with and without a lock, as callables for the prover: py:memo.py:NAME."""

import threading


class Cache:
    def __init__(self):
        self.data = {"count": 0}
        self.lock = threading.Lock()

    def add(self, key, value):
        if key in self.data:
            return False
        self.data[key] = value
        return True

    def add_locked(self, key, value):
        with self.lock:
            if key in self.data:
                return False
            self.data[key] = value
            return True

    def add_atomic(self, key, value):
        marker = object()
        return self.data.setdefault(key, (marker, value))[0] is marker


def setup():
    return Cache()


def add_a(cache):
    return cache.add("k", "a")


def add_b(cache):
    return cache.add("k", "b")


def locked_a(cache):
    return cache.add_locked("k", "a")


def locked_b(cache):
    return cache.add_locked("k", "b")


def atomic_a(cache):
    return cache.add_atomic("k", "a")


def atomic_b(cache):
    return cache.add_atomic("k", "b")


def state(cache):
    value = cache.data.get("k")
    return value[1] if isinstance(value, tuple) else value
