"""What hangs on a `threading.local()` of a class is each thread's own."""

import threading
from threading import local


class Pools:
    _local = local()
    _shared = type("Shared", (), {})()
    _lock = threading.Lock()

    def __new__(cls, name=None):  # safe
        instances = cls._local.__dict__.setdefault("instances", {})
        if (instance := instances.get(name)) is None:
            instances[name] = instance = super().__new__(cls)
        return instance

    @classmethod
    def shared(cls, name):  # race
        instances = cls._shared.__dict__.setdefault("instances", {})
        if (instance := instances.get(name)) is None:
            instances[name] = instance = threading.Event()
        return instance
