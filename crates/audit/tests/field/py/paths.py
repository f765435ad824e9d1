import json
import os
import threading
import time
from pathlib import Path

ROOT = Path("/var/cache/thing")


def place(key):
    return ROOT / f"{key}.json"


def drop_cached(key):  # race
    if place(key).exists():
        place(key).unlink()


class DiskCache:
    def __init__(self, root, ttl=60):
        self.root = Path(root)
        self.index = self.root / "cache" / "index"
        self.ttl = ttl

    def _path(self, key):
        return self.root / f"{key}.json"

    def _temporary(self, key):
        path = self._path(key)
        return path.with_suffix(".tmp")

    @property
    def lock_file(self):
        return self.root / "cache.lock"

    def load(self, key):  # race
        path = self._path(key)
        if not path.exists():
            return None
        with path.open() as file:
            return json.load(file)

    def load_right(self, key):  # safe
        try:
            with self._path(key).open() as file:
                return json.load(file)
        except FileNotFoundError:
            return None

    def fetch(self, key):  # race
        path = self._path(key)
        try:
            stored = path.stat().st_mtime
        except FileNotFoundError:
            return None
        if time.time() - stored > self.ttl:
            path.unlink()
            return None
        return json.loads(path.read_text())

    def save(self, key, value):  # race
        path = self._path(key).with_suffix(".tmp")
        path.write_text(json.dumps(value))
        path.replace(self._path(key))

    def claim(self):  # race
        if self.lock_file.exists():
            return False
        self.lock_file.write_text(str(os.getpid()))
        return True

    def claim_right(self):  # safe
        try:
            with self.lock_file.open("x"):
                return True
        except FileExistsError:
            return False

    def forget(self):  # race
        if self.index.is_file():
            self.index.unlink()

    def forget_right(self):  # safe
        self.index.unlink(missing_ok=True)


_locks = {}


def exclusively(key, function):  # race
    if key not in _locks:
        _locks[key] = threading.Lock()
    with _locks[key]:
        return function(key)


def exclusively_right(key, function):  # safe
    with _locks.setdefault(key, threading.Lock()):
        return function(key)


_pools = {}


class Pool:
    def __init__(self, dsn):
        self.dsn = dsn
        self.free = []


def pool(dsn):  # race
    try:
        return _pools[dsn]
    except KeyError:
        pass
    made = Pool(dsn)
    _pools[dsn] = made
    return made


def pool_right(dsn):  # safe
    try:
        return _pools[dsn]
    except KeyError:
        pass
    return _pools.setdefault(dsn, Pool(dsn))


def enter(lock_file):  # race
    while os.path.exists(lock_file):
        time.sleep(0.1)
    with open(lock_file, "w") as file:
        file.write(str(os.getpid()))
