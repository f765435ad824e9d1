"""Containers on a class: one for all its objects."""

import threading


class Connections:
    _pools = {}

    def pooled(self, url):  # race
        if url not in self._pools:
            self._pools[url] = threading.Condition()
        return self._pools[url]

    def dropped(self, url):  # race
        if url in self._pools:
            del self._pools[url]


class Sessions:
    cache = {}

    def started(self):
        threading.Timer(60, self.cleaned).start()

    def cleaned(self):
        pass


class KeptSessions(Sessions):
    def cleaned(self):  # race
        for name, end in list(self.cache.items()):
            if end <= now():
                del self.cache[name]

    def saved(self, name, end):
        self.cache[name] = end


class Own:
    """What the class body makes is put aside by the constructor."""

    _pools = {}

    def __init__(self):
        self._pools = {}

    def gone(self, url):  # safe
        if url in self._pools:
            del self._pools[url]

    def put(self, url, pool):
        self._pools[url] = pool


class Guarded:
    _pools = {}
    _lock = threading.Lock()

    def pooled(self, url):  # safe
        with self._lock:
            if url not in self._pools:
                self._pools[url] = threading.Condition()
            return self._pools[url]

    def dropped(self, url):  # safe
        with self._lock:
            if url in self._pools:
                del self._pools[url]
