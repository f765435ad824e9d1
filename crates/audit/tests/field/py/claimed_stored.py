"""Caches on a server that say what became of a value."""

import redis
from redis.exceptions import RedisError


class Cached:
    def __init__(self):
        self._client = redis.Redis()

    def stored(self, key, value, timeout):  # race
        try:
            self._client.setex(key, timeout, value)
        except RedisError:
            pass
        return True

    def told(self, key, value, timeout):  # safe
        try:
            self._client.setex(key, timeout, value)
        except RedisError:
            return False
        return True

    def tried(self, key, value, timeout):  # safe
        try:
            self._client.setex(key, timeout, value)
        except RedisError:
            pass
