"""Variables that only ever hold constants, and are asked later which way the function came."""

import threading

from flask import Flask, request

app = Flask(__name__)


class Desk:
    def __init__(self):
        self._lock = threading.Lock()
        self._names = {}

    def flag(self, name, seat):  # race
        taken = False
        if name in self._names:
            taken = True
        if taken:
            return False
        self._names[name] = seat
        return True

    def problem(self, name, seat):  # race
        error = None
        if name in self._names:
            error = f"{name} is taken"
        if error is not None:
            return error
        self._names[name] = seat
        return None

    def word(self, name, seat):  # race
        state = "old" if name in self._names else "new"
        if state == "new":
            self._names[name] = seat
        return state

    def done(self, name, seat):  # race
        done = False
        if name not in self._names:
            self._names[name] = seat
            done = True
        return done

    def from_handler(self, name, seat):  # race
        known = True
        try:
            self._names[name]
        except KeyError:
            known = False
        if not known:
            self._names[name] = seat
        return known

    def flag_locked(self, name, seat):  # safe
        with self._lock:
            taken = False
            if name in self._names:
                taken = True
            if taken:
                return False
            self._names[name] = seat
            return True

    def word_rechecked(self, name, seat):  # safe
        if name in self._names:
            return "old"
        with self._lock:
            state = "new" if name not in self._names else "old"
            if state == "new":
                self._names[name] = seat
            return state


desk = Desk()


@app.route("/seats/<name>", methods=["POST"])
def take(name):
    return str([desk.flag(name, request.data), desk.done(name, request.data)])
