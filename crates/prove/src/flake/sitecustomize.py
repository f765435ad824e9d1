"""Records what a Python program draws from `random`, and forces one call site low or high.

Covered are the functions of the module and generators of its class. Sites in the standard library and in installed
packages are left alone. What comes from a generator that the program itself seeded is recorded and never forced: it cannot
come out otherwise.
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

    def ours(frame):
        """Whether the first frame outside of the module itself is the program's own."""
        while frame is not None and os.path.realpath(frame.f_code.co_filename) == module:
            frame = frame.f_back
        file = "" if frame is None else os.path.realpath(frame.f_code.co_filename)
        return bool(file) and not file.startswith(outside) and not file.startswith("<")

    module = os.path.realpath(random.__file__)
    seeded = set()

    def note_seed(generator, original):
        def seed(*arguments, **named):
            given = arguments[0] if generator is None else generator
            value = (arguments[1:] if generator is None else arguments) or tuple(named.values())
            if value and value[0] is not None and ours(sys._getframe(1)):
                seeded.add(id(given))
            else:
                seeded.discard(id(given))
            return original(*arguments, **named)

        return seed

    random.seed = note_seed(random._inst, random.seed)
    random.Random.seed = note_seed(None, random.Random.seed)

    def cover(name, low, high):
        cover_in(random, name, low, high, lambda arguments: random._inst, 0)
        cover_in(random.Random, name, low, high, lambda arguments: arguments[0], 1)

    def cover_in(holder, name, low, high, generator, skip):
        original = getattr(holder, name)

        def drawn(*arguments, **named):
            place = site()
            if place is None:
                return original(*arguments, **named)
            fixed = id(generator(arguments)) in seeded
            if place == site_forced and not fixed:
                try:
                    value = (low if side == "low" else high)(*arguments[skip:], **named)
                except Exception:
                    value = original(*arguments, **named)
            else:
                value = original(*arguments, **named)
            with open(path, "a") as file:
                word = "seeded:" + name if fixed else name
                file.write(json.dumps([place, word, repr(value)[:80]]) + "\n")
            return value

        drawn.__name__ = name
        drawn.__doc__ = original.__doc__
        setattr(holder, name, drawn)

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
