"""Errors that say by their words alone that something is there already."""

import os
import shutil


class Received:
    def __init__(self, file):
        self.file = file

    def save(self, destination, overwrite=False):  # race
        if not overwrite and os.path.exists(destination):
            raise IOError("File exists.")
        with open(destination, "wb") as out:
            shutil.copyfileobj(self.file, out)

    def save_anew(self, destination):  # safe
        if os.path.exists(destination):
            raise IOError("File exists.")
        with open(destination, "xb") as out:
            shutil.copyfileobj(self.file, out)

    def changed(self, destination):  # safe
        if not os.path.exists(destination):
            raise IOError("File does not exist.")
        with open(destination, "wb") as out:
            shutil.copyfileobj(self.file, out)


class Moved:
    def __init__(self, names):
        self.names = names

    def move(self, source, target, name):  # unshown
        if os.path.isfile(target):
            raise ValueError("a file is no place to move to")
        if name in self.names:
            raise ValueError("the name exists already")
        os.rename(source, target)
