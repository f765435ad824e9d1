"""A cache of files, read by whichever module there is."""

import os
import tempfile
from time import time

try:
    import cPickle as pickle
except ImportError:
    import pickle


class FileCache:
    def __init__(self, folder):
        self.folder = folder

    def _name(self, key):
        return os.path.join(self.folder, key)

    def get(self, key):  # race
        name = self._name(key)
        try:
            with open(name, "rb") as f:
                until = pickle.load(f)
                if until == 0 or until >= time():
                    return pickle.load(f)
                os.remove(name)
                return None
        except (OSError, pickle.PickleError):
            return None

    def peek(self, key):  # safe
        try:
            with open(self._name(key), "rb") as f:
                until = pickle.load(f)
                return pickle.load(f) if until == 0 or until >= time() else None
        except (OSError, pickle.PickleError):
            return None

    def set(self, key, value, until=0):
        fd, draft = tempfile.mkstemp(dir=self.folder)
        with os.fdopen(fd, "wb") as f:
            pickle.dump(until, f)
            pickle.dump(value, f)
        os.rename(draft, self._name(key))
