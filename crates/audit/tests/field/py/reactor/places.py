"""Folders of a server whose objects live in the one thread of a reactor."""

import os

from twisted.application import service


class Workspace(service.Service):
    def __init__(self, main, name):
        self.main = main
        self.name = name

    def startService(self):  # unshown
        folder = os.path.abspath(os.path.join(self.main.folder, "workers", self.name))
        if not os.path.isdir(folder):
            os.makedirs(folder)
        super().startService()


class Writer:
    def __init__(self, path):  # unshown
        path = os.path.abspath(path)
        folder = os.path.dirname(path)
        if not os.path.exists(folder):
            os.makedirs(folder)
        self.path = path
