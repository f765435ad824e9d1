import json, os, random, time
from dataclasses import dataclass


@dataclass
class Lookup:
    value: object = None
    reason: str = ""
CACHE_DIR = os.path.expanduser("~/.cache/things")
MAX_AGE = 86400


def cleanup_cache():
    for entry in os.scandir(CACHE_DIR):
        if time.time() - entry.stat().st_mtime > MAX_AGE:
            os.unlink(entry.path)


def read_thing(name):
    if random.random() < 0.02: cleanup_cache()  # early a
    path = os.path.join(CACHE_DIR, name)
    if not os.path.isfile(path):
        return Lookup(reason="missing")
    if time.time() - os.path.getmtime(path) > MAX_AGE:
        res = Lookup(reason="expired")
    else:
        with open(path) as f:
            res = Lookup(value=json.load(f))
    if random.random() < 0.02: cleanup_cache()  # late a
    return res


def read_other(name):
    if random.random() < 0.02: cleanup_cache()  # early b
    path = os.path.join(CACHE_DIR, name + ".o")
    if not os.path.isfile(path):
        return Lookup(reason="missing")
    if time.time() - os.path.getmtime(path) > MAX_AGE:
        res = Lookup(reason="expired")
    else:
        with open(path) as f:
            res = Lookup(value=json.load(f))
    if random.random() < 0.02: cleanup_cache()  # late b
    return res
