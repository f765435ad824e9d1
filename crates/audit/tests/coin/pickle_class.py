import os, pickle, random, time, enum
from pathlib import Path


class Why(enum.Enum):
    HIT = 1
    MISSING = 2
    STALE = 3


class Disk:

    def __init__(self, folder, max_age=3600):
        self.folder = Path(folder)
        self.max_age = max_age

    def _evict(self):
        cutoff = time.time() - self.max_age
        for f in self.folder.glob("*.pkl"):
            if f.stat().st_mtime < cutoff:
                f.unlink(missing_ok=True)

    def result(self, name):
        if random.randrange(100) == 0: self._evict()  # early a
        f = self.folder / (name + ".pkl")
        try:
            age = time.time() - f.stat().st_mtime
        except FileNotFoundError:
            return None, Why.MISSING
        if age > self.max_age:
            out = None, Why.STALE
        else:
            out = pickle.loads(f.read_bytes()), Why.HIT
        if random.randrange(100) == 0: self._evict()  # late a
        return out

    def figure(self, name):
        if random.randrange(100) == 0: self._evict()  # early b
        f = self.folder / (name + ".fig.pkl")
        try:
            age = time.time() - f.stat().st_mtime
        except FileNotFoundError:
            return None, Why.MISSING
        if age > self.max_age:
            out = None, Why.STALE
        else:
            out = pickle.loads(f.read_bytes()), Why.HIT
        if random.randrange(100) == 0: self._evict()  # late b
        return out
