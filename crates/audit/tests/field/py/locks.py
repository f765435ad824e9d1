import time
import uuid
import redis


class Lease:
    def __init__(self, client, name, ttl=30):
        self.client = client
        self.name = name
        self.ttl = ttl
        self.token = uuid.uuid4().hex

    def acquire(self):
        return bool(self.client.set(self.name, "1", nx=True, ex=self.ttl))

    def release(self):  # race
        self.client.delete(self.name)


class TokenLease:
    SCRIPT = "if redis.call('get', KEYS[1]) == ARGV[1] then return redis.call('del', KEYS[1]) else return 0 end"

    def __init__(self, client, name, ttl=30):
        self.client = client
        self.name = name
        self.ttl = ttl
        self.token = uuid.uuid4().hex

    def acquire(self):
        return bool(self.client.set(self.name, self.token, nx=True, ex=self.ttl))

    def release(self):  # safe
        self.client.eval(self.SCRIPT, 1, self.name, self.token)


class CheckedLease:
    def __init__(self, client: redis.Redis, name, ttl=30):
        self.client = client
        self.name = name
        self.token = uuid.uuid4().hex

    def acquire(self):
        return self.client.set(self.name, self.token, nx=True, ex=30)

    def release(self):  # race
        if self.client.get(self.name) == self.token:
            self.client.delete(self.name)


def nightly(client: redis.Redis, job):  # race
    if not client.set("lock:" + job, "1", nx=True, ex=60):
        return False
    try:
        run(job)
    finally:
        client.delete("lock:" + job)
    return True


def old_style(client: redis.Redis, job):  # race
    if client.setnx("lock:" + job, 1):
        client.expire("lock:" + job, 60)
        return True
    return False


def limited_by_everybody(client: redis.Redis, job):  # maybe
    won = client.setnx("lock:" + job, 1)
    client.expire("lock:" + job, 60)
    return won


def limited_where_it_has_no_end(client: redis.Redis, job):  # safe
    if client.setnx("lock:" + job, 1):
        client.expire("lock:" + job, 60)
        return True
    if client.ttl("lock:" + job) == -1:
        client.expire("lock:" + job, 60)
    return False


def first_or_none(client: redis.Redis, key, value, timeout):
    if timeout == 0:
        won = client.set(key, value, nx=True)
        if won:
            client.delete(key)
        return won
    return client.set(key, value, ex=timeout, nx=True)


def counter(client: redis.Redis, key):
    count = client.incr(key)
    if count == 1:
        client.expire(key, 60)
    return count


def run(job):
    print(job)
