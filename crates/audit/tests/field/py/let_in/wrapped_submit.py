"""A decorator that hands the function to a pool on one way."""
import functools
import threading
from concurrent.futures import ThreadPoolExecutor

_POOL = ThreadPoolExecutor(4)


def maybe_later(func):
    @functools.wraps(func)
    def wrapper(self, *args, later=False):
        if later:
            return _POOL.submit(func, self, *args)
        with self._lock:
            return func(self, *args)

    return wrapper


class Counter:
    def __init__(self):
        self._lock = threading.Lock()
        self._counts = {}

    @maybe_later
    def bump(self, key):  # race
        self._counts[key] = self._counts.get(key, 0) + 1
        return self._counts[key]

    def run(self):
        for key in "aaa":
            self.bump(key, later=True)
