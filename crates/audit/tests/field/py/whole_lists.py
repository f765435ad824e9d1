"""Lists that are set as a whole after a longer one was made of them."""

import threading


class Keys:
    def __init__(self):
        self.lock = threading.Lock()
        self.keys = []

    def names(self):
        with self.lock:
            return list(self.keys)

    def add_late(self, key):  # race
        keys = self.keys + [key]
        with self.lock:
            self.keys = keys

    def add(self, key):  # safe
        with self.lock:
            keys = self.keys + [key]
            self.keys = keys
