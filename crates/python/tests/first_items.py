"""A program with a few items whose first one takes long, for `test_ahead.py`: `python first_items.py CASE FOLDER`.

The first item ends when somebody else has begun the second, so the program can only end if that is so.
"""

import os
import signal
import sys
import time
from pathlib import Path

from amorsize import _ahead, execute

FOLDER = Path(sys.argv[2])


def note(index):
    with open(FOLDER / "ran", "a") as log:
        log.write(f"{index} {os.getpid()}\n")


def until_the_second_has_begun():
    until = time.monotonic() + 60
    while not (FOLDER / "second").exists():
        assert time.monotonic() < until, "nobody has begun the second item"


def work(index):
    note(index)
    if index == 1:
        (FOLDER / "second").touch()
    if index == 0:
        until_the_second_has_begun()
    return index * index


def made_here(index):
    value = work(index)
    return lambda: value


def first_fails(index):
    work(index)
    if index == 0:
        raise KeyError("the first")
    time.sleep(60)


def second_fails(index):
    work(index)
    if index == 1:
        raise KeyError("the second")
    return index


def second_dies(index):
    work(index)
    if index == 1:
        os.kill(os.getpid(), signal.SIGKILL)
    return index


def told(function, data):
    try:
        return execute(function, data)
    except Exception as error:
        return type(error).__name__, str(error), getattr(error, "amorsize_index", getattr(error, "first", None))


def main():
    case = sys.argv[1]
    # Two are wanted, however many there are.
    _ahead.read_machine = lambda: {"cpus_usable": 2.0}
    print("begin", end=" ")
    if case == "lambda":
        print(told(lambda index: work(index), range(6)))
    elif case == "quick":
        _ahead.note_first(abs, seconds=0.0)
        nobody = _ahead.stand_by(abs, [-1, 2])
        _ahead.note_first(abs, seconds=1.0)
        somebody = _ahead.stand_by(abs, [-1, 2])
        somebody.stop()
        print(execute(abs, [-1, 2]), nobody, somebody.next)
    elif case == "made here":
        print([value() for value in told(made_here, [0, 1, 2])])
    elif case == "two":
        print(told(work, (0, 1)))
    else:
        print(told(globals()[case], [0, 1, 2, 3]))
    try:
        os.waitpid(-1, os.WNOHANG)
    except ChildProcessError:
        print("nobody is left")


if __name__ == "__main__":
    main()
