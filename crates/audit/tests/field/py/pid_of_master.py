"""The file of a process's number, put in place whole by whoever finds nobody alive."""

import errno
import os
import tempfile


class Pidfile:
    def __init__(self, fname):
        self.fname = fname

    def create(self, pid):  # maybe
        old = self.validate()
        if old:
            raise RuntimeError("running as %s" % old)
        fd, name = tempfile.mkstemp(dir=os.path.dirname(self.fname))
        os.write(fd, str(pid).encode())
        os.close(fd)
        os.rename(name, self.fname)

    def written(self, pid):  # race
        old = self.validate()
        if old:
            raise RuntimeError("running as %s" % old)
        with open(self.fname, "w") as file:
            file.write(str(pid))

    def claim(self, pid):  # safe
        old = self.validate()
        if old:
            raise RuntimeError("running as %s" % old)
        fd, name = tempfile.mkstemp(dir=os.path.dirname(self.fname))
        os.write(fd, str(pid).encode())
        os.close(fd)
        os.link(name, self.fname)

    def validate(self):
        try:
            with open(self.fname) as file:
                try:
                    pid = int(file.read())
                except ValueError:
                    return None
                try:
                    os.kill(pid, 0)
                    return pid
                except OSError as error:
                    if error.args[0] == errno.EPERM:
                        return pid
                    if error.args[0] == errno.ESRCH:
                        return None
                    raise
        except IOError as error:
            if error.args[0] == errno.ENOENT:
                return None
            raise
