"""Entries that are read and set at once."""

import threading

from django.core.cache import cache

_LOCK = threading.Lock()


def adds_to_lists(keys, member):  # race
    lists = cache.get_many(keys)
    for key in keys:
        lists.setdefault(key, set()).add(member)
    cache.set_many(lists)


def counts_in_one_of_many(key, other):  # race
    n = cache.get(key) or 0
    cache.set_many({key: n + 1, other: 0})


def sets_what_it_was_given(values):  # safe
    cache.set_many(values)


def marks_it_done(key, other):  # safe
    if cache.get(key):
        return
    cache.set_many({key: 1, other: 2})
