"""A mark that somebody else takes away."""
import threading


class Sender:
    def __init__(self, remote):
        self._remote = remote
        self._lock = threading.Lock()
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
                self._batches[key] = batch
                self._busy.discard(key)
            return
        with self._lock:
            self._busy.discard(key)

    def add(self, key, item):
        with self._lock:
            if key in self._busy:
                return
            self._batches[key] = [item]

    def cancel(self, key):
        with self._lock:
            self._busy.discard(key)

