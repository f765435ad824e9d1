import threading


class Buckets:
    """Tokens by caller, for any thread."""

    def __init__(self):
        self._lock = threading.Lock()
        self._buckets = {}
        self._sizes = {}

    def consume(self, key, wanted):  # maybe
        left = self._buckets[key][0]
        if left < wanted:
            return False
        self._buckets[key][0] -= wanted
        return True

    def resize(self, key, more):  # safe
        with self._lock:
            self._sizes[key][0] += more

    def size(self, key):  # safe
        return self._sizes[key][0]
