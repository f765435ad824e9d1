from django.core.cache import cache
import secrets


def versions(names):
    keys = ["v:" + n for n in names]
    known = cache.get_many(keys)
    fresh = {}
    for key in keys:
        if key not in known:
            fresh[key] = secrets.token_hex(4)
    if fresh:
        cache.set_many(fresh)
    return {**known, **fresh}


def one_by_one(names):  # race
    out = {}
    for name in names:
        value = cache.get("v:" + name)
        if value is None:
            value = secrets.token_hex(4)
            cache.set("v:" + name, value)
        out[name] = value
    return out


def bump(name):  # race
    total = cache.get("n:" + name, 0)
    cache.set("n:" + name, total + 1, 60)


def stamp(name):  # safe
    return cache.get_or_set("v:" + name, lambda: secrets.token_hex(4))


def limited(user):  # race
    key = f"rl:{user}"
    hits = cache.get(key)
    if hits is not None and hits >= 5:
        return False
    if hits is None:
        cache.set(key, 1, 60)
    else:
        cache.incr(key)
    return True


def seen(event_id):  # race
    if cache.get("seen:" + event_id):
        return True
    cache.set("seen:" + event_id, True, 3600)
    return False


def seen_right(event_id):  # safe
    return not cache.add("seen:" + event_id, True, 3600)
