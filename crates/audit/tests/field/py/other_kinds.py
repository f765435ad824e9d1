"""Folders that are made unless they are there: only something of another kind in their place is refused."""

import os

HOME = os.path.join(os.path.expanduser("~"), ".cache", "kinds")


def folder_or_trouble(name):  # race
    path = os.path.join(HOME, name)
    if os.path.isdir(path):
        return path
    if os.path.exists(path):
        raise OSError("%s is there and is no folder" % path)
    os.makedirs(path)
    return path


def folder_either_way(name):  # race
    path = os.path.join(HOME, "either", name)
    if os.path.exists(path) and os.path.isdir(path):
        pass
    elif os.path.exists(path):
        raise ValueError("%s is no folder" % path)
    else:
        os.makedirs(path)
    return path


def folder_looked_at_again(name):  # safe
    path = os.path.join(HOME, "again", name)
    if os.path.isdir(path):
        return path
    if os.path.exists(path):
        raise OSError("%s is there and is no folder" % path)
    try:
        os.makedirs(path)
    except OSError:
        if not os.path.isdir(path):
            raise
    return path


def new_folder(name):  # safe
    path = os.path.join(HOME, "new", name)
    if os.path.exists(path):
        raise ValueError("%s is there" % path)
    os.makedirs(path)
    return path
