"""A lock on a server whose client is handed in: what it is shows in how it is used."""
import uuid


class Lease:
    def __init__(self, db, name, ttl=30):
        self.db = db
        self.name = name
        self.ttl = ttl
        self.token = uuid.uuid4().hex

    def acquire(self):  # safe
        return bool(self.db.set(self.name, self.token, nx=True, ex=self.ttl))

    def release(self):  # race
        if self.db.get(self.name) == self.token.encode():
            self.db.delete(self.name)

    def extend(self):  # race
        value = self.db.get(self.name)
        if value is not None and value.decode() == self.token:
            self.db.expire(self.name, self.ttl)
            return True
        return False

    def release_by_script(self):  # safe
        script = "if redis.call('get', KEYS[1]) == ARGV[1] then return redis.call('del', KEYS[1]) end"
        return self.db.eval(script, 1, self.name, self.token)
