import random, time
_entries = {}
_seen = 0


def _drop_old(limit):
    for key, (value, at) in list(_entries.items()):
        if at < limit:
            _entries.pop(key, None)


def find(key, ttl=10):
    now = time.time()
    if random.random() < 0.05: _drop_old(now - ttl)  # early a
    entry = _entries.get(key)
    if entry is None:
        out = (False, None, "unknown key")
    elif entry[1] < now - ttl:
        out = (False, None, "expired")
    else:
        out = (True, entry[0], "")
    if random.random() < 0.05: _drop_old(now - ttl)  # late a
    return out


def find_many(key, ttl=10):
    now = time.time()
    if random.random() < 0.05: _drop_old(now - ttl)  # early b
    entry = _entries.get(key)
    if entry is None:
        out = (False, None, "unknown key")
    elif entry[1] < now - ttl:
        out = (False, None, "expired")
    else:
        out = (True, [entry[0]], "")
    if random.random() < 0.05: _drop_old(now - ttl)  # late b
    return out
