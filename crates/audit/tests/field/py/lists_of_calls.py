"""Limits that are kept in lists of Redis, and of rows that are still in force."""

import time

import redis
from django.db import models
from django.http import HttpResponse
from django.utils import timezone


class Limits:
    def __init__(self, limit):
        self.redis = redis.Redis()
        self.limit = limit

    def by_list(self, key):  # race
        if self.redis.llen(key) < self.limit:
            self.redis.lpush(key, str(time.time()))
            return False
        return True

    def queued(self, key, item):  # safe
        if self.redis.llen(key) < 1:
            self.log(key)
        self.redis.rpush(key, item)

    def scripted(self, key):  # safe
        return bool(self.redis.eval(SCRIPT, 1, key, self.limit))


class AuthToken(models.Model):
    user = models.CharField(max_length=30)
    expiry = models.DateTimeField()


def login(request, limit):  # race
    if limit is not None:
        tokens = AuthToken.objects.filter(user=request.user, expiry__gt=timezone.now())
        if tokens.count() >= limit:
            return HttpResponse(status=403)
    token = AuthToken.objects.create(user=request.user)
    return HttpResponse(token.pk)
