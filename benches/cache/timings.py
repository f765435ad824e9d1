"""Times the caches that Python programs use, and prints one JSON object.

usage: timings.py FOLDER COUNT BODY_BYTES

Every figure is the median over rounds, in microseconds per call: diskcache.Cache get and set, and one JSON file per
entry, read and written (a temporary file renamed into place).
"""

import json
import os
import statistics
import sys
import time

import diskcache

ROUNDS = 7


def timed(count, call):
    """The median over rounds of the mean time of one call, in microseconds."""
    rounds = []
    for _ in range(ROUNDS):
        begin = time.perf_counter()
        for number in range(count):
            call(number)
        rounds.append((time.perf_counter() - begin) / count * 1e6)
    return statistics.median(rounds)


def main():
    folder, count, body_bytes = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    body = b"x" * body_bytes
    # Without statistics and eviction work, as fast as it can be set up.
    cache = diskcache.Cache(os.path.join(folder, "diskcache"), eviction_policy="none")
    cache.set("key", body, expire=3600)
    text = body.decode()

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

    write_json(0)
    figures = {
        "diskcache_get_us": timed(count, lambda _: cache.get("key")),
        "diskcache_set_us": timed(max(count // 10, 1), lambda number: cache.set(number, body, expire=3600)),
        "json_read_us": timed(count, read_json),
        "json_write_us": timed(max(count // 10, 1), write_json),
    }
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
