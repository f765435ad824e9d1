"""Folders that are taken for whole because they are there."""

import os
import shutil
import tempfile
import zipfile

from filelock import FileLock

CACHE = os.path.expanduser("~/.cache/models")


def unpacked(name):  # race
    dest = os.path.join(CACHE, name)
    if os.path.isdir(dest):
        return dest
    os.makedirs(dest, exist_ok=True)
    with zipfile.ZipFile(name + ".zip") as archive:
        for item in archive.infolist():
            archive.extract(item, dest)
    return dest


def downloaded(name, client):  # race
    dest = os.path.join(CACHE, name)
    if not os.path.exists(dest):
        os.makedirs(dest, exist_ok=True)
        client.download(name, dest)
    return dest


def written_within(name, parts):  # race
    dest = os.path.join(CACHE, name)
    if not os.path.exists(dest):
        os.makedirs(dest, exist_ok=True)
        for part in parts:
            with open(os.path.join(dest, part), "w") as out:
                out.write(part)
    return dest


def only_seen_to(name):  # safe
    dest = os.path.join(CACHE, name)
    if not os.path.exists(dest):
        os.makedirs(dest, exist_ok=True)
    return dest


def seen_to_and_used(name, text):  # safe
    dest = os.path.join(CACHE, name)
    if not os.path.exists(dest):
        os.makedirs(dest, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=dest, delete=False) as out:
        out.write(text)
    os.replace(out.name, os.path.join(dest, "text"))
    return dest


def filled_aside(name, client):  # safe
    dest = os.path.join(CACHE, name)
    if not os.path.exists(dest):
        aside = tempfile.mkdtemp(dir=CACHE)
        client.download(name, aside)
        os.rename(aside, dest)
    return dest


def filled_under_lock(name, client):  # safe
    dest = os.path.join(CACHE, name)
    with FileLock(dest + ".lock"):
        if not os.path.exists(dest):
            os.makedirs(dest, exist_ok=True)
            client.download(name, dest)
    return dest


def with_a_note(name):  # safe
    dest = os.path.join(CACHE, name)
    if not os.path.exists(dest):
        os.makedirs(dest, exist_ok=True)
        with open(os.path.join(dest, "README"), "w") as out:
            out.write("It is safe to remove this.")
    return dest


def ensure_whole(source, home):  # safe
    folder = os.path.join(os.path.expanduser("~"), ".config", home)
    if os.path.isfile(folder):
        return
    destination = os.path.join(folder, os.path.basename(source))
    if not os.path.exists(destination):
        os.makedirs(folder, exist_ok=True)
        part = f"{destination}.{os.getpid()}"
        shutil.copy(source, part)
        os.rename(part, destination)
