import threading


class Bus:
    """Subscriptions, used by several threads."""

    def __init__(self):
        self._lock = threading.Lock()
        self._handlers = {}
        self._counts = {}

    def on(self, topic, handler):  # race
        if topic not in self._handlers:
            self._handlers[topic] = []
        self._handlers[topic].append(handler)

    def on_right(self, topic, handler):  # safe
        with self._lock:
            if topic not in self._handlers:
                self._handlers[topic] = []
            self._handlers[topic].append(handler)

    def also(self, topic, handler):  # race
        known = self._handlers.get(topic)
        if known is None:
            known = []
            self._handlers[topic] = known
        known.append(handler)

    def also_right(self, topic, handler):  # safe
        self._handlers.setdefault(topic, []).append(handler)

    def reset(self):
        with self._lock:
            self._handlers = {}

    def clear(self, topic):
        with self._lock:
            self._handlers.pop(topic, None)


class Table:
    def __init__(self):
        self.rows = {}

    def __getitem__(self, key):  # maybe
        if key in self.rows:
            return self.rows[key]
        return None

    def __setitem__(self, key, value):
        self.rows[key] = value

    def __delitem__(self, key):
        del self.rows[key]
