"""Records what a Python program draws from `random` and `numpy.random`, and forces one call site low or high.

Covered are the functions of the modules and generators of their classes, of NumPy the uniform ones: a normal has no
lowest value. Sites in the standard library and in installed
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

    def system(name, low, high):
        """What the system's generator overrides: nobody can seed it."""
        cover_in(random.SystemRandom, name, low, high, lambda arguments: None, 1)

    system("random", lambda: 0.0, lambda: almost)
    system("getrandbits", lambda k: 0, lambda k: (1 << k) - 1)

    numpy_when_it_comes(site, ours, site_forced, side, path)


def numpy_when_it_comes(site, ours, site_forced, side, path):
    """NumPy is covered when the program imports it, and never imported for our sake."""
    import importlib.util

    class Finder:
        def find_spec(self, name, folders=None, target=None):
            if name != "numpy.random" or self not in sys.meta_path:
                return None
            sys.meta_path.remove(self)
            spec = importlib.util.find_spec(name)
            if spec is not None and spec.loader is not None:
                execute = spec.loader.exec_module

                def exec_module(module):
                    execute(module)
                    try:
                        cover_numpy(module, site, ours, site_forced, side, path)
                    except Exception as error:
                        sys.stderr.write("amorsize: draws from numpy.random are not seen: %r\n" % (error,))

                spec.loader.exec_module = exec_module
            return spec

    sys.meta_path.insert(0, Finder())


def cover_numpy(module, site, ours, site_forced, side, path):
    almost = 1.0 - 2.0**-53
    seeded = []

    def end(name, low, high=None, *more):
        """The lowest or highest value that a call with these arguments gives."""
        is_low = side == "low"
        if name in ("random", "rand", "random_sample", "ranf", "sample"):
            return 0.0 if is_low else almost
        if name == "uniform":
            return low if is_low else (1.0 if high is None else high)
        if name in ("randint", "integers"):
            low, high = (0, low) if high is None else (low, high)
            return low if is_low else high - 1
        items = range(low) if isinstance(low, int) else low
        return items[0] if is_low else items[len(items) - 1]

    def cover(name, original, is_seeded):
        def drawn(*arguments, **named):
            place = site()
            value = original(*arguments, **named)
            if place is None:
                return value
            if place == site_forced and not is_seeded():
                given = arguments[1:] if isinstance(arguments[:1] and arguments[0], module.Generator) else arguments
                first = given[0] if given else named.get("low", named.get("a", 0.0))
                second = given[1] if len(given) > 1 and name != "choice" else named.get("high")
                try:
                    chosen = end(name, first, second)
                    if hasattr(value, "shape") and value.shape:
                        value[...] = chosen
                    else:
                        value = type(value)(chosen)
                except Exception:
                    pass
            with open(path, "a") as file:
                word = "seeded:" + name if is_seeded() else name
                file.write(json.dumps([place, "numpy." + word if word == name else word, repr(value)[:80]]) + "\n")
            return value

        drawn.__name__, drawn.__doc__ = name, original.__doc__
        return drawn

    for name in ("random", "rand", "random_sample", "ranf", "sample", "uniform", "randint", "choice"):
        if hasattr(module, name):
            setattr(module, name, cover(name, getattr(module, name), lambda: bool(seeded)))
    seed, make = module.seed, module.default_rng

    def noted(*arguments, **named):
        if ours(sys._getframe(1)):
            seeded[:] = [value for value in arguments + tuple(named.values()) if value is not None]
        return seed(*arguments, **named)

    class Watched(module.Generator):
        pass

    Watched.__name__ = Watched.__qualname__ = "Generator"
    for name in ("random", "uniform", "integers", "choice"):
        setattr(Watched, name, cover(name, getattr(module.Generator, name), lambda: False))

    def default_rng(*arguments, **named):
        """Makes a generator; one with a seed of its own cannot come out otherwise, and is left alone."""
        made = make(*arguments, **named)
        given = arguments + tuple(named.values())
        if any(value is not None for value in given) or not ours(sys._getframe(1)):
            return made
        return Watched(made.bit_generator)

    module.seed, module.default_rng = noted, default_rng


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
