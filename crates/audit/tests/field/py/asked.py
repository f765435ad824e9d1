"""A module that remembers whom it has asked."""

from elsewhere import connect

__clients_cache = {}


def client(name):  # race
    if name in __clients_cache:
        return __clients_cache[name]
    made = connect(name)
    made.is_new = lambda: True
    __clients_cache[name] = made
    return made
