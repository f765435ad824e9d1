"""Settings that are read, changed and written back; folders made for a file; Django's storage."""
import configparser
import json
import os
from pathlib import Path

from django.core.files.storage import default_storage

PATH = os.path.expanduser("~/.config/sampler/settings.ini")


class Keyring:
    def __init__(self):
        self.file_path = os.path.join(os.path.expanduser("~"), "keyring.cfg")

    def remember(self, service, key, value):  # race
        config = configparser.RawConfigParser()
        config.read(self.file_path)
        if not config.has_section(service):
            config.add_section(service)
        config.set(service, key, value)
        with open(self.file_path, "w") as f:
            config.write(f)

    def forget(self, service, key):  # race
        config = configparser.ConfigParser()
        if os.path.exists(self.file_path):
            config.read(self.file_path, encoding="utf-8")
        config.remove_option(service, key)
        with open(self.file_path, "w") as f:
            config.write(f)

    def ask(self, service, key):  # safe
        config = configparser.ConfigParser()
        config.read(self.file_path)
        return config.get(service, key)


def write_defaults():  # safe
    config = configparser.ConfigParser()
    config["a"] = {"b": "c"}
    with open(PATH + ".%d" % os.getpid(), "w") as f:
        config.write(f)


def count(name):  # race
    if os.path.exists(PATH):
        with open(PATH) as f:
            counts = json.load(f)
    else:
        counts = {}
    counts[name] = counts.get(name, 0) + 1
    with open(PATH, "w") as f:
        json.dump(counts, f)


def counted(name):  # safe
    try:
        with open(PATH) as f:
            counts = json.load(f)
    except FileNotFoundError:
        counts = {}
    counts.setdefault(name, 0)
    return counts


class Tree:
    def __init__(self, root):
        self.root = Path(root)

    def put(self, key, value):  # race
        path = self.root / key
        parent = path.parent
        if not parent.is_dir():
            parent.mkdir(parents=True)
        path.write_bytes(value)

    def put_calmly(self, key, value):  # safe
        path = self.root / key
        parent = path.parent
        if not parent.is_dir():
            parent.mkdir(parents=True, exist_ok=True)
        path.with_suffix(".%d" % os.getpid()).write_bytes(value)


def save(path, data):  # race
    folder = os.path.dirname(path)
    if not os.path.exists(folder):
        os.makedirs(folder)
    with open(path, "x") as f:
        f.write(data)


class State:
    name = "state.txt"

    def read(self):  # race
        if default_storage.exists(self.name):
            with default_storage.open(self.name) as f:
                return f.read()
        return ""

    def write(self, content):  # safe
        if default_storage.exists(self.name):
            default_storage.delete(self.name)
