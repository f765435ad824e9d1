"""Files that are opened for reading and writing, and locked before they are read."""

import fcntl
import json
import os

import portalocker

INDEX = os.path.expanduser("~/.cache/tool/index.json")


def added_under_lock(key, value):  # safe
    with open(INDEX, "r+") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        index = json.load(file)
        index[key] = value
        file.seek(0)
        json.dump(index, file)
        file.truncate()


def added_under_number(key, value):  # safe
    with open(INDEX, "r+") as file:
        fcntl.lockf(file.fileno(), fcntl.LOCK_EX)
        index = json.load(file)
        index[key] = value
        file.seek(0)
        json.dump(index, file)
        file.truncate()


def added_under_another_lock(key, value):  # safe
    with open(INDEX, "r+") as file:
        portalocker.lock(file, portalocker.LOCK_EX)
        index = json.load(file)
        index[key] = value
        file.seek(0)
        json.dump(index, file)
        file.truncate()
