"""Entries on a server that are made for the first one only, and taken back by their name."""

import redis

client = redis.Redis()


class Answers:
    """Values that anybody may store, and some that are made only if there is none."""

    def __init__(self):
        self.client = redis.Redis()

    def add(self, key, value, seconds):  # maybe
        if seconds > 0:
            return bool(self.client.set(key, value, ex=seconds, nx=True))
        if made := bool(self.client.set(key, value, nx=True)):
            self.client.delete(key)
        return made

    def put(self, key, value):  # safe
        self.client.set(key, value)


class Turns:
    """Nobody stores anything but the one whose turn it is."""

    def __init__(self):
        self.client = redis.Redis()

    def once(self, key, work):  # safe
        if not self.client.set(key, "taken", nx=True):
            return None
        try:
            return work()
        finally:
            self.client.delete(key)
