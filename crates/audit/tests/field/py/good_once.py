"""What is good for one use: who finds it and takes it away lets its bearer in."""

import redis
from django.db import models


class Device(models.Model):
    name = models.CharField(max_length=10)

    def verify_token(self, token):  # race
        match = self.token_set.filter(token=token).first()
        if match is not None:
            match.delete()
            self.save()
        return match is not None

    def verify_allowed(self, token):  # race
        allowed, _ = self.verify_is_allowed()
        if allowed:
            match = self.token_set.filter(token=token).first()
            if match is not None:
                match.delete()
        else:
            match = None
        return match is not None

    def verify_by_count(self, token):  # safe
        gone, _ = self.token_set.filter(token=token).delete()
        return gone == 1


class Token(models.Model):
    device = models.ForeignKey(Device, related_name="token_set", on_delete=models.CASCADE)
    token = models.CharField(max_length=16)


def confirm(token):  # race
    try:
        match = Token.objects.get(token=token)
    except Token.DoesNotExist:
        return False
    match.delete()
    return True


def revoke(token):  # safe
    match = Token.objects.filter(token=token).first()
    if match is None:
        return False
    match.delete()
    return True


class Nonces:
    def __init__(self, url):
        self.redis = redis.Redis.from_url(url)

    def accept(self, nonce):  # race
        if self.redis.exists("nonce:" + nonce):
            self.redis.delete("nonce:" + nonce)
            return True
        return False

    def accept_once(self, nonce):  # safe
        return self.redis.delete("nonce:" + nonce) == 1
