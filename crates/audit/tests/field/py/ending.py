"""Objects that remove their own file, and those that remove what a caller names."""

import os
import shutil
import tempfile


class Depot:
    def __init__(self, folder):
        self.folder = folder
        self.spooled = []

    def spool_one(self):
        made = tempfile.NamedTemporaryFile(delete=False)
        self.spooled.append(made.name)
        return made

    def delete(self):  # safe
        place = os.path.join(self.folder, "spool")
        if os.path.exists(place):
            shutil.rmtree(place)

    def close(self):  # safe
        for path in self.spooled:
            if os.path.exists(path):
                os.remove(path)

    def remove(self, name):  # race
        path = os.path.join(self.folder, "spool", name)
        if os.path.exists(path):
            os.remove(path)


class CacheDepot:
    def __init__(self, folder):
        self.folder = folder

    def delete(self):  # race
        place = os.path.join(self.folder, "pages")
        if os.path.exists(place):
            shutil.rmtree(place)
