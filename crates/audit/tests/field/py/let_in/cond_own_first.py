"""A condition that has a lock of its own on one way."""
import threading


class Box:
    def __init__(self, shared=False):
        self._lock = threading.Lock()
        if not shared:
            self._ready = threading.Condition()
        else:
            self._ready = threading.Condition(self._lock)
        self._items = {}

    def put(self, key):
        with self._ready:
            if key not in self._items:
                self._items[key] = 0
            self._ready.notify()

    def bump(self, key):  # race
        with self._lock:
            self._items[key] = self._items.get(key, 0) + 1

    def run(self):
        threading.Thread(target=self.put, args=("a",)).start()
        threading.Thread(target=self.bump, args=("a",)).start()
