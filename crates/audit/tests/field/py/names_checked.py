"""A lock file that is removed, where whoever gets the lock looks whether it still has its name."""

import fcntl
import os


class CheckedLock:
    def __init__(self, filename):
        self.filename = filename
        self.fd = None

    def acquire(self):  # safe
        while True:
            self.fd = os.open(self.filename, os.O_RDWR | os.O_CREAT)
            fcntl.flock(self.fd, fcntl.LOCK_EX)
            try:
                if os.fstat(self.fd).st_ino == os.stat(self.filename).st_ino:
                    return
            except FileNotFoundError:
                pass
            os.close(self.fd)

    def release(self):  # safe
        os.unlink(self.filename)
        os.close(self.fd)
