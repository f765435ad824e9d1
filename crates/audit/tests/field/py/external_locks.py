"""Locks that a decorator takes for all processes, one call up."""

import json
import os

from oslo_concurrency import lockutils


class StateStore:
    def __init__(self, path):
        self._path = path

    def open(self):  # unshown
        folder = os.path.dirname(self._path)
        if not os.path.isdir(folder):
            os.makedirs(folder)

    def write(self, state):  # unshown
        with open(self._path, "w") as to:
            json.dump(state, to)

    def load(self):
        with open(self._path) as it:
            return json.load(it)


class StateUser:
    def __init__(self, path):
        self._path = path
        self._store = StateStore(path)

    def keep(self, state):
        @lockutils.synchronized("state-" + self._path, external=True)
        def _keep():
            self._store.open()
            self._store.write(state)

        _keep()

    def load(self):
        @lockutils.synchronized("state-" + self._path, external=True)
        def _load():
            return self._store.load()

        return _load()


class LooseStore:
    def __init__(self, path):
        self._path = path

    def open(self):  # race
        folder = os.path.dirname(self._path)
        if not os.path.isdir(folder):
            os.makedirs(folder)


class LooseUser:
    def __init__(self, path):
        self._path = path
        self._store = LooseStore(path)

    def keep(self):
        @lockutils.synchronized("state-" + self._path)
        def _keep():
            self._store.open()

        _keep()


@lockutils.synchronized("seats", external=True)
def seat(folder):  # safe
    if not os.path.isdir(folder):
        os.makedirs(folder)
