import random, shelve, time


class Expired(Exception): pass


class Unknown(Exception): pass


class Shelf:

    def __init__(self, path, ttl):
        self.shelf = shelve.open(path)
        self.ttl = ttl

    def tidy(self):
        for key in list(self.shelf):
            if time.time() - self.shelf[key]["stamp"] > self.ttl:
                del self.shelf[key]

    def sometimes(self):
        if random.randint(0, 50) == 0:
            self.tidy()

    def get(self, key):
        self.sometimes()  # early a
        try:
            entry = self.shelf[key]
        except KeyError:
            raise Unknown(key)
        stale = time.time() - entry["stamp"] > self.ttl
        self.sometimes()  # late a
        if stale:
            raise Expired(key)
        return entry["value"]

    def get_meta(self, key):
        self.sometimes()  # early b
        try:
            entry = self.shelf[key]
        except KeyError:
            raise Unknown(key)
        stale = time.time() - entry["stamp"] > self.ttl
        self.sometimes()  # late b
        if stale:
            raise Expired(key)
        return entry["meta"]
