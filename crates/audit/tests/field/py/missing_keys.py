"""Sessions whose look raises where nothing is there, in a section of its own, and what is done after it."""

import threading


class Sessions:
    def __init__(self):
        self._lock = threading.Lock()
        self._users = {}

    def open(self, code, user):
        with self._lock:
            self._users[code] = user

    def _find(self, code):
        with self._lock:
            return self._users[code]

    def end(self, code):  # race
        user = self._find(code)
        with self._lock:
            del self._users[code]
        return user

    def end_or_none(self, code):  # race
        with self._lock:
            try:
                user = self._users[code]
            except KeyError:
                return None
        with self._lock:
            del self._users[code]
        return user

    def end_or_complain(self, code):  # race
        try:
            with self._lock:
                user = self._users[code]
        except KeyError:
            raise ValueError(code)
        with self._lock:
            del self._users[code]
        return user

    def end_in_else(self, code):  # race
        try:
            user = self._find(code)
        except KeyError:
            return None
        else:
            with self._lock:
                del self._users[code]
            return user

    def end_if_found(self, code):  # race
        try:
            user = self._find(code)
        except KeyError:
            user = None
        if user is not None:
            with self._lock:
                del self._users[code]
        return user

    def end_when_it_comes(self, code):  # race
        while True:
            try:
                user = self._find(code)
                break
            except KeyError:
                continue
        with self._lock:
            del self._users[code]
        return user

    def end_whole(self, code):  # safe
        with self._lock:
            try:
                user = self._users[code]
            except KeyError:
                return None
            del self._users[code]
        return user

    def end_at_once(self, code):  # safe
        with self._lock:
            return self._users.pop(code, None)

    def name_of(self, code):  # safe
        try:
            return self._find(code).name
        except KeyError:
            return None
