"""Objects that keep what they found in a registry of their class, or put there."""

import threading
from threading import Lock
from weakref import WeakValueDictionary


class NamedLock:
    _locks = WeakValueDictionary()

    def __init__(self, token):  # race
        self.token = token
        if self.token in NamedLock._locks:
            self.lock = NamedLock._locks[self.token]
        else:
            self.lock = Lock()
            NamedLock._locks[self.token] = self.lock


class GuardedLock:
    _locks = {}
    _guard = threading.Lock()

    def __init__(self, token):  # safe
        with GuardedLock._guard:
            if token not in GuardedLock._locks:
                GuardedLock._locks[token] = Lock()
            self.lock = GuardedLock._locks[token]


class SettledLock:
    _locks = {}

    def __init__(self, token):  # safe
        self.lock = SettledLock._locks.setdefault(token, Lock())


class Channel:
    _queues = {}

    def join(self, name):  # race
        if name not in Channel._queues:
            Channel._queues[name] = []
        self.queue = Channel._queues[name]

    def join_once(self, name):  # safe
        self.queue = Channel._queues.setdefault(name, [])


class Compiled:
    _patterns = {}

    def __init__(self, text):  # safe
        if text not in Compiled._patterns:
            Compiled._patterns[text] = text.casefold()
        self.pattern = Compiled._patterns[text]


class Walker:
    _locks = {}

    def __init__(self, names):  # safe
        lock = None
        while names:
            lock = lock or Walker._locks.get(names.pop())
        self.lock = lock
