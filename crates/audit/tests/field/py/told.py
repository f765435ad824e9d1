"""What a helper's answer holds: a field of a record, an item of a pair or a table, a word."""

import enum
import threading
from dataclasses import dataclass
from typing import NamedTuple

from flask import Flask, request

app = Flask(__name__)


@dataclass
class Found:
    hit: bool
    value: object = None


class Pair(NamedTuple):
    hit: bool
    value: object


class Status(enum.Enum):
    MISS = 0
    HIT = 1


class NotThere(Exception):
    pass


def look_up(table, name):
    return table.get(name)


def place(table, name, seat):
    table[name] = seat


class Hall:
    def __init__(self):
        self._lock = threading.Lock()
        self._seats = {}

    def _find(self, name):
        if name in self._seats:
            return Found(True, self._seats[name])
        return Found(False)

    def _find_named(self, name):
        seat = self._seats.get(name)
        return Found(hit=seat is not None, value=seat)

    def _looked_up(self, name):
        seat = self._seats.get(name)
        return {"found": seat is not None, "seat": seat}

    def _pair(self, name):
        seat = self._seats.get(name)
        return (seat is not None, seat)

    def _tuple(self, name):
        seat = self._seats.get(name)
        return Pair(seat is not None, seat)

    def _word(self, name):
        return "hit" if name in self._seats else "miss"

    def _status(self, name):
        if name in self._seats:
            return Status.HIT
        return Status.MISS

    def _must(self, name):
        try:
            return self._seats[name]
        except KeyError as error:
            raise NotThere(name) from error

    def _all(self, name):
        return [self._seats[name]] if name in self._seats else []

    def by_error_of_its_own(self, name, seat):  # race
        try:
            self._must(name)
        except NotThere:
            self._seats[name] = seat
            return True
        return False

    def by_list(self, name, seat):  # race
        if self._all(name):
            return False
        self._seats[name] = seat
        return True

    def by_given_table(self, name, seat):  # race
        if name in self._seats:
            return False
        place(self._seats, name, seat)
        return True

    def by_error_locked(self, name, seat):  # safe
        with self._lock:
            try:
                self._must(name)
            except NotThere:
                self._seats[name] = seat
                return True
            return False

    def by_given_table_locked(self, name, seat):  # safe
        with self._lock:
            if look_up(self._seats, name) is None:
                place(self._seats, name, seat)
                return True
            return False

    def by_field(self, name, seat):  # race
        found = self._find(name)
        if found.hit:
            return False
        self._seats[name] = seat
        return True

    def by_named_field(self, name, seat):  # race
        found = self._find_named(name)
        if not found.hit:
            self._seats[name] = seat
            return True
        return False

    def by_item(self, name, seat):  # race
        found = self._looked_up(name)
        if not found["found"]:
            self._seats[name] = seat
            return True
        return False

    def by_place(self, name, seat):  # race
        found = self._pair(name)
        if found[0]:
            return False
        self._seats[name] = seat
        return True

    def by_named_tuple(self, name, seat):  # race
        found = self._tuple(name)
        if found.hit:
            return False
        self._seats[name] = seat
        return True

    def by_word(self, name, seat):  # race
        if self._word(name) == "miss":
            self._seats[name] = seat
            return True
        return False

    def by_status(self, name, seat):  # race
        if self._status(name) is Status.MISS:
            self._seats[name] = seat
            return True
        return False

    def by_field_locked(self, name, seat):  # safe
        with self._lock:
            found = self._find(name)
            if found.hit:
                return False
            self._seats[name] = seat
            return True

    def by_item_locked(self, name, seat):  # safe
        with self._lock:
            found = self._looked_up(name)
            if not found["found"]:
                self._seats[name] = seat
                return True
            return False


hall = Hall()


@app.route("/seats/<name>", methods=["POST"])
def take(name):
    return str([hall.by_field(name, request.data), hall.by_word(name, request.data)])
