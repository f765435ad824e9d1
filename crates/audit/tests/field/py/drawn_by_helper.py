"""Files whose names a helper draws: until the name is given back nobody else knows it."""

import os
import uuid


class BlobStore:
    def __init__(self, path):
        self.path = path

    def get(self, id):
        with open(self._filename(id), "rb") as file:
            return file.read()

    def put(self, data):  # safe
        id = self._id(data)
        filename = self._filename(id)
        with open(filename, "wb") as file:
            file.write(data)
        return id

    def _filename(self, id):
        return os.path.normpath(os.path.join(self.path, id[0:2], id))

    def _id(self, data):
        return str(uuid.uuid4())


class SumStore:
    def __init__(self, path):
        self.path = path

    def get(self, id):
        with open(self._filename(id), "rb") as file:
            return file.read()

    def put(self, data):  # race
        id = self._id(data)
        filename = self._filename(id)
        with open(filename, "wb") as file:
            file.write(data)
        return id

    def _filename(self, id):
        return os.path.normpath(os.path.join(self.path, id[0:2], id))

    def _id(self, data):
        return str(len(data))
