import json

import redis
from django.db import models

server = redis.Redis()


class Coupon(models.Model):
    code = models.CharField(max_length=20)


def coupon(code):  # race
    try:
        return Coupon.objects.get(code=code)
    except Coupon.DoesNotExist:
        return Coupon.objects.create(code=code)


def coupon_right(code):  # safe
    return Coupon.objects.get_or_create(code=code)[0]


def unlock(name, token):  # race
    if server.get("lock:" + name) == token:
        server.delete("lock:" + name)


def push(user, message):  # race
    raw = server.get("inbox:" + user)
    box = json.loads(raw) if raw else []
    box.append(message)
    server.set("inbox:" + user, json.dumps(box))


def push_right(user, message):  # safe
    key = "inbox:" + user
    with server.pipeline() as pipe:
        while True:
            try:
                pipe.watch(key)
                raw = pipe.get(key)
                box = json.loads(raw) if raw else []
                box.append(message)
                pipe.multi()
                pipe.set(key, json.dumps(box))
                pipe.execute()
                return
            except redis.WatchError:
                continue


class Sessions:
    def __init__(self, client):
        self.redis = client

    def extend(self, sid, by):  # race
        left = int(self.redis.hget("left", sid) or 0)
        self.redis.hset("left", sid, left + by)

    def extend_right(self, sid, by):  # safe
        self.redis.hincrby("left", sid, by)

    def exists(self, sid):
        return self.redis.exists("session:" + sid)

    def create(self, sid, data):  # race
        if self.exists(sid):
            raise KeyError(sid)
        self.redis.set("session:" + sid, data)
