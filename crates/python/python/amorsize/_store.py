"""Stores by their location, opened once in a process, and the true reason of a miss as text.

A store that was opened before a fork is opened again by the child: the compiled half refuses to use or close what
belongs to another process.
"""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Iterable
from typing import Any, TypeVar

from . import _native
from .errors import CacheError

T = TypeVar("T")

Key = tuple[str, bytes, list[tuple[str, bytes]]] | str

_open: dict[tuple[int, str], _native.Store] = {}
_lock = threading.Lock()

_HINTS = {
    "busy": "another process holds the write lock; try again, or raise the time to wait",
    "full": "free some space, or bound the store (max_size)",
    "permission": "check who owns the file and its folder",
    "place": "use a local file system, or a store on a server",
    "foreign": "the file is something else; name another",
    "newer": "update amorsize, or name another file",
    "damaged": "run `amorsize cache verify`, then `amorsize cache repair`",
    "connection": "check that the server runs and can be reached",
    "clockjump": "check the clock of this machine",
    "import": "the file names what is wrong; nothing of it was imported",
}


class Reason(str):
    """Why a look-up missed: the sentence, with the evidence beside it.

    ``word`` is one of unavailable, corrupt, version, expired, incompatible, deleted, evicted, absent; ``detail`` is
    the store's own sentence; ``all`` are all reasons with what they carry.
    """

    word: str
    detail: str
    all: list[dict[str, Any]]

    def __new__(cls, text: str, word: str = "", detail: str = "", all: Iterable[dict[str, Any]] = ()) -> Reason:
        self = super().__new__(cls, text)
        self.word = word
        self.detail = detail or text
        self.all = list(all)
        return self

    def __getnewargs__(self) -> tuple[Any, ...]:
        return str(self), self.word, self.detail, self.all


def open_store(location: str, *, actor: str = "amorsize (Python)") -> _native.Store:
    """The store at a path, `memory:NAME` or the URL of a server; the same object for the same place."""
    name = (os.getpid(), location)
    store = _open.get(name)
    if store is None:
        with _lock:
            store = _open.get(name)
            if store is None:
                where = "memory:" if location.startswith("memory:") else location
                store = calling(lambda: _native.Store(where, actor=actor))
                _open[name] = store
    return store


def _after_fork() -> None:
    # Another thread may have held it while this process was forked off.
    global _lock
    _lock = threading.Lock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)


def calling(step: Any) -> Any:
    """Runs a call of the compiled half; its errors become `CacheError` with a hint."""
    try:
        return step()
    except OSError as error:
        if len(error.args) == 2 and isinstance(error.args[0], str):
            kind, message = error.args
            raise CacheError(message, kind=kind, hint=_HINTS.get(kind)) from None
        raise


def reasons_of(found: dict[str, Any]) -> list[dict[str, Any]]:
    """All reasons of a miss, the primary one first."""
    return list(json.loads(found["reasons"])) if found.get("reasons") else []
