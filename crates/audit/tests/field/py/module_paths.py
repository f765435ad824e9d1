"""A cache under a folder that a variable of the module names."""

import hashlib
import os
from pathlib import Path
from urllib.parse import quote

from elsewhere import CACHE_ROOT, settings

CACHE_DIR = Path.home() / ".cache" / "pages"
TOKENS_DIR = Path(__file__).resolve().parent / "tokens"
SHARED_CACHE = Path(__file__).parents[1]


def page(url, fetch):  # race
    path = CACHE_DIR / hashlib.sha256(url.encode()).hexdigest()
    if path.exists():
        return path.read_bytes()
    found = fetch(url)
    path.write_bytes(found)
    return found


def token(name, ask):  # maybe
    path = TOKENS_DIR / quote(name)
    if not path.is_file():
        path.write_text(ask(name))
    return path.read_text()


def drop(name):  # race
    path = SHARED_CACHE / quote(name)
    if path.exists():
        path.unlink()


def drop_quietly(name):  # safe
    (SHARED_CACHE / quote(name)).unlink(missing_ok=True)


def number(base):  # race
    n = 0
    while os.path.exists(base + ".cache.%d" % n):
        n += 1
    with open(base + ".cache.%d" % n, "w") as out:
        out.write("taken")
    return n


def name_for(base):  # race
    n, path = 0, base + ".cache"
    while os.path.exists(path):
        n += 1
        path = "%s.cache.%d" % (base, n)
    with open(path, "w") as out:
        out.write("taken")
    return path


def name_at_once(base):  # safe
    n = 0
    while True:
        try:
            with open("%s.cache.%d" % (base, n), "x") as out:
                out.write("taken")
            return n
        except FileExistsError:
            n += 1


def drop_elsewhere(name):  # race
    path = settings.CACHE_DIR / f"{name}.json"
    if path.exists():
        path.unlink()


def drop_in_root(name):  # race
    path = CACHE_ROOT / name
    if path.is_file():
        path.unlink()


def share(parts, name):  # safe
    return parts.total / len(name)
