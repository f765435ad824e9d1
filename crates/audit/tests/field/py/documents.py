import redis
from pymongo import MongoClient
from pymongo.errors import DuplicateKeyError


def take_lease(client: redis.Redis, name, now):  # safe
    if client.setnx(name, now + 60):
        return True
    held = client.get(name)
    if held and float(held) < now and client.getset(name, now + 60) == held:
        return True
    return False


class DocumentSessions:
    """Sessions that several servers keep in one collection."""

    def __init__(self, db, collection):
        self.client = MongoClient()
        self.store = self.client[db][collection]

    def open(self, sid, now):  # race
        document = self.store.find_one({"id": sid})
        if document and document["expiration"] <= now:
            self.store.remove({"id": sid})
            document = None
        return document

    def close(self, sid):  # safe
        self.store.remove({"id": sid})

    def make(self, sid, value):  # race
        if not self.store.find_one({"id": sid}):
            self.store.insert_one({"id": sid, "value": value})

    def make_once(self, sid, value):  # safe
        if not self.store.find_one({"id": sid}):
            try:
                self.store.insert_one({"id": sid, "value": value})
            except DuplicateKeyError:
                pass

    def log(self, sid, value):  # safe
        if not self.store.find_one({"id": "log"}):
            return
        self.store.insert_one({"value": value})
