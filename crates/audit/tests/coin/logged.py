import json, logging, os, random, time
log = logging.getLogger(__name__)
ROOT = "/tmp/app-cache"
LIFE = 300


def expire_old():
    for n in os.listdir(ROOT):
        p = os.path.join(ROOT, n)
        if os.path.getmtime(p) < time.time() - LIFE:
            os.remove(p)


def maybe():
    if random.choice(range(20)) == 0:
        expire_old()


def get_page(key):
    maybe()  # early a
    p = os.path.join(ROOT, key)
    try:
        with open(p) as f:
            data = json.load(f)
    except FileNotFoundError:
        log.info("%s was never cached", key)
        return None, "missing"
    out = data, "fresh"
    if os.path.getmtime(p) < time.time() - LIFE:
        log.info("%s expired", key)
        out = None, "stale"
    maybe()  # late a
    return out


def get_image(key):
    maybe()  # early b
    p = os.path.join(ROOT, key + ".img")
    try:
        with open(p) as f:
            data = json.load(f)
    except FileNotFoundError:
        log.info("%s was never cached", key)
        return None, "missing"
    out = data, "fresh"
    if os.path.getmtime(p) < time.time() - LIFE:
        log.info("%s expired", key)
        out = None, "stale"
    maybe()  # late b
    return out
