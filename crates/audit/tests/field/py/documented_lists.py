"""Lists under keys, of objects whose documentation speaks of threads."""


class Buckets:
    """Counts of tokens, for use by multiple threads."""

    def __init__(self):
        self._buckets = {}

    def fill(self, key, capacity):
        self._buckets[key] = [capacity, 0]

    def consume(self, key, wanted):  # race
        if self._buckets[key][0] < wanted:
            return False
        self._buckets[key][0] -= wanted
        return True


class OwnBuckets:
    """Counts of tokens, for a single thread."""

    def __init__(self):
        self._buckets = {}

    def fill(self, key, capacity):
        self._buckets[key] = [capacity, 0]

    def consume(self, key, wanted):  # safe
        if self._buckets[key][0] < wanted:
            return False
        self._buckets[key][0] -= wanted
        return True
