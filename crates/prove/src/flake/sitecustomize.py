"""Records what a Python program draws from `random`, and forces one call site low or high.

Only the functions of the module are covered, not generators of a program's own; sites in the standard library and in
installed packages are left alone.
"""

import json
import os
import sys


def _attach(path):
    import random
    import sysconfig

    force = os.environ.get("AMORSIZE_FLAKE_FORCE", "")
    site_forced, _, side = force.rpartition("=")
    outside = tuple(
        os.path.realpath(folder) + os.sep
        for name, folder in sysconfig.get_paths().items()
        if name in ("stdlib", "platstdlib", "purelib", "platlib")
    )
    here = os.getcwd()

    def site():
        frame = sys._getframe(2)
        file = os.path.realpath(frame.f_code.co_filename)
        if file.startswith(outside) or frame.f_code.co_filename.startswith("<"):
            return None
        return "{}:{}".format(os.path.relpath(file, here), frame.f_lineno)

    def cover(name, low, high):
        original = getattr(random, name)

        def drawn(*arguments, **named):
            place = site()
            if place is None:
                return original(*arguments, **named)
            if place == site_forced:
                try:
                    value = (low if side == "low" else high)(*arguments, **named)
                except Exception:
                    value = original(*arguments, **named)
            else:
                value = original(*arguments, **named)
            with open(path, "a") as file:
                file.write(json.dumps([place, name, repr(value)[:80]]) + "\n")
            return value

        drawn.__name__ = name
        drawn.__doc__ = original.__doc__
        setattr(random, name, drawn)

    almost = 1.0 - 2.0**-53
    cover("random", lambda: 0.0, lambda: almost)
    cover("uniform", lambda a, b: a, lambda a, b: b)
    cover("randint", lambda a, b: a, lambda a, b: b)
    cover("randrange", lambda a, b=None, *s: 0 if b is None else a, lambda a, b=None, *s: (a if b is None else b) - 1)
    cover("choice", lambda items: items[0], lambda items: items[len(items) - 1])
    cover("getrandbits", lambda k: 0, lambda k: (1 << k) - 1)
    cover("sample", lambda items, k: list(items)[:k], lambda items, k: list(items)[::-1][:k])
    cover("shuffle", lambda items: None, lambda items: items.reverse())


def _next():
    here = os.path.dirname(os.path.abspath(__file__))
    for folder in sys.path:
        path = os.path.join(folder or ".", "sitecustomize.py")
        if os.path.abspath(folder or ".") != here and os.path.isfile(path):
            with open(path) as file:
                exec(compile(file.read(), path, "exec"), {"__name__": "sitecustomize", "__file__": path})
            return


if os.environ.get("AMORSIZE_FLAKE_DRAWS"):
    _attach(os.environ["AMORSIZE_FLAKE_DRAWS"])
_next()
