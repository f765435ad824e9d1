class Counter:
    def __init__(self):
        self.count = 0

    def inc(self):
        self.count += 1


class MetricsRegistry:
    """Counters by name, made when they are first asked for."""

    def __init__(self):
        self._counters = {}

    def counter(self, key):  # race
        if key not in self._counters:
            self._counters[key] = Counter()
        return self._counters[key]

    def counter_once(self, key):  # safe
        return self._counters.setdefault(key, Counter())


class LocalRegistry:
    """One for each caller."""

    def __init__(self):
        self._counters = {}

    def counter(self, key):  # safe
        if key not in self._counters:
            self._counters[key] = Counter()
        return self._counters[key]


_registry = MetricsRegistry()


def counter(key):
    return _registry.counter(key)
