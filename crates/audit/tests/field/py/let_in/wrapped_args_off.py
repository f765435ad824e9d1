"""A decorator that may give the function back as it is."""
import functools
import threading


def guarded(enabled=True):
    def decorate(func):
        if not enabled:
            return func

        @functools.wraps(func)
        def wrapper(self, *args):
            with self._lock:
                return func(self, *args)

        return wrapper

    return decorate


class Counter:
    def __init__(self):
        self._lock = threading.Lock()
        self._counts = {}

    @guarded(enabled=False)
    def bump(self, key):  # race
        self._counts[key] = self._counts.get(key, 0) + 1
        return self._counts[key]

    def run(self):
        for key in "aaa":
            threading.Thread(target=self.bump, args=(key,)).start()
