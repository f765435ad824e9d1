"""Files whose reader tells by the number of the error that there is none."""

import errno
import os


class Pidfile:
    def __init__(self, path):
        self.path = path

    def validate(self):
        try:
            with open(self.path) as f:
                return int(f.read())
        except IOError as e:
            if e.args[0] == errno.ENOENT:
                return None
            raise

    def create(self):  # race
        if self.validate():
            raise RuntimeError("already running")
        with open(self.path, "w") as f:
            f.write(str(os.getpid()))

    def create_alone(self):  # safe
        if self.validate():
            raise RuntimeError("already running")
        with open(self.path, "x") as f:
            f.write(str(os.getpid()))
