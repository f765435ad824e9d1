import os, random, time, json


class Spool:

    def __init__(self, root, keep):
        self.root = root
        self.keep = keep

    def _outdated(self):
        for n in os.listdir(self.root):
            p = os.path.join(self.root, n)
            if os.stat(p).st_mtime + self.keep < time.time():
                yield p

    def _tidy(self):
        for p in self._outdated():
            os.unlink(p)

    def read(self, key):
        if random.random() < 1 / 64: self._tidy()  # early a
        p = os.path.join(self.root, key)
        if not os.path.exists(p):
            return {"found": False, "why": "missing"}
        if os.stat(p).st_mtime + self.keep < time.time():
            out = {"found": False, "why": "expired"}
        else:
            with open(p) as f:
                out = {"found": True, "value": json.load(f)}
        if random.random() < 1 / 64: self._tidy()  # late a
        return out

    def read_head(self, key):
        if random.random() < 1 / 64: self._tidy()  # early b
        p = os.path.join(self.root, key + ".head")
        if not os.path.exists(p):
            return {"found": False, "why": "missing"}
        if os.stat(p).st_mtime + self.keep < time.time():
            out = {"found": False, "why": "expired"}
        else:
            with open(p) as f:
                out = {"found": True, "value": json.load(f)}
        if random.random() < 1 / 64: self._tidy()  # late b
        return out
