import pickle
import shelve
import threading


class SessionShelf:
    def __init__(self, path):
        self._shelf = shelve.open(path)

    def __contains__(self, key):
        return key in self._shelf

    def __getitem__(self, key):
        return self._shelf[key]

    def __setitem__(self, key, value):
        self._shelf[key] = value

    def add(self, key, value):  # maybe
        if key in self:
            return False
        self[key] = value
        return True

    def bump(self, key):  # maybe
        self[key] = self[key] + 1


class SessionTable:
    def __init__(self):
        self._lock = threading.Lock()
        self._rows = {}

    def __contains__(self, key):
        return key in self._rows

    def __setitem__(self, key, value):
        self._rows[key] = value

    def add(self, key, value):  # race
        if key in self:
            return False
        self[key] = value
        return True

    def add_locked(self, key, value):  # safe
        with self._lock:
            if key in self:
                return False
            self[key] = value
            return True


class PickledCache:
    def __init__(self, path):
        self.state = {"path": path}

    def _load(self):
        try:
            with open(self.state["path"], "rb") as f:
                return pickle.load(f)
        except OSError:
            return {}

    def _dump(self, entries):
        with open(self.state["path"], "wb") as f:
            pickle.dump(entries, f)

    def put(self, key, value):  # race
        entries = self._load()
        entries[key] = value
        self._dump(entries)
