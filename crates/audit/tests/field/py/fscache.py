"""A cache on the file system, one pickle a key."""
import os
import pickle
import tempfile
from time import time


class FileSystemCache:
    def __init__(self, cache_dir, threshold=500):
        self._path = cache_dir
        self._threshold = threshold
        os.makedirs(cache_dir, exist_ok=True)

    def _get_filename(self, key):
        return os.path.join(self._path, key)

    def _list_dir(self):
        return [os.path.join(self._path, fn) for fn in os.listdir(self._path)]

    def _prune(self):  # race
        now = time()
        for fname in self._list_dir():
            try:
                with open(fname, "rb") as f:
                    expires = pickle.load(f)
                if expires != 0 and expires < now:
                    os.remove(fname)
            except OSError:
                pass

    def _over_threshold(self):
        entries = self._list_dir()
        if len(entries) > self._threshold:
            for fname in entries[: len(entries) - self._threshold]:
                os.remove(fname)

    def get(self, key):  # race
        filename = self._get_filename(key)
        try:
            with open(filename, "rb") as f:
                expires = pickle.load(f)
                if expires == 0 or expires >= time():
                    return pickle.load(f)
        except FileNotFoundError:
            return None
        os.remove(filename)
        return None

    def add(self, key, value):  # race
        filename = self._get_filename(key)
        if not os.path.exists(filename):
            return self.set(key, value)
        return False

    def set(self, key, value, timeout=0):  # safe
        filename = self._get_filename(key)
        fd, tmp = tempfile.mkstemp(dir=self._path)
        with os.fdopen(fd, "wb") as f:
            pickle.dump(time() + timeout, f)
            pickle.dump(value, f)
        os.replace(tmp, filename)
        return True

    def inc(self, key, delta=1):  # race
        value = (self.get(key) or 0) + delta
        return value if self.set(key, value) else None

    def has(self, key):
        return os.path.exists(self._get_filename(key))
