from django.core.cache import cache
import redis


def is_replayed(nonce):  # race
    known = cache.has_key("nonce:" + nonce)
    cache.set("nonce:" + nonce, 1, timeout=600)
    return known


def is_replayed_once(nonce):  # safe
    return not cache.add("nonce:" + nonce, 1, timeout=600)


def first_visit(client: redis.Redis, visitor):  # race
    seen = client.get(visitor)
    client.set(visitor, 1)
    return seen is None


def warm(page, text):  # safe
    known = cache.has_key(page)
    cache.set(page, text, timeout=600)
    if known:
        print("again")


def make_guard(store):
    def seen_before(nonce, stamp):  # safe
        key = f"nonce:{nonce}-{stamp}"
        return not cache.add(key, 1, timeout=600)

    return seen_before
