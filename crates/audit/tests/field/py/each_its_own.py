"""What each object or each call has for itself, and what they share."""

import dataclasses
import os
import tempfile
import threading
from collections import deque
from pathlib import Path

import attrs
import requests


@attrs.define(kw_only=True)
class Supervisor:
    """Its events are made for each object."""

    events: deque = attrs.field(factory=deque, init=False)

    def handle(self):  # safe
        while self.events:
            print(self.events.popleft())


@dataclasses.dataclass
class Worker:
    """So are these."""

    events: deque = dataclasses.field(default_factory=deque)

    def handle(self):  # safe
        while self.events:
            print(self.events.popleft())


class Shared:
    """These are everybody's."""

    events = deque()

    def handle(self):  # race
        while self.events:
            print(self.events.popleft())


def handle_all(shared):
    threading.Thread(target=shared.handle).start()


def _named(address, folder):
    return address, Path(folder, "archive")


def _download(address, path):
    with open(path, "wb") as out:
        out.write(requests.get(address, timeout=5).content)


def _read(path):
    if not os.path.exists(path):
        raise ValueError("nothing there")
    return Path(path).read_bytes()


def fetch(address):  # safe
    with tempfile.TemporaryDirectory() as folder:
        address, path = _named(address, folder)
        _download(address, path)
        return _read(path)


def fetch_to_cache(address):  # race
    address, path = _named(address, os.path.expanduser("~/.cache/tool"))
    if not os.path.exists(path):
        _download(address, path)
    return _read(path)


def _release_lock(lockfile):  # unshown
    if os.path.exists(lockfile):
        os.remove(lockfile)
