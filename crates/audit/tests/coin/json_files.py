import json, os, random, time
TTL = 60
ROOT = "/var/cache/plans"


def _prune():
    for n in os.listdir(ROOT):
        p = os.path.join(ROOT, n)
        try:
            with open(p) as f:
                if time.time() - json.load(f)["at"] > TTL:
                    os.remove(p)
        except (OSError, ValueError):
            continue


def _roll():
    if random.random() < 0.05:
        _prune()


def load_a(key):
    _roll()  # early a
    p = os.path.join(ROOT, key + ".a.json")
    if not os.path.exists(p):
        return None, "absent"
    with open(p) as f:
        e = json.load(f)
    r = (e["v"], "hit")
    if time.time() - e["at"] > TTL:
        r = (None, "expired")
    _roll()  # late a
    return r


def load_b(key):
    _roll()  # early b
    p = os.path.join(ROOT, key + ".b.json")
    if not os.path.exists(p):
        return None, "absent"
    with open(p) as f:
        e = json.load(f)
    r = (e["v"], "hit")
    if time.time() - e["at"] > TTL:
        r = (None, "expired")
    _roll()  # late b
    return r
