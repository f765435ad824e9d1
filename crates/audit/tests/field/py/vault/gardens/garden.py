"""Objects that keep a lock for those who work with them."""

import os


class Garden:
    def __init__(self, folder, make_lock):
        self.folder = folder
        self.plot_lock = make_lock(folder)

    def clear_spool(self):  # safe
        path = os.path.join(self.folder, "spool")
        if os.path.exists(path):
            os.remove(path)


class Meadow:
    def __init__(self, folder):
        self.folder = folder

    def clear_spool(self):  # race
        path = os.path.join(self.folder, "spool")
        if os.path.exists(path):
            os.remove(path)
