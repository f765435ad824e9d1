import json, os, random, time


class Result:

    def __init__(self):
        self.value = None
        self.reason = None


class Store:

    def __init__(self, root, ttl):
        self.root = root
        self.ttl = ttl

    def gc(self):
        for name in os.listdir(self.root):
            full = os.path.join(self.root, name)
            with open(full) as f:
                stamp = json.load(f)["stamp"]
            if stamp + self.ttl < time.time():
                os.remove(full)

    def lookup(self, key):
        if random.random() < 0.1: self.gc()  # early a
        res = Result()
        full = os.path.join(self.root, key)
        if not os.path.exists(full):
            res.reason = "no entry"
        else:
            with open(full) as f:
                data = json.load(f)
            if data["stamp"] + self.ttl < time.time():
                res.reason = "expired"
            else:
                res.value = data["value"]
        if random.random() < 0.1: self.gc()  # late a
        return res

    def lookup_bench(self, key):
        if random.random() < 0.1: self.gc()  # early b
        res = Result()
        full = os.path.join(self.root, key + ".bench")
        if not os.path.exists(full):
            res.reason = "no entry"
        else:
            with open(full) as f:
                data = json.load(f)
            if data["stamp"] + self.ttl < time.time():
                res.reason = "expired"
            else:
                res.value = data["value"]
        if random.random() < 0.1: self.gc()  # late b
        return res
