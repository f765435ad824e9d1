"""Ctrl-C, held back where it would leave something behind."""

from __future__ import annotations

import signal
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


class no_interrupt:
    """Holds Ctrl-C back; it comes when the block has ended."""

    def __enter__(self) -> None:
        self._old: set[int | signal.Signals] | None = None
        self._noted: BaseException | None = None
        if not hasattr(signal, "pthread_sigmask"):
            return
        while self._old is None:
            try:
                self._old = signal.pthread_sigmask(signal.SIG_BLOCK, ())
            except BaseException as error:  # noqa: BLE001 - whatever the program's handler raises
                # What Python had noted before is raised by whoever asks next.
                self._noted = error
        try:
            signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
        except BaseException as error:  # noqa: BLE001 - as above; it is blocked all the same
            self._noted = error

    def __exit__(self, *_: object) -> None:
        if self._old is not None:
            signal.pthread_sigmask(signal.SIG_SETMASK, self._old)
        if self._noted is not None:
            raise self._noted


def then(body: Callable[[], T], stop: Callable[[], None]) -> T:
    """What ``body`` returns; ``stop`` has run by then in any case.

    A Ctrl-C may come as ``stop`` begins. It comes once, so it does not keep the second call from its work.
    """
    try:
        try:
            return body()
        finally:
            stop()
    except BaseException:
        stop()
        raise
