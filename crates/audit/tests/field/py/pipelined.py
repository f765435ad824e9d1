"""What a pipeline answers, one thing for each command that was put into it."""

import time

import redis


class Window:
    def __init__(self, client: redis.Redis, limit):
        self.client = client
        self.limit = limit

    def lets_in_by_a_count(self, key):  # race
        pipe = self.client.pipeline()
        pipe.zremrangebyscore(key, 0, time.time() - 60)
        pipe.zcard(key)
        _, hits = pipe.execute()
        if hits >= self.limit:
            return False
        self.client.zadd(key, {str(time.time()): time.time()})
        return True

    def lets_in_by_a_range(self, key):  # race
        if self.client.zcount(key, time.time() - 60, time.time()) >= self.limit:
            return False
        self.client.zadd(key, {str(time.time()): time.time()})
        return True

    def lets_in_by_a_number(self, key):  # race
        with self.client.pipeline() as pipe:
            pipe.get(key)
            pipe.ttl(key)
            hits, left = pipe.execute()
        if hits is not None and int(hits) >= self.limit:
            return left
        self.client.incr(key)
        return 0

    def adds_and_then_counts(self, key):  # safe
        pipe = self.client.pipeline()
        pipe.zremrangebyscore(key, 0, time.time() - 60)
        pipe.zadd(key, {str(time.time()): time.time()})
        pipe.zcard(key)
        _, _, hits = pipe.execute()
        return hits <= self.limit

    def counts_and_then_looks(self, key):  # safe
        pipe = self.client.pipeline()
        pipe.incr(key)
        pipe.expire(key, 60)
        hits, _ = pipe.execute()
        return hits <= self.limit

    def asks_for_many(self, keys):  # safe
        pipe = self.client.pipeline()
        for key in keys:
            pipe.get(key)
        return sum(int(hits or 0) for hits in pipe.execute())
