"""Tables kept within something: properties and methods that hand them out, tables of tables."""

import threading
from collections import defaultdict
from contextlib import ExitStack

from flask import Flask, request

app = Flask(__name__)
_state = {"seats": {}, "hits": 0}


class Hall:
    def __init__(self):
        self._lock = threading.RLock()
        self._seats = {}

    @property
    def seats(self):
        return self._seats

    def _copy(self):
        return dict(self._seats)

    def _put(self, name, seat):
        self._seats[name] = seat

    def by_property(self, name, seat):  # race
        if name in self.seats:
            return False
        self.seats[name] = seat
        return True

    def by_property_and_field(self, name, seat):  # race
        if name in self.seats:
            return False
        self._seats[name] = seat
        return True

    def by_update(self, name, seat):  # race
        if name in self._seats:
            return False
        self._seats.update({name: seat})
        return True

    def by_bound_method(self, name, seat):  # race
        if name in self._seats:
            return False
        put = self._put
        put(name, seat)
        return True

    def by_name_of_method(self, name, seat):  # race
        if name in self._seats:
            return False
        getattr(self, "_put")(name, seat)
        return True

    def of_a_copy(self, name, seat):  # safe
        mine = self._copy()
        if name in mine:
            return False
        mine[name] = seat
        return True

    def by_stack(self, name, seat):  # safe
        with ExitStack() as stack:
            stack.enter_context(self._lock)
            if name in self._seats:
                return False
            self._seats[name] = seat
            return True

    def by_property_locked(self, name, seat):  # safe
        with self._lock:
            if name in self.seats:
                return False
            self.seats[name] = seat
            return True


class Tables:
    def __init__(self):
        self._lock = threading.RLock()
        self._spaces = {"main": {}, "side": {}}
        self._rows = defaultdict(dict)
        self._shards = [{} for _ in range(8)]

    def _table(self):
        return self._spaces["main"]

    def _shard(self, name):
        return self._shards[hash(name) % len(self._shards)]

    def by_getter(self, name, seat):  # race
        if name not in self._table():
            self._table()[name] = seat
            return True
        return False

    def by_shard(self, name, seat):  # race
        shard = self._shard(name)
        if name in shard:
            return False
        shard[name] = seat
        return True

    def by_default(self, row, name, seat):  # race
        if name in self._rows[row]:
            return False
        self._rows[row][name] = seat
        return True


def in_module(name, seat):  # race
    if name in _state["seats"]:
        return False
    _state["seats"][name] = seat
    return True


hall = Hall()


@app.route("/seats/<name>", methods=["POST"])
def take(name):
    return str([hall.by_property(name, request.data), in_module(name, request.data)])
