from helpers import get_cache, serialize


class Throttle:
    """What a helper stores is what its caller put into fields of the object."""

    def __init__(self, cache, rate):
        self.cache = cache
        self.rate = rate

    def allow(self, request):  # race
        self.key = "throttle:" + request.user
        self.history = self.cache.get(self.key, [])
        if len(self.history) >= self.rate:
            return False
        return self.passed()

    def passed(self):
        self.history.insert(0, 1)
        self.cache.set(self.key, self.history, timeout=60)
        return True

    def count(self, request):  # safe
        self.key = "count:" + request.user
        return self.counted()

    def counted(self):
        if self.cache.add(self.key, 1, timeout=60):
            return 1
        return self.cache.incr(self.key)


class Failures:
    """A cache of a type that nobody knows keeps what it is given for a time."""

    def __init__(self):
        self.cache = get_cache()
        self.timeout = 60

    def failed(self, keys):  # race
        for key in keys:
            failures = self.cache.get(key, default=0)
            self.cache.set(key, failures + 1, self.timeout)

    def kept(self, keys):  # maybe
        for key in keys:
            failures = self.cache.get(key, default=0)
            self.cache.set(key, failures + 1)


class KVStoreBase:
    """What derived classes store is left to them; the helpers are here."""

    def set(self, image, source):  # race
        names = self._get(source.key) or []
        names = set(names)
        names.add(image.key)
        self._set(source.key, list(names))

    def put(self, image):  # safe
        self._set(image.key, image)

    def _get(self, key):
        return self._get_raw("kv:" + key)

    def _set(self, key, value):
        self._set_raw("kv:" + key, serialize(value))

    def _get_raw(self, key):
        raise NotImplementedError

    def _set_raw(self, key, value):
        raise NotImplementedError


class SqlSessions:
    """The class of the rows is a field."""

    def __init__(self, db, model):
        self.db = db
        self.model = model

    def save(self, key, data):  # race
        saved = self.model.query.filter_by(session_id=key).first()
        if saved:
            saved.data = data
            self.db.session.commit()
        else:
            made = self.model(key, data)
            self.db.session.add(made)
            self.db.session.commit()

    def save_locked(self, key, data):  # safe
        saved = self.model.query.filter_by(session_id=key).with_for_update().first()
        if saved:
            saved.data = data
            self.db.session.commit()
