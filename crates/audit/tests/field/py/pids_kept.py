"""Process ids in a file whose readers and writers lock another file for that."""

import fcntl
import os

CACHE = "/var/run/pids.cache"


def added(pid):  # safe
    with open(CACHE + ".lock", "a") as guard:
        fcntl.flock(guard, fcntl.LOCK_EX)
        pids = load_pids(CACHE)
        pids.add(pid)
        save_pids(CACHE, pids)


def removed(pid):  # safe
    with open(CACHE + ".lock", "a") as guard:
        fcntl.flock(guard, fcntl.LOCK_EX)
        pids = load_pids(CACHE)
        pids.discard(pid)
        save_pids(CACHE, pids)


def load_pids(path):
    try:
        with open(path) as found:
            return {int(line) for line in found}
    except FileNotFoundError:
        return set()


def save_pids(path, pids):
    with open(path, "w") as out:
        out.writelines(f"{pid}\n" for pid in pids)
