"""Marks of each object for entries that all objects share."""
import threading

_LOCK = threading.Lock()
_BATCHES = {}


class Filler:
    def __init__(self):
        self._busy = set()

    def add(self, key, item):
        with _LOCK:
            if key in self._busy:
                return
            _BATCHES[key] = [item]


class Sender:
    def __init__(self, remote):
        self._remote = remote
        self._busy = set()

    def _drained(self, key):
        if key in self._busy:
            return None
        batch = _BATCHES.get(key)
        if not batch:
            return None
        _BATCHES[key] = []
        self._busy.add(key)
        return batch

    def send(self, key):  # race
        with _LOCK:
            batch = self._drained(key)
        if not batch:
            return
        try:
            self._remote.push(key, batch)
        except OSError:
            with _LOCK:
                _BATCHES[key] = batch
                self._busy.discard(key)
            return
        with _LOCK:
            self._busy.discard(key)


def main(remote):
    for _ in range(4):
        threading.Thread(target=Sender(remote).send, args=("a",)).start()
    threading.Thread(target=Filler().add, args=("a", 1)).start()
