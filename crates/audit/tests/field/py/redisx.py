import redis
import uuid

r = redis.Redis()


def lock(name):
    if r.setnx(name, "1"):
        r.expire(name, 30)
        return True
    return False


def lock_right(name):
    return r.set(name, "1", nx=True, ex=30)


def unlock(name, token):  # maybe
    if r.get(name) == token:
        r.delete(name)


def take(stock):  # race
    n = int(r.get(stock))
    if n > 0:
        r.set(stock, n - 1)
        return True
    return False


def take_watch(stock):  # safe
    with r.pipeline() as p:
        while True:
            try:
                p.watch(stock)
                n = int(p.get(stock))
                if n <= 0:
                    return False
                p.multi()
                p.set(stock, n - 1)
                p.execute()
                return True
            except redis.WatchError:
                continue


class OwnedLock:
    def __init__(self, client: redis.Redis, name):
        self.client = client
        self.name = name

    def give_back_watched(self, token):  # safe
        name = self.name

        def release(pipe):
            if pipe.get(name) != token:
                raise ValueError("somebody else holds the lock")
            pipe.delete(name)

        self.client.transaction(release, name)

    def give_back_bare(self, token):  # race
        def release(pipe):
            if pipe.get(self.name) != token:
                raise ValueError("somebody else holds the lock")
            pipe.delete(self.name)

        release(self.client)
