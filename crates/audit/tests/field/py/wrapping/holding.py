"""Decorators: some run what they decorate under a lock of the object, some do not."""

import threading
from functools import partial, wraps

_one = threading.Lock()


def holding(func=None, **how):
    if func is None:
        return partial(holding, **how)

    @wraps(func)
    def wrapped(self, *args, **kwargs):
        self.guard.acquire(**how)
        try:
            return func(self, *args, **kwargs)
        finally:
            self.guard.release()

    return wrapped


def inside(func):
    def wrapped(*args, **kwargs):
        with args[0].guard:
            return func(*args, **kwargs)

    return wrapped


def alone(func):
    @wraps(func)
    def wrapped(*args, **kwargs):
        with _one:
            return func(*args, **kwargs)

    return wrapped


def counting(func):
    @wraps(func)
    def wrapped(self, *args, **kwargs):
        with self.guard:
            self.calls = self.calls + 1
        return func(self, *args, **kwargs)

    return wrapped


def sometimes(func):
    @wraps(func)
    def wrapped(self, *args, **kwargs):
        if self.busy:
            with self.guard:
                return func(self, *args, **kwargs)
        return func(self, *args, **kwargs)

    return wrapped


def telling(func):
    @wraps(func)
    def wrapped(self, *args, **kwargs):
        answer = func(self, *args, **kwargs)
        self.listener.changed()
        return answer

    return wrapped


def later(func):
    @wraps(func)
    def wrapped(self, *args, **kwargs):
        threading.Thread(target=func, args=(self, *args)).start()

    return wrapped
