"""A file that tells which process runs, in a field that the function sets on another way."""

import os
import tempfile


class Pidfile:
    def __init__(self, fname):
        self.fname = fname

    def begins(self, pid):  # race
        if self.validate():
            raise RuntimeError("already running")
        fd, fname = tempfile.mkstemp(dir=os.path.dirname(self.fname))
        os.write(fd, str(pid).encode())
        if self.fname:
            os.rename(fname, self.fname)
        else:
            self.fname = fname
        os.close(fd)

    def begins_elsewhere(self, pid):  # safe
        if self.validate():
            raise RuntimeError("already running")
        fd, self.fname = tempfile.mkstemp()
        os.write(fd, str(pid).encode())
        os.rename(self.fname, self.fname + ".pid")
        os.close(fd)

    def begins_alone(self, pid):  # safe
        if self.validate():
            raise RuntimeError("already running")
        fd, fname = tempfile.mkstemp(dir=os.path.dirname(self.fname))
        os.write(fd, str(pid).encode())
        if self.fname:
            os.link(fname, self.fname)
        else:
            self.fname = fname
        os.close(fd)

    def validate(self):
        try:
            with open(self.fname) as f:
                pid = int(f.read() or 0)
            os.kill(pid, 0)
            return pid
        except OSError:
            return None
