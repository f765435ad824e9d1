"""Files that a helper of the same object names: where they are says what they are for."""

import os
import tempfile


class Pages:
    def __init__(self, cache_dir, draft_dir):
        self.cache_dir = cache_dir
        self.draft_dir = draft_dir

    def _path(self, key):
        return os.path.join(self.cache_dir, key)

    def _draft(self, key):
        return os.path.join(self.draft_dir, key)

    def add(self, key, page):  # race
        if os.path.exists(self._path(key)):
            return False
        with open(self._path(key), "wb") as f:
            f.write(page)
        return True

    def add_alone(self, key, page):  # safe
        try:
            with open(self._path(key), "xb") as f:
                f.write(page)
        except FileExistsError:
            return False
        return True

    def begin(self, key, page):  # unshown
        if os.path.exists(self._draft(key)):
            return False
        with open(self._draft(key), "wb") as f:
            f.write(page)
        return True


class Scratch:
    def __init__(self):
        self.cache_dir = tempfile.mkdtemp()

    def _path(self, key):
        return os.path.join(self.cache_dir, key)

    def add(self, key, page):  # safe
        if os.path.exists(self._path(key)):
            return False
        with open(self._path(key), "wb") as f:
            f.write(page)
        return True
