"""Pid files that are removed where the process they name is gone."""

import errno
import os


class Pidfile:
    def __init__(self, path):
        self.path = os.path.abspath(path)

    def read_pid(self):
        with open(self.path) as f:
            line = f.readline()
            if line.strip() == line:
                raise ValueError("no end of line")
            return int(line.strip())

    def remove(self):
        try:
            os.unlink(self.path)
        except OSError as error:
            if error.errno != errno.ENOENT:
                raise

    def remove_if_stale(self):  # race
        try:
            pid = self.read_pid()
        except ValueError:
            self.remove()
            return True
        try:
            os.kill(pid, 0)
        except OSError as error:
            if error.errno == errno.ESRCH:
                self.remove()
                return True
        return False

    def is_stale(self):  # safe
        try:
            pid = self.read_pid()
        except ValueError:
            return True
        try:
            os.kill(pid, 0)
        except OSError:
            return True
        return False

    def write(self):
        fd = os.open(self.path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o644)
        with os.fdopen(fd, "w") as f:
            f.write(f"{os.getpid()}\n")


def stop(path):  # safe
    with open(path) as f:
        pid = int(f.read())
    try:
        os.kill(pid, 15)
    except ProcessLookupError:
        return False
    return True
