import threading
import weakref
from collections import OrderedDict


class Singleton(type):
    _instances = {}

    def __call__(cls, *args, **kwargs):  # race
        if cls not in cls._instances:
            cls._instances[cls] = super().__call__(*args, **kwargs)
        return cls._instances[cls]


class LockedSingleton(type):
    _instances = {}
    _lock = threading.Lock()

    def __call__(cls, *args, **kwargs):  # safe
        if cls not in cls._instances:
            with cls._lock:
                if cls not in cls._instances:
                    cls._instances[cls] = super().__call__(*args, **kwargs)
        return cls._instances[cls]


class Flyweight(type):
    def __init__(cls, *args, **kwargs):
        super().__init__(*args, **kwargs)
        cls._known = weakref.WeakValueDictionary()
        cls._recent_cache = OrderedDict()

    def __call__(cls, name, size=1):  # race
        key = (name, size)
        found = cls._known.get(key)
        if found is None:
            found = super().__call__(name, size)
            cls._known[key] = found
        return found

    def trim(cls):  # race
        if len(cls._recent_cache) > 8:
            cls._recent_cache.popitem(last=False)


class Config:
    _instance = None

    def __new__(cls, *args):  # race
        if cls._instance is None:
            cls._instance = super().__new__(cls)
        return cls._instance


class Settings:
    _instance = None
    _lock = threading.Lock()

    @classmethod
    def get(cls):  # race
        if not cls._instance:
            cls._instance = cls()
        return cls._instance

    @classmethod
    def locked(cls):  # safe
        with cls._lock:
            if not cls._instance:
                cls._instance = cls()
            return cls._instance
