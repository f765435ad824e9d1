"""Objects and tables in memory: who owns them, and who gets at them."""

import threading

_handlers = {}
_codecs = {}
_waiting = {}
_results = {}


def _define(name, handler):  # safe
    if name in _handlers:
        raise RuntimeError(f"{name} is defined twice")
    _handlers[name] = handler


def _define_all():
    _define("a", int)
    _define("b", float)


_define("c", str)
_define_all()


def define_codec(name, codec):  # race
    if name in _codecs:
        raise KeyError(name)
    _codecs[name] = [codec]
    threading.Thread(target=codec).start()


def begin_wait(what):  # safe
    own = threading.get_ident()
    if own not in _waiting:
        _waiting[own] = []
    _waiting[own].append(what)


def keep_result(job, what):  # race
    if job not in _results:
        _results[job] = []
    _results[job].append(what)


class Printer:
    """Its own thread works on it; the lock is for what others ask it to send."""

    def __init__(self):
        self._lock = threading.Lock()
        self._outgoing = []
        self._lines = {}

    def send(self, line):
        with self._lock:
            self._outgoing.append(line)

    def reset(self):
        self._lines.clear()

    def received(self, number, line):
        self._lines[number] = line

    def resend(self, number):  # safe
        if number in self._lines:
            line = self._lines[number]
            with self._lock:
                self._outgoing.append(line)
            del self._lines[number]


class Leases:
    """Several threads take and give back."""

    def __init__(self):
        self._lock = threading.Lock()
        self._held = {}

    def take(self, name, owner):
        with self._lock:
            self._held[name] = owner

    def give_back(self, name):  # race
        if name in self._held:
            owner = self._held[name]
            with self._lock:
                owner.told = True
            del self._held[name]
