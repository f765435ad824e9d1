"""Archives that are unpacked where everybody looks for them."""

import os
import tarfile
import tempfile
import zipfile

CACHE = os.path.expanduser("~/.cache/pages")


def unpack(name):  # race
    target = os.path.join(CACHE, name)
    if not os.path.isdir(target):
        with tarfile.open(name + ".tgz") as archive:
            archive.extractall(target)
    return target


def unpack_zip(name):  # race
    target = os.path.join(CACHE, name)
    if not os.path.exists(target):
        with zipfile.ZipFile(name + ".zip") as archive:
            archive.extractall(path=target)
    return target


def unpack_aside(name):  # safe
    target = os.path.join(CACHE, name)
    if not os.path.isdir(target):
        aside = tempfile.mkdtemp(dir=CACHE)
        with tarfile.open(name + ".tgz") as archive:
            archive.extractall(aside)
        os.rename(aside, target)
    return target


def unpack_for_oneself(name):  # safe
    target = tempfile.mkdtemp()
    with tarfile.open(name + ".tgz") as archive:
        archive.extractall(target)
    return target
