import json
import os
import pickle

import redis

SENTINEL = object()


class Store:
    def __init__(self, path):
        self.conn = redis.Redis()
        self.path = path
        if not os.path.exists(self.path):
            self._write({})

    def _write(self, data):
        with open(self.path, "wb") as file:
            pickle.dump(data, file)

    def get(self, key, default=None):
        raw = self.conn.get(key)
        return json.loads(raw) if raw else default

    def find(self, key):
        raw = self.conn.get(key)
        value = json.loads(raw) if raw else None
        return value

    def put(self, key, value):
        self.conn.set(key, json.dumps(value))

    def claim(self, key, owner):  # race
        if self.get(key) is None:
            self.put(key, owner)
            return True
        return False

    def claim_by_default(self, key, owner):  # race
        if self.get(key, SENTINEL) is SENTINEL:
            self.put(key, owner)
            return True
        return False

    def claim_found(self, key, owner):  # race
        found = self.find(key)
        if found:
            return False
        self.put(key, owner)
        return True

    def claim_right(self, key, owner):  # safe
        if self.get(key) is None:
            return bool(self.conn.set(key, json.dumps(owner), nx=True))
        return False

    def other_key(self, key, owner):  # safe
        if self.get(key + ":banned") is None:
            self.put(key, owner)
            return True
        return False


class Covers:
    def drop(self, album):  # maybe
        if os.path.isfile(album.cover):
            os.remove(album.cover)
            album.cover = None

    def replace(self, album, path):  # safe
        if os.path.isfile(album.cover):
            album.cover = path
            write(album.cover)


class PageCache:
    def __init__(self, folder):
        self.folder = folder

    def page(self, key):  # maybe
        path = os.path.join(self.folder, key)
        if not os.path.exists(path):
            return None
        with open(path, "rb") as file:
            return file.read()

    def page_right(self, key):  # safe
        path = os.path.join(self.folder, key)
        try:
            with open(path, "rb") as file:
                return file.read()
        except FileNotFoundError:
            return None


def write(path):
    pass


class Rows:
    def __init__(self, db):
        self.db = db

    def get(self, name):
        row = self.db.execute("SELECT owner FROM leases WHERE name = ?", (name,)).fetchone()
        owner = None
        if row is not None:
            owner = row[0]
        return owner

    def state(self, name):
        row = self.db.execute("SELECT owner FROM leases WHERE name = ?", (name,)).fetchone()
        if row is None:
            return None, False
        return row[0], True

    def put(self, name, owner):
        self.db.execute("REPLACE INTO leases (name, owner) VALUES (?, ?)", (name, owner))
        self.db.commit()

    def claim(self, name, owner):  # race
        if self.get(name) is None:
            self.put(name, owner)
            return True
        return False

    def claim_in_parts(self, name, owner):  # race
        _, taken = self.state(name)
        if taken:
            return False
        self.put(name, owner)
        return True
