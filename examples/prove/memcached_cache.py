"""Adding to memcached only if nothing is there, and counting, in several ways.

    memcached_cache.py PORT add KEY VALUE        look, then set
    memcached_cache.py PORT add-once KEY VALUE   one add
    memcached_cache.py PORT count KEY            read, add one, write
    memcached_cache.py PORT count-cas KEY        the same with gets and cas, until it fits
    memcached_cache.py PORT clear | show KEY
"""

import sys

from pymemcache.client.base import Client


def main(port, command, *arguments):
    client = Client(("127.0.0.1", int(port)))
    if command == "add":
        key, value = arguments
        if client.get(key) is None:
            client.set(key, value, noreply=False)
            print("won")
        else:
            print("taken")
    elif command == "add-once":
        print("won" if client.add(*arguments, noreply=False) else "taken")
    elif command == "count":
        value = int(client.get(arguments[0]) or 0)
        client.set(arguments[0], str(value + 1), noreply=False)
    elif command == "count-cas":
        while True:
            value, token = client.gets(arguments[0])
            if client.cas(arguments[0], str(int(value) + 1), token, noreply=False):
                break
    elif command == "clear":
        # Not flush_all: it also hides what is stored within the same second.
        client.delete("k", noreply=False)
        client.set("n", "0", noreply=False)
    elif command == "show":
        print(client.get(arguments[0]))


main(*sys.argv[1:])
