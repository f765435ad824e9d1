"""A cache of the module, in a package that is run by itself."""
from .links import connect

_CACHE = {}


def client(name):  # unshown
    if name in _CACHE:
        return _CACHE[name]
    made = connect(name)
    made.is_new = lambda: True
    _CACHE[name] = made
    return made
