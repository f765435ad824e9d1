"""Files that an object reads once, keeps, and writes back whole."""

import json
import os


class TokenCache:
    def __init__(self, cache_file):
        self.cache_file = cache_file
        try:
            with open(cache_file) as f:
                self.tokens = json.load(f)
        except FileNotFoundError:
            self.tokens = {}

    def set(self, name, token):  # race
        self.tokens[name] = token
        with open(self.cache_file, "w") as f:
            json.dump(self.tokens, f)

    def set_in_memory(self, name, token):  # safe
        self.tokens[name] = token

    def dump_to(self, other):  # safe
        with open(other, "w") as f:
            json.dump(self.tokens, f)


class Lazy:
    def __init__(self, cache_file):
        self._cache_file = cache_file
        self._cache = None

    @property
    def cache(self):
        if self._cache is None:
            self._read()
        return self._cache

    def _read(self):
        try:
            with open(self._cache_file) as f:
                self._cache = json.load(f)
        except FileNotFoundError:
            self._cache = {}

    def _write(self):
        with open(self._cache_file + ".tmp", "w") as f:
            json.dump({"format": 1, "entries": self._cache}, f)
        os.replace(self._cache_file + ".tmp", self._cache_file)

    def put(self, key, value):  # race
        self.cache[key] = value
        self._write()

    def entries(self):  # safe
        return list(self.cache)


class Log:
    def __init__(self, cache_file):
        self.cache_file = cache_file
        self.lines = {}

    def put(self, key, value):  # safe
        self.lines[key] = value
        with open(self.cache_file, "w") as f:
            json.dump(self.lines, f)


class Settings:
    def __init__(self, path):
        self.path = path
        self.values = {}
        self.load()

    def load(self):
        with open(self.path) as f:
            self.values = json.load(f)

    def put(self, key, value):  # safe
        self.values[key] = value
        with open(self.path, "w") as f:
            json.dump(self.values, f)
