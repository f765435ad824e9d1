"""Functions that workers can import."""

import os
import signal
import time


def double(x):
    return x * 2


def square(x):
    return x * x


def slow(x):
    total = 0
    for number in range(20_000):
        total += number * x
    return total


def waits(x):
    time.sleep(0.005)
    return x


def waits_long(x):
    time.sleep(0.4)
    return x


def raises_at_37(x):
    if x == 37:
        raise ValueError("thirty-seven")
    return x


def killed_at_11(x):
    if x == 11:
        os.kill(os.getpid(), signal.SIGKILL)
    return x


def hangs_at_3(x):
    if x == 3:
        time.sleep(60)
    return x


def unpicklable_result(x):
    return (lambda: x) if x == 5 else x


class Strange(Exception):
    def __init__(self, one, two):
        super().__init__("strange")
        self.code = one
        self.lock = open(os.devnull)


def raises_strange(x):
    raise Strange(1, 2)


def exits(x):
    if x == 2:
        os._exit(7)
    return x


def big(x):
    return bytes(200_000)


def raises_once(path):
    try:
        with open(path, "x"):
            raise OSError("the first time")
    except FileExistsError:
        return "done"


STARTED = []


def start(value):
    STARTED.append(value)


def started(_):
    return list(STARTED)


def bad_start():
    raise RuntimeError("cannot start")


def log_and_double(pair):
    path, x = pair
    with open(path, "a") as file:
        file.write(f"{x}\n")
    return x * 2


def raises_hidden(x):
    class Hidden(Exception):
        pass

    raise Hidden("nobody else knows this class")


def stops_at_3(x):
    if x == 3:
        raise StopIteration
    return x


def stops_at_300(x):
    if x == 300:
        raise StopIteration
    return x
