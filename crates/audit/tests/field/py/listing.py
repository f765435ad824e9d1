import os
import shutil
import json
import tempfile
import threading


class Spool:
    """A spool folder shared by several workers."""

    def __init__(self, folder):
        self.folder = folder

    def next(self):  # race
        names = sorted(os.listdir(self.folder))
        while names:
            name = names.pop(0)
            path = os.path.join(self.folder, name)
            with open(path) as f:
                body = f.read()
            os.remove(path)
            return body
        return None

    def oldest(self):  # maybe
        names = os.listdir(self.folder)
        names.sort(key=lambda n: os.path.getmtime(os.path.join(self.folder, n)))
        return names[0] if names else None

    def total(self):  # maybe
        return sum(os.path.getsize(os.path.join(self.folder, n)) for n in os.listdir(self.folder))

    def drop_all(self):  # safe
        for name in os.listdir(self.folder):
            try:
                os.remove(os.path.join(self.folder, name))
            except FileNotFoundError:
                pass


class Recent:
    """A small cache for several threads."""

    def __init__(self, size):
        self.lock = threading.Lock()
        self.values = {}
        self.order = []
        self.size = size

    def put(self, key, value):  # safe
        with self.lock:
            if key in self.values:
                self.order.remove(key)
            self.order.append(key)
            self.values[key] = value

    def drop(self, key):  # safe
        with self.lock:
            self.values.pop(key, None)
            if key in self.order:
                self.order.remove(key)

    def items(self):  # maybe
        return [(key, self.values[key]) for key in list(self.order)]

    def dump(self):  # maybe
        out = {}
        for key in list(self.values):
            out[key] = self.values[key]
        return out

    def dump_safe(self):  # safe
        out = {}
        for key in list(self.values):
            value = self.values.get(key)
            if value is not None:
                out[key] = value
        return out

    def snapshot(self):  # safe
        with self.lock:
            return [(key, self.values[key]) for key in self.order]
