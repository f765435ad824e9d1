import os


class LockMixin:
    def __init__(self):
        import threading

        self._mutex = threading.RLock()


class FileBackend:
    def __init__(self, directory):
        self.directory = directory

    def filename(self, key):
        return os.path.join(self.directory, key + ".sess")

    def exists(self, key):
        return os.path.exists(self.filename(key))

    def read(self, key):
        with open(self.filename(key), "rb") as fh:
            return fh.read()

    def read_or_none(self, key):
        try:
            return self.read(key)
        except FileNotFoundError:
            return None

    def delete(self, key):  # maybe
        if self.exists(key):
            os.unlink(self.filename(key))
