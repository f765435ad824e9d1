"""Folders that are made where there are none: a helper that sees to them is called by whoever needs one."""

import os


def ensure_folder(path):  # race
    if not os.path.exists(path):
        os.makedirs(path)
    return path


def ensure_folder_quietly(path):  # safe
    os.makedirs(path, exist_ok=True)
    return path


class Uploads:
    def __init__(self, base):
        self.base = base

    def save(self, name, data):  # race
        target = os.path.join(self.base, name[:2])
        if not os.path.exists(target):
            os.makedirs(target)
        data.write_to(os.path.join(target, name))


def unpack(archive, target):  # safe
    if not os.path.exists(target):
        os.makedirs(target)
    archive.extract_to(target)
