"""Helpers that say in one expression whether an entry is still good."""
import threading
import time


class Expiring:
    def __init__(self, ttl: float) -> None:
        self._ttl = ttl
        self._items = {}
        self._lock = threading.RLock()

    def __contains__(self, key: str) -> bool:
        with self._lock:
            item = self._items.get(key)
            return item is not None and item[0] > time.monotonic()

    def _holds(self, key: str) -> bool:
        item = self._items.get(key)
        return bool(item and item.deadline > time.monotonic())

    def _late(self, key: str) -> bool:
        item = self._items.get(key)
        if item is None:
            return True
        return item.deadline <= time.monotonic()

    def _put(self, key: str, value: object) -> None:
        with self._lock:
            self._items[key] = (time.monotonic() + self._ttl, value)

    def add(self, key: str, value: object) -> bool:  # race
        if key in self:
            return False
        self._put(key, value)
        return True

    def add_new(self, key: str, value: object) -> bool:  # race
        if self._holds(key):
            return False
        self._put(key, value)
        return True

    def add_late(self, key: str, value: object) -> bool:  # race
        if not self._late(key):
            return False
        self._put(key, value)
        return True

    def add_safely(self, key: str, value: object) -> bool:  # safe
        with self._lock:
            if key in self:
                return False
            self._put(key, value)
            return True

    def is_there(self, key: str) -> bool:  # safe
        return key in self or self._holds(key)
