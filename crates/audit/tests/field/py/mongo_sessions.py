"""Sessions as documents, whose age is told by a field."""

import datetime

from pymongo import MongoClient


class Sessions:
    def __init__(self, db, collection):
        self.client = MongoClient()
        self.store = self.client[db][collection]

    def opened(self, sid):  # race
        document = self.store.find_one({"id": sid})
        if document and document.get("expiration") <= datetime.datetime.utcnow():
            self.store.delete_one({"id": sid})
            document = None
        return document

    def opened_if_unchanged(self, sid):  # safe
        now = datetime.datetime.utcnow()
        document = self.store.find_one({"id": sid})
        if document and document.get("expiration") <= now:
            self.store.delete_one({"id": sid, "expiration": {"$lte": now}})
            document = None
        return document

    def saved(self, sid, val):  # safe
        self.store.update_one({"id": sid}, {"$set": {"val": val}}, upsert=True)
