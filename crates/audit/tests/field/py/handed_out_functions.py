"""Functions of the module's own that others get and run."""

from threading import Lock

_LOCKS = {}


def _thread_lock(key):  # race
    try:
        lock = _LOCKS[key]
    except KeyError:
        lock = _LOCKS[key] = Lock()
    return lock


def lock_maker(scheduler):
    if scheduler == "processes":
        return None
    return _thread_lock


_OTHERS = {}


def _unused_lock(key):  # unshown
    try:
        lock = _OTHERS[key]
    except KeyError:
        lock = _OTHERS[key] = Lock()
    return lock
