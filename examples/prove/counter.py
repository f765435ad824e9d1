"""A counter in a file: `counter.py add N` without a lock, `counter.py locked-add N` under flock."""

import fcntl
import sys


def add(by):
    with open("counter") as file:
        value = int(file.read())
    with open("counter", "w") as file:
        file.write(f"{value + by}\n")


command, by = sys.argv[1], int(sys.argv[2])
if command == "locked-add":
    with open("counter.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        add(by)
else:
    add(by)
