"""Files that are opened for reading and writing, and what is done through one handle."""

import fcntl
import json
import os
import pickle

INDEX = os.path.expanduser("~/.cache/tool/index.json")


def added_in_place(key, value):  # race
    with open(INDEX, "r+") as file:
        index = json.load(file)
        index[key] = value
        file.seek(0)
        json.dump(index, file)
        file.truncate()


def added_by_text(key, value):  # race
    file = open(INDEX, "r+")
    index = json.loads(file.read())
    index[key] = value
    file.seek(0)
    file.write(json.dumps(index))
    file.close()


def read_all(path):
    with open(path, "r+b") as file:
        return pickle.load(file)


def write_all(path, cache):
    with open(path, "w+b") as file:
        pickle.dump(cache, file)


def kept_in_cache(path, key, value):  # race
    cache = read_all(path)
    cache[key] = value
    write_all(path, cache)


def only_read(key):  # safe
    with open(INDEX, "r+") as file:
        return json.load(file).get(key)


class LockFile:
    def __init__(self, path):  # safe
        try:
            self.file = open(path, "r+")
        except OSError:
            self.file = open(path, "a+")
        fcntl.flock(self.file, fcntl.LOCK_EX)
        self.file.write(str(os.getpid()))
