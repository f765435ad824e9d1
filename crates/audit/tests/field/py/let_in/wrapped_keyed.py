"""A decorator with a lock for each key."""
import collections
import functools
import threading

_COUNTS = {}
_LOCKS = collections.defaultdict(threading.Lock)


def per_key(func):
    @functools.wraps(func)
    def wrapper(self, key, *args):
        with self._locks[key]:
            return func(self, key, *args)

    return wrapper


class Store:
    def __init__(self):
        self._locks = collections.defaultdict(threading.Lock)
        self._sizes = {}

    @per_key
    def put(self, key, size):  # race
        self._sizes["all"] = self._sizes.get("all", 0) + size

    def put_plain(self, key, size):
        with self._locks[key]:
            self._sizes["sum"] = self._sizes.get("sum", 0) + size

    def run(self):
        for key in "abc":
            threading.Thread(target=self.put, args=(key, 5)).start()
            threading.Thread(target=self.put_plain, args=(key, 5)).start()
