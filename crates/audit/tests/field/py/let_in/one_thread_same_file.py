"""A rival that the file itself runs on a thread."""
import threading


class Registry:
    def __init__(self):
        self._lock = threading.Lock()
        self._items = {}
        self._seen = 0

    def lookup(self, key):  # race
        if key in self._items:
            return self._items[key]
        return None

    def forget(self, key):
        self._items.pop(key, None)

    def add(self, key, value):
        with self._lock:
            self._items[key] = value


registry = Registry()


def main():
    registry.add("a", 1)
    threading.Thread(target=registry.forget, args=("a",)).start()
    threading.Thread(target=registry.lookup, args=("a",)).start()
