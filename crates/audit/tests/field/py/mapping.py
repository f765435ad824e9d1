import threading
from collections.abc import MutableMapping
from collections import OrderedDict, defaultdict


class Tiered(MutableMapping):
    def __init__(self, fast, slow):
        self.fast = {}
        self.slow = {}

    def __getitem__(self, key):  # maybe
        if key in self.fast:
            return self.fast[key]
        return self.slow[key]

    def __setitem__(self, key, value):
        self.fast[key] = value

    def __delitem__(self, key):  # maybe
        if key in self.fast:
            del self.fast[key]
        else:
            del self.slow[key]

    def __iter__(self):
        return iter(self.fast)

    def __len__(self):
        return len(self.fast)


class Bounded:
    """Thread-safe bounded cache."""

    def __init__(self, size):
        self._lock = threading.RLock()
        self._data = OrderedDict()
        self._size = size

    def get(self, key):
        with self._lock:
            return self._data.get(key)

    def set(self, key, value):
        with self._lock:
            self._data[key] = value
            while len(self._data) > self._size:
                self._data.popitem(last=False)

    def get_or_make(self, key, make):  # maybe
        found = self.get(key)
        if found is None:
            found = make()
            self.set(key, found)
        return found

    def claim(self, key, owner):  # race
        if self.get(key) is None:
            self.set(key, owner)
            return True
        return False

    def bump(self, key):  # race
        value = self.get(key) or 0
        self.set(key, value + 1)

    def evict(self):  # race
        if len(self._data) > self._size:
            with self._lock:
                self._data.popitem(last=False)

    def evict_right(self):  # safe
        with self._lock:
            if len(self._data) > self._size:
                self._data.popitem(last=False)

    def touch(self, key):  # race
        with self._lock:
            value = self._data.get(key)
        if value is not None:
            with self._lock:
                self._data.move_to_end(key)

    def rename(self, old, new):  # race
        with self._lock:
            value = self._data.get(old)
        if value is None:
            return False
        with self._lock:
            del self._data[old]
            self._data[new] = value
        return True


class Buckets:
    def __init__(self):
        self._lock = threading.Lock()
        self._locks = {}
        self._tokens = defaultdict(int)

    def lock_for(self, name):  # race
        if name not in self._locks:
            self._locks[name] = threading.Lock()
        return self._locks[name]

    def lock_right(self, name):  # safe
        return self._locks.setdefault(name, threading.Lock())

    def take(self, name):  # race
        with self._lock:
            left = self._tokens[name]
        if left <= 0:
            return False
        with self._lock:
            self._tokens[name] -= 1
        return True

    def take_right(self, name):  # safe
        with self._lock:
            if self._tokens[name] <= 0:
                return False
            self._tokens[name] -= 1
            return True


_registry = {}
_registry_lock = threading.Lock()


def register(name, thing):  # race
    if name in _registry:
        raise ValueError(name)
    _registry[name] = thing


def register_right(name, thing):  # safe
    with _registry_lock:
        if name in _registry:
            raise ValueError(name)
        _registry[name] = thing


_client = None


def client():  # race
    global _client
    if _client is None:
        _client = connect()
    return _client


def connect():
    return object()


_sizes = {}
_sizes_lock = threading.Lock()


def size_of(path):  # unshown
    if path not in _sizes:
        _sizes[path] = measure(path, time.time())
    record("size", path)


def measure(path, now):
    return len(path) + int(now)


def record(what, path):
    with _sizes_lock:
        _sizes.setdefault(what, []).append(path)
