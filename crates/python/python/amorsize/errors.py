"""What can go wrong, as exceptions with a hint and an exit code.

Every exception here says what happened in its message, what to do in ``hint``, and which exit code a program that
ends by it should use in ``exit_code``.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from pickle import PicklingError
from typing import TypeVar

T = TypeVar("T")


class AmorsizeError(Exception):
    """Anything that Amorsize itself reports.

    >>> error = AmorsizeError("it broke", hint="mend it")
    >>> str(error), error.hint, error.exit_code
    ('it broke', 'mend it', 2)
    """

    exit_code: int = 2

    def __init__(self, message: str, *, hint: str | None = None) -> None:
        super().__init__(message)
        self.hint = hint
        if hint is not None and hasattr(self, "add_note"):
            # A traceback shows it too.
            self.add_note(f"hint: {hint}")

    def __reduce__(self) -> tuple[object, ...]:
        return _again, (type(self), self.args, dict(self.__dict__))


def _again(kind: type[AmorsizeError], args: tuple[object, ...], state: dict[str, object]) -> AmorsizeError:
    error = kind.__new__(kind, *args)
    error.args = args
    error.__dict__.update(state)
    return error


class InvalidParameter(AmorsizeError, ValueError):
    """A parameter that cannot be; its message begins with ``Invalid parameter: ``."""

    def __init__(self, message: str, *, hint: str | None = None) -> None:
        super().__init__(f"Invalid parameter: {message}", hint=hint)


def check_workload(func: object, data: object, max_items: object, timeout: object) -> None:
    """Raises `InvalidParameter` for what cannot be measured: the parameters that all measuring functions share."""
    if not callable(func):
        raise InvalidParameter(f"func must be callable, not {type(func).__name__}")
    if data is None:
        raise InvalidParameter("data cannot be None")
    if not hasattr(data, "__iter__"):
        raise InvalidParameter(f"data must be iterable, and {type(data).__name__} is not")
    if max_items is not None and (isinstance(max_items, bool) or not isinstance(max_items, int) or max_items < 1):
        raise InvalidParameter(f"max_items must be a positive integer or None, not {max_items!r}")
    if isinstance(timeout, bool) or not isinstance(timeout, (int, float)) or not timeout > 0:
        raise InvalidParameter(f"timeout must be positive, a number of seconds, not {timeout!r}")


def items_of(data: Iterable[T], max_items: int | None = None) -> list[T]:
    """The items to be measured, at least one."""
    items = list(data if max_items is None else itertools.islice(data, max_items))
    if not items:
        raise InvalidParameter("data cannot be empty: nothing could be measured")
    return items


class InvalidInput(AmorsizeError, ValueError):
    """What a command was given and cannot use: a function that is not there, a file that cannot be read."""

    exit_code = 1


class WorkerLost(AmorsizeError, RuntimeError):
    """A worker process ended while it had items: killed by a signal, or it called ``os._exit``."""

    exit_code = 1

    def __init__(self, message: str, *, first: int = -1, last: int = -1, hint: str | None = None) -> None:
        super().__init__(message, hint=hint)
        self.first = first
        self.last = last


class ItemTimeout(AmorsizeError, TimeoutError):
    """An item ran longer than its limit and its worker was ended."""

    exit_code = 1

    def __init__(self, message: str, *, index: int = -1, hint: str | None = None) -> None:
        super().__init__(message, hint=hint)
        self.index = index


class CannotTravel(AmorsizeError, PicklingError, TypeError):
    """A function or an item that cannot be pickled, so that no worker process can be given it."""

    def __init__(self, message: str, *, index: int = -1, hint: str | None = None) -> None:
        super().__init__(message, hint=hint)
        self.index = index


class CacheError(AmorsizeError, OSError):
    """The store of a cache could not be asked or changed; never raised for a miss."""

    def __init__(self, message: str, *, kind: str = "system", hint: str | None = None) -> None:
        super().__init__(message, hint=hint)
        self.kind = kind


class WorkerTraceback(Exception):
    """The traceback of an exception as it looked in the worker; the cause of the exception raised here."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.text = text

    def __str__(self) -> str:
        return f'\n"""\n{self.text}"""'
