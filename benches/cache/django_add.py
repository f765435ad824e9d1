"""Counts the rounds in which more than one process wins an add() on an expired key of a Django cache.

usage: django_add.py database HOST PORT DATABASE ROUNDS | django_add.py files FOLDER ROUNDS

Each round stores a value that has already expired; then four processes add() at once. A cache whose add is one step has
exactly one winner a round. Prints one JSON object.
"""

import json
import multiprocessing
import sys
import time

PROCESSES = 4


def configure(arguments):
    import django
    from django.conf import settings

    if arguments[0] == "database":
        backend = {"BACKEND": "django.core.cache.backends.db.DatabaseCache", "LOCATION": "cache"}
        database = {
            "ENGINE": "django.db.backends.postgresql",
            "HOST": arguments[1],
            "PORT": arguments[2],
            "NAME": arguments[3],
            "USER": "postgres",
        }
    else:
        backend = {
            "BACKEND": "django.core.cache.backends.filebased.FileBasedCache",
            "LOCATION": arguments[1],
        }
        database = {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}
    settings.configure(CACHES={"default": backend}, DATABASES={"default": database}, USE_TZ=True)
    django.setup()


def contend(arguments, rounds, barrier, wins):
    configure(arguments)
    from django.core.cache import cache

    for number in range(rounds):
        barrier.wait()
        if cache.add(f"key-{number}", "winner", timeout=60):
            with wins.get_lock():
                wins[number] += 1


def main():
    arguments, rounds = sys.argv[1:-1], int(sys.argv[-1])
    context = multiprocessing.get_context("spawn")
    configure(arguments)
    from django.core.cache import cache
    from django.core.management import call_command

    if arguments[0] == "database":
        call_command("createcachetable", verbosity=0)
    for number in range(rounds):
        cache.set(f"key-{number}", "expired", timeout=1)
    # The table keeps whole seconds: wait until every entry is past its end for certain.
    time.sleep(2.1)
    if arguments[0] == "database":
        from django.db import connection

        connection.close()
    barrier, wins = context.Barrier(PROCESSES), context.Array("i", rounds)
    workers = [
        context.Process(target=contend, args=(arguments, rounds, barrier, wins)) for _ in range(PROCESSES)
    ]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    counts = list(wins)
    extra = sum(1 for count in counts if count > 1)
    none = sum(1 for count in counts if count == 0)
    print(json.dumps({"rounds": rounds, "extra": extra, "none": none}))


if __name__ == "__main__":
    main()
