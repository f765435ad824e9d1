import random, threading, time


class Memory:

    def __init__(self, ttl):
        self._lock = threading.Lock()
        self._data = {}
        self.ttl = ttl

    def _sweep(self):
        now = time.monotonic()
        for k in [k for k, (v, t) in self._data.items() if now - t > self.ttl]:
            del self._data[k]

    def get(self, key):
        with self._lock:
            if random.random() < 0.1: self._sweep()  # early a
            if key not in self._data:
                return None, "never stored"
            v, t = self._data[key]
            out = (None, "too old") if time.monotonic() - t > self.ttl else (v, "")
            if random.random() < 0.1: self._sweep()  # late a
            return out

    def get_with_age(self, key):
        with self._lock:
            if random.random() < 0.1: self._sweep()  # early b
            if key not in self._data:
                return None, "never stored"
            v, t = self._data[key]
            out = (None, "too old") if time.monotonic() - t > self.ttl else (v, t)
            if random.random() < 0.1: self._sweep()  # late b
            return out
