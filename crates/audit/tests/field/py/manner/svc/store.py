"""A store whose files another module looks after."""
from .backend import FileBackend, LockMixin


class SessionStore:
    def __init__(self, backend=None, directory="/var/lib/svc"):
        self.backend = backend or FileBackend(directory)

    def load(self, sid):  # race
        if not self.backend.exists(sid):
            return None
        return self.backend.read(sid)

    def load_or_none(self, sid):  # safe
        return self.backend.read_or_none(sid)


class Names(LockMixin):
    def __init__(self):
        super().__init__()
        self.items = {}

    def reserve(self, name, owner):  # safe
        with self._mutex:
            if name in self.items:
                return False
            self.items[name] = owner
            return True

    def drop(self, name):
        with self._mutex:
            self.items.pop(name, None)

    def owner(self, name):  # race
        return self.items[name] if name in self.items else None
