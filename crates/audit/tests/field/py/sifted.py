"""Entries that one section of a lock picks and another one removes, and helpers that judge what was found."""

import threading
import time

import redis


class Sessions:
    def __init__(self):
        self.lock = threading.Lock()
        self.sessions = {}

    def renew(self, name, owner):
        with self.lock:
            self.sessions[name] = (owner, time.time() + 60)

    def drop_old(self):  # race
        with self.lock:
            old = [name for name, (_, until) in self.sessions.items() if until < time.time()]
        for name in old:
            with self.lock:
                self.sessions.pop(name, None)

    def drop_old_in_steps(self):  # race
        old = []
        with self.lock:
            for name, entry in self.sessions.items():
                if entry[1] < time.time():
                    old.append(name)
        with self.lock:
            for name in old:
                del self.sessions[name]

    def drop_what_is_old(self):  # race
        for name in self.old_ones():
            self.forget(name)

    def old_ones(self):
        with self.lock:
            return {name for name, entry in self.sessions.items() if entry[1] < time.time()}

    def forget(self, name):
        with self.lock:
            self.sessions.pop(name, None)

    def drop_old_at_once(self):  # safe
        with self.lock:
            old = [name for name, (_, until) in self.sessions.items() if until < time.time()]
            for name in old:
                self.sessions.pop(name, None)

    def drop_guests(self):  # safe
        with self.lock:
            guests = [name for name, entry in self.sessions.items() if name.startswith("guest")]
        with self.lock:
            for name in guests:
                self.sessions.pop(name, None)


class Tokens:
    def __init__(self, url, mint):
        self.client = redis.Redis.from_url(url)
        self.mint = mint

    def is_valid(self, token):
        return token is not None and len(token) > 8

    def find(self, user):
        return self.client.get(user)

    def token(self, user):  # maybe
        if not self.is_valid(self.find(user)):
            self.client.set(user, self.mint(user))
        return self.client.get(user)


class Leases:
    def __init__(self):
        self._leases = {}
        self._lock = threading.Lock()

    def renews(self, name, lease):
        with self._lock:
            self._leases[name] = lease

    def drops_what_it_asked_for(self, now):  # race
        with self._lock:
            old = [name for name in self._leases if self._leases[name].expires_at < now]
        with self._lock:
            for name in old:
                del self._leases[name]

    def drops_what_it_filtered(self, now):  # race
        with self._lock:
            old = list(filter(lambda name: self._leases[name].expires_at < now, self._leases))
        with self._lock:
            for name in old:
                del self._leases[name]

    def drops_at_once(self, now):  # safe
        with self._lock:
            for name in list(filter(lambda name: self._leases[name].expires_at < now, self._leases)):
                del self._leases[name]

    def asks_again(self, now):  # safe
        with self._lock:
            old = [name for name in self._leases if self._leases[name].expires_at < now]
        with self._lock:
            for name in old:
                if name in self._leases and self._leases[name].expires_at < now:
                    del self._leases[name]
