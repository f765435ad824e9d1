"""Progress, however the caller wants to see it: a function, a bar with ``update``, or the class of such a bar.

Only how far the work is goes out; what a bar raises ends the run, because it is the caller's own code.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .errors import InvalidParameter


class Progress:
    """Tells somebody how many items are done; entering gives the function to tell it, or ``None``.

    >>> with Progress(print, 2) as tell:
    ...     tell(1)
    1
    """

    def __init__(self, target: Any, total: int) -> None:
        self._bar: Any = None
        self._own = False
        self._told = 0
        self._tell: Callable[[int], None] | None = None
        if target is None:
            return
        if isinstance(target, type) and hasattr(target, "update"):
            self._bar, self._own = target(total=total if total >= 0 else None), True
        elif hasattr(target, "update"):
            self._bar = target
        elif not callable(target):
            raise InvalidParameter(
                f"progress must be a function, a bar with update(), or None, not {type(target).__name__}"
            )
        self._tell = target if self._bar is None else self._update

    def _update(self, done: int) -> None:
        step, self._told = done - self._told, done
        if step:
            self._bar.update(step)

    def __enter__(self) -> Callable[[int], None] | None:
        return self._tell

    def __exit__(self, *_: object) -> None:
        if self._own:
            self._bar.close()
