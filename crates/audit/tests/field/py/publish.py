import json
import os
import pickle
import tempfile


class DiskStore:
    """Results kept in a cache directory that many processes share."""

    def __init__(self, directory):
        self.directory = directory

    def _path(self, key):
        return os.path.join(self.directory, key + ".json")

    def load(self, key):  # race
        path = self._path(key)
        if not os.path.exists(path):
            return None
        with open(path) as f:
            return json.load(f)

    def save(self, key, value):  # race
        with open(self._path(key), "w") as f:
            json.dump(value, f)

    def save_tmp(self, key, value):  # race
        tmp = self._path(key) + ".tmp"
        with open(tmp, "w") as f:
            json.dump(value, f)
        os.replace(tmp, self._path(key))

    def save_unique(self, key, value):  # safe
        fd, tmp = tempfile.mkstemp(dir=self.directory)
        with os.fdopen(fd, "w") as f:
            json.dump(value, f)
        os.replace(tmp, self._path(key))

    def ensure(self):  # race
        if not os.path.isdir(self.directory):
            os.makedirs(self.directory)

    def ensure_right(self):  # safe
        os.makedirs(self.directory, exist_ok=True)

    def forget(self, key):  # race
        if os.path.exists(self._path(key)):
            os.unlink(self._path(key))

    def update(self, key, name, value):  # race
        with open(self._path(key)) as f:
            data = json.load(f)
        data[name] = value
        with open(self._path(key), "w") as f:
            json.dump(data, f)


class Pickles:
    """A pickle cache on disk, used by parallel builds."""

    def __init__(self, cache_dir):
        self.cache_dir = cache_dir

    def _open(self, name, mode):
        return open(os.path.join(self.cache_dir, name), mode)

    def _exists(self, name):
        return os.path.exists(os.path.join(self.cache_dir, name))

    def get(self, name):  # race
        if self._exists(name):
            with self._open(name, "rb") as f:
                return pickle.load(f)
        return None

    def put(self, name, value):
        with self._open(name, "wb") as f:
            pickle.dump(value, f)
