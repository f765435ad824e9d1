import contextlib
import fcntl
import json
import os
import shutil
import tempfile
import threading
from pathlib import Path


class TokenCache:
    """Tokens in one file that is always whole."""

    def __init__(self, path):
        self.path = path

    def put(self, key, value):  # race
        with open(self.path) as f:
            data = json.load(f)
        data[key] = value
        fd, name = tempfile.mkstemp(dir=os.path.dirname(self.path))
        with os.fdopen(fd, "w") as out:
            json.dump(data, out)
        os.replace(name, self.path)

    def drop(self, key):  # race
        with open(self.path) as f:
            data = json.load(f)
        data.pop(key, None)
        with tempfile.NamedTemporaryFile("w", delete=False) as out:
            out.write(json.dumps(data))
        shutil.move(out.name, self.path)

    def reset(self, values):  # safe
        fd, name = tempfile.mkstemp(dir=os.path.dirname(self.path))
        with os.fdopen(fd, "w") as out:
            json.dump(values, out)
        os.replace(name, self.path)

    def read(self):
        with open(self.path) as f:
            return json.load(f)


class PrunedCache:
    """What is read is kept in a field, changed there and written back."""

    def __init__(self, path):
        self.path = Path(path)
        self._entries = {}

    def _load(self):
        self._entries = {}
        if self.path.exists():
            with contextlib.suppress(Exception):
                with self.path.open("r") as f:
                    self._entries.update(**json.load(f))

    def _save(self):
        fd, name = tempfile.mkstemp()
        with os.fdopen(fd, "w") as out:
            json.dump(self._entries, out)
        shutil.move(name, str(self.path))

    def put(self, key, value):  # race
        self._load()
        self._entries[key] = value
        self._save()

    def replace(self, entries):  # safe
        self._entries = dict(entries)
        self._save()


def update_cache(path, key, value):  # safe
    with open(path + ".lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with open(path) as f:
            data = json.load(f)
        data[key] = value
        with open(path, "w") as out:
            json.dump(data, out)


def update_cache_bare(path, key, value):  # race
    with open(path) as f:
        data = json.load(f)
    data[key] = value
    with open(path, "w") as out:
        json.dump(data, out)


class LockedCache:
    def __init__(self, path, lock):
        self.path = path
        self.lock = lock

    def put(self, key, value):  # safe
        from filelock import FileLock

        with FileLock(self.path + ".lock"):
            with open(self.path) as f:
                data = json.load(f)
            data[key] = value
            fd, name = tempfile.mkstemp(dir=os.path.dirname(self.path))
            with os.fdopen(fd, "w") as out:
                json.dump(data, out)
            os.replace(name, self.path)


class TwoSettings:
    """Two updates after each other are told of where one of them is made."""

    def __init__(self):
        self.entries = PrunedCache("entries.json")

    def login(self, data):  # safe
        self.entries.put("name", data["name"])
        self.entries.put("token", data["token"])
