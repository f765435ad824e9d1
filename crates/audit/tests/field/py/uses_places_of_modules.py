"""Folders whose place another module tells."""

import os

from places_of_modules import DATA, OUT, TRASH, base_of_all


def into_trash(name):  # race
    if not os.path.isdir(TRASH):
        os.mkdir(TRASH)
    return os.path.join(TRASH, name)


def into_data(name):  # race
    if not os.path.isdir(DATA):
        os.mkdir(DATA)
    return os.path.join(DATA, name)


def into_base(name):  # race
    path = os.path.join(base_of_all(), "models")
    if not os.path.isdir(path):
        os.mkdir(path)
    return os.path.join(path, name)


def into_out(name):  # safe
    if not os.path.isdir(OUT):
        os.mkdir(OUT)
    return os.path.join(OUT, name)


def into_own_trash(name):  # safe
    os.makedirs(TRASH, exist_ok=True)
    return os.path.join(TRASH, name)
