"""A small result cache on disk, with the faults that such caches have."""

import json
import os
import random
import time

CLEANUP_SHARE = 0.05


class ResultCache:
    def __init__(self, folder, ttl=3600.0):
        self.folder = folder
        self.ttl = ttl

    def _path(self, key):
        return os.path.join(self.folder, key + ".json")

    def load(self, key):
        """Gives (value, why): the value, or the reason why there is none."""
        if random.random() < CLEANUP_SHARE:
            self.remove_expired()
        path = self._path(key)
        if not os.path.exists(path):
            return None, "not found"
        with open(path) as file:
            entry = json.load(file)
        if time.time() - entry["stored"] > self.ttl:
            return None, "expired"
        return entry["value"], ""

    def save(self, key, value):
        path = self._path(key)
        temporary = path + ".tmp"
        with open(temporary, "w") as file:
            json.dump({"stored": time.time(), "value": value}, file)
        os.replace(temporary, path)

    def remove_expired(self):
        for name in os.listdir(self.folder):
            path = os.path.join(self.folder, name)
            with open(path) as file:
                entry = json.load(file)
            if time.time() - entry["stored"] > self.ttl:
                os.remove(path)
