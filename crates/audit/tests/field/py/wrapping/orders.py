"""Decorators that make an order of a function, which one thread takes from a queue and runs."""

import queue
import threading
from functools import wraps

_orders = queue.Queue()
_pool = None


class style:
    desk = None

    @classmethod
    def queued(cls, fn):
        @wraps(fn)
        def ordered(*args, **kwargs):
            return cls.desk.enqueue(fn, *args, **kwargs)

        return ordered

    @classmethod
    def checked(cls, fn):
        @wraps(fn)
        def run(*args, **kwargs):
            cls.desk.enqueue(args)
            return fn(*args, **kwargs)

        return run

    @classmethod
    def spread(cls, fn):
        @wraps(fn)
        def run(*args, **kwargs):
            return _pool.submit(fn, *args, **kwargs)

        return run


def one_by_one():
    while True:
        fn, args = _orders.get()
        fn(*args)


threading.Thread(target=one_by_one).start()
