"""Times the caches that Python programs use, a turn at a time.

usage: timings.py FOLDER BODY_BYTES

Reads lines "NAME COUNT" and answers each with the mean microseconds of one call, so that the caller can take turns.
Names: diskcache_get, diskcache_set (diskcache.Cache, without statistics and eviction work), json_get, json_set (one JSON
file per entry, written to a temporary file that is renamed into place), django_file_get, django_file_set (Django's
FileBasedCache), django_db_get, django_db_set (its DatabaseCache over an SQLite file in WAL mode).
"""

import json
import os
import sys
import time

import diskcache
import django
from django.conf import settings


def django_caches(folder):
    """Django's file and database backends."""
    options = {"timeout": 3600, "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;"}
    settings.configure(
        DATABASES={
            "default": {
                "ENGINE": "django.db.backends.sqlite3",
                "NAME": os.path.join(folder, "django.db"),
                "OPTIONS": options,
            }
        },
        CACHES={
            "default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"},
            "file": {
                "BACKEND": "django.core.cache.backends.filebased.FileBasedCache",
                "LOCATION": os.path.join(folder, "django-files"),
            },
            "db": {"BACKEND": "django.core.cache.backends.db.DatabaseCache", "LOCATION": "entries"},
        },
    )
    django.setup()
    from django.core.cache import caches
    from django.core.management import call_command

    call_command("createcachetable", verbosity=0)
    return caches["file"], caches["db"]


def main():
    folder, body_bytes = sys.argv[1], int(sys.argv[2])
    body = b"x" * body_bytes
    text = body.decode()
    cache = diskcache.Cache(os.path.join(folder, "diskcache"), eviction_policy="none")
    file, database = django_caches(folder)

    def path(number):
        return os.path.join(folder, f"{number}.json")

    def write_json(number):
        with open(path(number) + ".tmp", "w", encoding="utf-8") as out:
            json.dump({"created": time.time(), "ttl": 3600, "value": text}, out)
        os.replace(path(number) + ".tmp", path(number))

    def read_json(_):
        with open(path(0), encoding="utf-8") as source:
            entry = json.load(source)
        assert time.time() - entry["created"] < entry["ttl"]
        return entry["value"]

    calls = {
        "diskcache_get": lambda _: cache.get("key"),
        "diskcache_set": lambda number: cache.set(number, body, expire=3600),
        "json_get": read_json,
        "json_set": write_json,
        "django_file_get": lambda _: file.get("key"),
        "django_file_set": lambda number: file.set(str(number), body, 3600),
        "django_db_get": lambda _: database.get("key"),
        "django_db_set": lambda number: database.set(str(number), body, 3600),
    }
    write_json(0)
    cache.set("key", body, expire=3600)
    for django_cache in (file, database):
        django_cache.set("key", body, 3600)
    for line in sys.stdin:
        name, count = line.split()
        call, count = calls[name], int(count)
        begin = time.perf_counter()
        for number in range(count):
            call(number)
        print((time.perf_counter() - begin) / count * 1e6, flush=True)


if __name__ == "__main__":
    main()
