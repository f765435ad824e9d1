"""Lists that may hold so many and no more: looked at without the lock under which they are added to."""

import threading


class TooMany(Exception):
    pass


class Connectors:
    def __init__(self, most, make):
        self._all = []
        self._lock = threading.Lock()
        self._most = most
        self._make = make

    def one_more(self):  # race
        if len(self._all) >= self._most:
            raise TooMany
        made = self._make()
        with self._lock:
            self._all.append(made)
        return made

    def one_more_in_order(self):  # safe
        with self._lock:
            if len(self._all) >= self._most:
                raise TooMany
            made = self._make()
            self._all.append(made)
        return made


class Plugins:
    def __init__(self, load):
        self._loaded = []
        self._lock = threading.Lock()
        self._load = load

    def load_at_first(self):  # unshown
        if self._loaded:
            return
        self._loaded.append(self._load())

    def drop(self, one):
        with self._lock:
            self._loaded.remove(one)
