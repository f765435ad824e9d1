import datetime, os, pickle, random


class BlobCache:
    CLEAN = 0.03

    def __init__(self, path, lifetime):
        self.path = path
        self.lifetime = datetime.timedelta(seconds=lifetime)
        self.rng = random.Random()

    def _name(self, key):
        return os.path.join(self.path, "%s.blob" % key)

    def _clean(self):
        for n in os.listdir(self.path):
            with open(os.path.join(self.path, n), "rb") as f:
                when, _ = pickle.load(f)
            if datetime.datetime.now() - when > self.lifetime:
                os.remove(os.path.join(self.path, n))

    def load(self, key):
        if self.rng.random() < self.CLEAN: self._clean()  # early a
        if not os.path.exists(self._name(key)):
            return None, "absent"
        with open(self._name(key), "rb") as f:
            when, value = pickle.load(f)
        old = datetime.datetime.now() - when > self.lifetime
        if self.rng.random() < self.CLEAN: self._clean()  # late a
        return (None, "expired") if old else (value, None)

    def load_raw(self, key):
        if self.rng.random() < self.CLEAN: self._clean()  # early b
        if not os.path.exists(self._name(key)):
            return None, "absent"
        with open(self._name(key), "rb") as f:
            when, value = pickle.load(f)
        old = datetime.datetime.now() - when > self.lifetime
        if self.rng.random() < self.CLEAN: self._clean()  # late b
        return (None, "expired") if old else (value, when)
