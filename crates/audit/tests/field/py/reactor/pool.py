"""A store of files that a reactor hands to its threads."""

import os

from twisted.internet.threads import deferToThread


class FileStore:
    def __init__(self, base):
        self.base = base

    def put(self, name, data):
        return deferToThread(self._write, name, data)

    def _write(self, name, data):  # race
        folder = os.path.join(self.base, name[:2])
        if not os.path.exists(folder):
            os.makedirs(folder)
        with open(os.path.join(folder, name), "xb") as out:
            out.write(data)
