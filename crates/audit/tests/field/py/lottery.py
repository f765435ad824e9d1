import json, os, random, time


class Plans:
    def __init__(self, root, ttl):
        self.root, self.ttl = root, ttl

    def _file(self, key):
        return os.path.join(self.root, key + ".json")

    def sweep(self):
        for n in os.listdir(self.root):
            p = os.path.join(self.root, n)
            with open(p) as f:
                if json.load(f)["at"] + self.ttl < time.time():
                    os.remove(p)

    def _maybe_sweep(self):
        if random.randint(1, 20) == 1:
            self.sweep()

    def look(self, key):  # race
        self._maybe_sweep()
        p = self._file(key)
        if not os.path.exists(p):
            return None, "not found"
        with open(p) as f:
            entry = json.load(f)
        if entry["at"] + self.ttl < time.time():
            return None, "expired"
        return entry["v"], None

    def look_right(self, key):  # safe
        p = self._file(key)
        try:
            with open(p) as f:
                entry = json.load(f)
        except FileNotFoundError:
            return None, "not found"
        verdict = (None, "expired") if entry["at"] + self.ttl < time.time() else (entry["v"], None)
        self._maybe_sweep()
        return verdict
