"""Lock files that lose their names while others wait for them."""

import fcntl
import os


class ShortLock:
    def __init__(self, filename):
        self.filename = filename
        self.handle = None

    def acquire(self):  # safe
        self.handle = open(self.filename, "w")
        fcntl.flock(self.handle, fcntl.LOCK_EX)

    def release(self):  # race
        if self.handle is not None:
            fcntl.flock(self.handle, fcntl.LOCK_UN)
            self.handle.close()
            self.handle = None
            os.unlink(self.filename)


class StandingLock:
    def __init__(self, filename):
        self.filename = filename
        self.handle = None

    def acquire(self):  # safe
        self.handle = open(self.filename, "w")
        fcntl.flock(self.handle, fcntl.LOCK_EX)

    def release(self):  # safe
        if self.handle is not None:
            fcntl.flock(self.handle, fcntl.LOCK_UN)
            self.handle.close()
            self.handle = None


def rebuild(path):  # race
    guard = open(path + ".lock", "w")
    fcntl.lockf(guard, fcntl.LOCK_EX)
    try:
        build(path)
    finally:
        guard.close()
        os.remove(path + ".lock")


def rebuild_and_leave(path):  # safe
    guard = open(path + ".lock", "w")
    fcntl.lockf(guard, fcntl.LOCK_EX)
    try:
        build(path)
    finally:
        guard.close()
