"""Counts of what callers did: an object that decorates functions serves whoever calls them."""


class CircuitBreaker:
    def __init__(self, most=5):
        self._failures = 0
        self._most = most

    def __call__(self, func):
        def guarded(*args, **kwargs):
            try:
                return func(*args, **kwargs)
            except Exception:
                self.failed()
                raise

        return guarded

    def failed(self):  # race
        self._failures += 1
        if self._failures >= self._most:
            self.opened = True


class RateLimiter:
    def __init__(self):
        self._calls = 0

    def hit(self):  # safe
        self._calls += 1


class Timer:
    def __init__(self):
        self._calls = 0

    def __call__(self, func):
        def timed(*args):
            self.count()
            return func(*args)

        return timed

    def count(self):  # safe
        self._calls += 1
