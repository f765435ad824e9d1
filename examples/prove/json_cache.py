"""A small JSON-file cache, with the mistakes such caches usually have.

    json_cache.py load KEY          print hit VALUE, or miss and the reason
    json_cache.py save KEY VALUE    store a fresh entry
    json_cache.py save-shared KEY VALUE   the same, over one temporary name
    json_cache.py prune             delete every expired entry
    json_cache.py expired KEY VALUE store an entry that has expired
    json_cache.py show              print what is on the disk
"""

import json
import os
import sys

FOLDER = "cache"
NOW = 1_000_000


def path_of(key):
    return os.path.join(FOLDER, key + ".json")


def write(path, entry):
    with open(path, "w") as file:
        json.dump(entry, file)


def save(key, value, expires, temporary=None):
    os.makedirs(FOLDER, exist_ok=True)
    temporary = temporary or path_of(key) + f".{os.getpid()}.tmp"
    write(temporary, {"value": value, "expires": expires})
    os.replace(temporary, path_of(key))
    print("saved", value)


def load(key):
    path = path_of(key)
    if not os.path.exists(path):
        print("miss: absent")
        return
    try:
        with open(path) as file:
            entry = json.load(file)
    except (OSError, ValueError):
        print("miss: corrupt")
        return
    if entry["expires"] < NOW:
        print("miss: expired")
    else:
        print("hit", entry["value"])


def prune():
    pruned = 0
    for name in sorted(os.listdir(FOLDER)):
        path = os.path.join(FOLDER, name)
        with open(path) as file:
            entry = json.load(file)
        if entry["expires"] < NOW:
            os.unlink(path)
            pruned += 1
    print("prune done")


def show():
    for name in sorted(os.listdir(FOLDER)):
        with open(os.path.join(FOLDER, name)) as file:
            print(name if not name.endswith(".tmp") else "left over", file.read())


def main(command, *arguments):
    if command == "load":
        load(*arguments)
    elif command == "save":
        save(*arguments, expires=NOW + 60)
    elif command == "save-shared":
        key, value = arguments
        save(key, value, NOW + 60, temporary=path_of(key) + ".tmp")
    elif command == "expired":
        save(*arguments, expires=NOW - 60)
    elif command == "prune":
        prune()
    elif command == "show":
        show()
    else:
        sys.exit(__doc__)


main(*sys.argv[1:])
