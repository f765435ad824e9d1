"""Functions that do what functions of users do."""

import functools
import os
import signal
import sys
import threading


def plus(x, y):
    return x + y


add_two = functools.partial(plus, 2)


class Adder:
    def __init__(self, by):
        self.by = by

    def add(self, x):
        return x + self.by

    @staticmethod
    def twice(x):
        return 2 * x

    @classmethod
    def thrice(cls, x):
        return 3 * x

    def __call__(self, x):
        return x - self.by


COUNT = 0


def counts(x):
    global COUNT
    COUNT += 1
    return x


def prints(x):
    print(f"item {x}")
    return x


def leaves(x):
    if x == 30:
        sys.exit("enough")
    return x


def interrupts(x):
    if x == 30:
        raise KeyboardInterrupt
    return x


def interrupts_itself(x):
    if x == 30:
        os.kill(os.getpid(), signal.SIGINT)
    return x


def takes_memory(x):
    return len(bytearray(x))


def bound_memory(size):
    import resource

    resource.setrlimit(resource.RLIMIT_AS, (size, size))


def busy_ms(x):
    import time

    end = time.thread_time_ns() + 1_000_000
    while time.thread_time_ns() < end:
        pass
    return x


def busy_text(x):
    busy_ms(x)
    return str(x)


def lock_or_number(x):
    busy_ms(x)
    return x if isinstance(x, int) else "lock"


def numbers_and_a_lock():
    for x in range(400):
        yield threading.Lock() if x == 200 else x


def array_sum(array):
    return float(array.sum())


def multiply(size):
    import numpy

    a = numpy.ones((size, size))
    return float((a @ a)[0, 0])
