"""Files of a cache that are written in place: who hears that they are torn makes them again, who does not stumbles."""

import json
import os
import pickle


class HintCache:
    def __init__(self, folder):
        self.hints_file = os.path.join(folder, "hints-cache.json")
        self.hints = {}

    def read_hints(self):
        try:
            with open(self.hints_file) as stream:
                self.hints = json.load(stream)
        except (OSError, json.JSONDecodeError):
            self.hints = {}

    def write_hints(self):  # safe
        with open(self.hints_file, "w") as stream:
            json.dump(self.hints, stream)


class StrictCache:
    def __init__(self, folder):
        self.strict_file = os.path.join(folder, "strict-cache.json")
        self.hints = {}

    def read_hints(self):
        try:
            with open(self.strict_file) as stream:
                self.hints = json.load(stream)
        except FileNotFoundError:
            self.hints = {}

    def write_hints(self):  # race
        with open(self.strict_file, "w") as stream:
            json.dump(self.hints, stream)


class RaisingCache:
    def __init__(self, folder):
        self.raising_file = os.path.join(folder, "raising-cache.bin")
        self.hints = {}

    def read_hints(self):
        try:
            with open(self.raising_file, "rb") as stream:
                self.hints = pickle.load(stream)
        except EOFError as error:
            raise RuntimeError("the cache is torn") from error

    def write_hints(self):  # race
        with open(self.raising_file, "wb") as stream:
            pickle.dump(self.hints, stream)


class TwoReadersCache:
    """One of two readers stumbles."""

    def __init__(self, folder):
        self.both_file = os.path.join(folder, "both-cache.json")
        self.hints = {}

    def read_hints(self):
        try:
            with open(self.both_file) as stream:
                self.hints = json.load(stream)
        except ValueError:
            self.hints = {}

    def size_of_cache(self):
        with open(self.both_file) as stream:
            return len(json.load(stream))

    def write_hints(self):  # race
        with open(self.both_file, "w") as stream:
            json.dump(self.hints, stream)
