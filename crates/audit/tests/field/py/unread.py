"""A variable that holds nothing unless there was something to read: who came the other way has looked at nothing."""

import json
import os

CACHE_DIR = os.path.expanduser("~/.cache/app")


class Pages:
    def fetched(self, name):  # race
        path = os.path.join(CACHE_DIR, name + ".json")
        data = None
        if os.path.exists(path):
            with open(path) as file:
                data = json.load(file)
        if data is None:
            data = self.fetch(name)
            with open(path, "w") as file:
                json.dump(data, file)
        return data

    def kept(self, name):  # race
        path = os.path.join(CACHE_DIR, name + ".json")
        data = None
        if os.path.exists(path):
            with open(path) as file:
                data = json.load(file)
        if not data:
            with open(path, "w") as file:
                json.dump(self.fetch(name), file)

    def published(self, name):  # safe
        path = os.path.join(CACHE_DIR, name + ".json")
        data = None
        if os.path.exists(path):
            with open(path) as file:
                data = json.load(file)
        if data is None:
            data = self.fetch(name)
            draft = "%s.%d" % (path, os.getpid())
            with open(draft, "w") as file:
                json.dump(data, file)
            os.replace(draft, path)
        return data
