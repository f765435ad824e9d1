"""Django's database cache from the command line: django_cache.py DATABASE COMMAND [ARGUMENTS]

DATABASE is `sqlite:FILE`, `sqlite-immediate:FILE` or `postgres:PORT:NAME`.

    make                 create the cache table
    expired KEY VALUE    store an entry that has expired
    add|set KEY VALUE    what Django does
    upsert KEY VALUE     add, as one statement that carries the condition
    get KEY
    show
"""

import sys

import django
from django.conf import settings


def database(text):
    kind, _, rest = text.partition(":")
    if kind.startswith("sqlite"):
        options = {"transaction_mode": "IMMEDIATE"} if kind == "sqlite-immediate" else {}
        return {"ENGINE": "django.db.backends.sqlite3", "NAME": rest, "OPTIONS": {"timeout": 2, **options}}
    port, name = rest.split(":")
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": name,
        "USER": "postgres",
        "HOST": "127.0.0.1",
        "PORT": port,
        "OPTIONS": {"sslmode": "disable", "gssencmode": "disable"},
    }


settings.configure(
    DATABASES={"default": database(sys.argv[1])},
    CACHES={"default": {"BACKEND": "django.core.cache.backends.db.DatabaseCache", "LOCATION": "django_cache"}},
    USE_TZ=True,
    INSTALLED_APPS=[],
)
django.setup()

from django.core.cache import cache  # noqa: E402
from django.db import connection  # noqa: E402

UPSERT = """
INSERT INTO django_cache AS old (cache_key, value, expires) VALUES (%s, %s, now() + interval '300 s')
ON CONFLICT (cache_key) DO UPDATE SET value = excluded.value, expires = excluded.expires
WHERE old.expires < now()
"""


def main(command, *arguments):
    if command == "make":
        from django.core.management import call_command

        call_command("createcachetable", verbosity=0)
    elif command == "expired":
        cache.set(*arguments, timeout=300)
        with connection.cursor() as cursor:
            cursor.execute("UPDATE django_cache SET expires = '2001-01-01 00:00:00'")
    elif command == "add":
        print(cache.add(*arguments))
    elif command == "set":
        print(cache.set(*arguments))
    elif command == "upsert":
        key, value = arguments
        with connection.cursor() as cursor:
            cursor.execute(UPSERT, [cache.make_key(key), value])
            print(cursor.rowcount == 1)
    elif command == "get":
        print(cache.get(*arguments))
    elif command == "show":
        with connection.cursor() as cursor:
            cursor.execute("SELECT cache_key, value FROM django_cache ORDER BY cache_key")
            for key, value in cursor.fetchall():
                print(key, value)


main(*sys.argv[2:])
