"""A state that was asked before it was gone on from."""
import threading

_LOCK = threading.Lock()
_STATE = {}


def advance(key):  # race
    """A job goes from new to done once, and is paid for."""
    with _LOCK:
        state = _STATE.get(key)
    if state != "new":
        return False
    with _LOCK:
        _STATE[key] = _STATE[key] + "/done"
    return True


def interest(key, rate):
    with _LOCK:
        balance = _STATE[key]
    extra = balance * rate
    with _LOCK:
        _STATE[key] += extra
    return extra


def main():
    for _ in range(4):
        threading.Thread(target=advance, args=("a",)).start()
        threading.Thread(target=interest, args=("a", 2)).start()
