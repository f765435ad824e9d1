from django.core.cache import caches


def is_limited(request, limit):  # race
    cache = caches["default"]
    key = "rl:" + request.user.name
    count = cache.get(key, 0)
    if count >= limit:
        return True
    cache.set(key, count + 1, 60)
    return False


def is_limited_right(request, limit):  # safe
    cache = caches["default"]
    key = "rl:" + request.user.name
    if cache.add(key, 1, 60):
        return False
    try:
        return cache.incr(key) > limit
    except ValueError:
        return False


def once(task_id):  # race
    cache = caches["default"]
    if cache.get("lock-%s" % task_id):
        return False
    cache.set("lock-%s" % task_id, True, 300)
    return True


def once_right(task_id):  # safe
    return caches["default"].add("lock-%s" % task_id, True, 300)
