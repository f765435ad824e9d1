"""Adding to Redis only if nothing is there, in two ways.

    redis_cache.py PORT add KEY VALUE       look, then set
    redis_cache.py PORT add-nx KEY VALUE    one SET NX
    redis_cache.py PORT incr KEY            read, add one, write
    redis_cache.py PORT incr-watch KEY      the same under WATCH, until it fits
    redis_cache.py PORT clear | show
"""

import sys

import redis


def main(port, command, *arguments):
    client = redis.Redis(port=int(port), decode_responses=True)
    if command == "add":
        key, value = arguments
        if client.get(key) is None:
            client.set(key, value)
            print("won")
        else:
            print("taken")
    elif command == "add-nx":
        key, value = arguments
        print("won" if client.set(key, value, nx=True) else "taken")
    elif command == "incr":
        value = int(client.get(arguments[0]) or 0)
        client.set(arguments[0], value + 1)
    elif command == "incr-watch":
        with client.pipeline() as pipeline:
            while True:
                try:
                    pipeline.watch(arguments[0])
                    value = int(pipeline.get(arguments[0]) or 0)
                    pipeline.multi()
                    pipeline.set(arguments[0], value + 1)
                    pipeline.execute()
                    break
                except redis.WatchError:
                    continue
    elif command == "clear":
        client.flushall()
    elif command == "show":
        print({key: client.get(key) for key in sorted(client.keys())})


main(*sys.argv[1:])
