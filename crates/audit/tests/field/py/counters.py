"""Counts on a server that does not count what is not there."""

from django.core.cache import cache
from pymemcache.client.base import Client

mc = Client("localhost")


def begins_after_an_error(key):  # race
    try:
        return cache.incr(key)
    except ValueError:
        cache.set(key, 1, 60)
        return 1


def adds_after_an_error(key):  # safe
    try:
        return cache.incr(key)
    except ValueError:
        if cache.add(key, 1, 60):
            return 1
        return cache.incr(key)


def begins_after_nothing(key):  # race
    n = mc.incr(key, 1)
    if n is None:
        mc.set(key, 1)
        n = 1
    return n


def adds_after_nothing(key):  # safe
    n = mc.incr(key, 1)
    if n is None:
        if mc.add(key, 1):
            return 1
        return mc.incr(key, 1)
    return n


def adds_first(key):  # safe
    if cache.add(key, 1, 60):
        return 1
    try:
        return cache.incr(key)
    except ValueError:
        return None


def counts_only(key):  # safe
    cache.add(key, 0)
    return cache.incr(key)
