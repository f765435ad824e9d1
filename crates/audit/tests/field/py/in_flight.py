"""Marks of what is in flight, set and asked for under a lock, while the work is done without it."""

import threading


class Sender:
    """Sends what was collected, one batch of a key at a time."""

    def __init__(self, remote):
        self._lock = threading.Lock()
        self._remote = remote
        self._batches = {}
        self._busy = set()

    def _drained(self, key):
        if key in self._busy:
            return None
        batch = self._batches.get(key)
        if not batch:
            return None
        self._batches[key] = []
        self._busy.add(key)
        return batch

    def send(self, key):  # safe
        with self._lock:
            batch = self._drained(key)
        if not batch:
            return
        try:
            self._remote.push(key, batch)
        except OSError:
            with self._lock:
                self._batches[key] = batch
                self._busy.discard(key)
            return
        with self._lock:
            self._busy.discard(key)


class TooEarly:
    """Takes the mark away before it puts back."""

    def __init__(self, remote):
        self._lock = threading.Lock()
        self._remote = remote
        self._batches = {}
        self._busy = set()

    def _drained(self, key):
        if key in self._busy:
            return None
        batch = self._batches.get(key)
        if not batch:
            return None
        self._batches[key] = []
        self._busy.add(key)
        return batch

    def send(self, key):  # race
        with self._lock:
            batch = self._drained(key)
        if not batch:
            return
        try:
            self._remote.push(key, batch)
        except OSError:
            with self._lock:
                self._busy.discard(key)
            with self._lock:
                self._batches[key] = batch


class OtherKey:
    """Marks something else than what it drains."""

    def __init__(self, remote):
        self._lock = threading.Lock()
        self._remote = remote
        self._batches = {}
        self._busy = set()

    def _drained(self, key, worker):
        if worker in self._busy:
            return None
        batch = self._batches.get(key)
        if not batch:
            return None
        self._batches[key] = []
        self._busy.add(worker)
        return batch

    def send(self, key, worker):  # race
        with self._lock:
            batch = self._drained(key, worker)
        if not batch:
            return
        try:
            self._remote.push(key, batch)
        except OSError:
            with self._lock:
                self._batches[key] = batch
                self._busy.discard(worker)


class Unasked:
    """Sets the mark, and another method does not ask for it."""

    def __init__(self, remote):
        self._lock = threading.Lock()
        self._remote = remote
        self._batches = {}
        self._busy = set()

    def _drained(self, key):
        if key in self._busy:
            return None
        batch = self._batches.get(key)
        if not batch:
            return None
        self._batches[key] = []
        self._busy.add(key)
        return batch

    def forget(self, key):
        with self._lock:
            self._batches.pop(key, None)

    def send(self, key):  # race
        with self._lock:
            batch = self._drained(key)
        if not batch:
            return
        try:
            self._remote.push(key, batch)
        except OSError:
            with self._lock:
                self._batches[key] = batch
                self._busy.discard(key)


class LaterMark:
    """Sets the mark in another critical section than the one in which it asks for it."""

    def __init__(self, remote):
        self._lock = threading.Lock()
        self._remote = remote
        self._batches = {}
        self._busy = set()

    def send(self, key):  # race
        with self._lock:
            if key in self._busy:
                return
            batch = self._batches.get(key)
            if not batch:
                return
            self._batches[key] = []
        with self._lock:
            self._busy.add(key)
        try:
            self._remote.push(key, batch)
        except OSError:
            with self._lock:
                self._batches[key] = batch
                self._busy.discard(key)
