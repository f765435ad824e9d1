"""`cached`: remembers what a function returned, on disk, and tells truthfully why it did not.

>>> @cached(ttl=60, store="memory:doc")
... def double(x):
...     return 2 * x
>>> str(double.why(21)), double(21), str(double.why(21)), double.why(21).word
('absent: never stored', 42, 'hit', 'hit')

The key is the function (code, constants, names, defaults, closure, the functions of its module that it calls) and the
arguments. One caller computes, in however many processes; the others wait for its result.
"""

from __future__ import annotations

import functools
import inspect
import pickle
import time
from collections.abc import Callable
from typing import Any, Generic, ParamSpec, TypeVar, overload

from ._code import digest, digest_of_values, name_of
from ._spaces import STORE_FILE, base_dir
from ._store import Key, Reason, calling, open_store, reasons_of
from .errors import CacheError, InvalidParameter

P = ParamSpec("P")
R = TypeVar("R")

_FORMAT = 1
_HOLD_S = 600.0
_POLL_S = 0.005
_POLL_MOST_S = 0.1


class CachedFunction(Generic[P, R]):
    """A function whose results are remembered."""

    def __init__(
        self,
        function: Callable[P, R],
        ttl: float | None,
        store: str | None,
        namespace: str,
        ignore: tuple[str, ...],
    ) -> None:
        functools.update_wrapper(self, function)
        self._function = function
        self._ttl = ttl
        self._location = store
        self._namespace = namespace
        self._ignore = ignore
        self._signature = inspect.signature(function)
        unknown = [name for name in ignore if name not in self._signature.parameters]
        if unknown:
            raise InvalidParameter(f"ignore names {unknown[0]!r}, which is no parameter of {name_of(function)}")

    def __get__(self, instance: Any, owner: Any = None) -> Any:
        return self if instance is None else functools.partial(self, instance)

    def _store(self) -> Any:
        if self._location is None:
            folder = base_dir()
            folder.mkdir(parents=True, exist_ok=True)
            return open_store(str(folder / STORE_FILE))
        return open_store(self._location)

    def key(self, *args: P.args, **kwargs: P.kwargs) -> Key:
        """The key of a call: how the arguments are passed makes no difference."""
        bound = self._signature.bind(*args, **kwargs)
        bound.apply_defaults()
        given = {name: value for name, value in bound.arguments.items() if name not in self._ignore}
        # The function is looked at again at every call: what its closure holds may have changed.
        parts = [("code", digest(self._function).encode()), ("inputs", digest_of_values(given).encode())]
        return (self._namespace, name_of(self._function).encode(), parts)

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> R:
        key = self.key(*args, **kwargs)
        try:
            store = self._store()
        except CacheError:
            # A store that cannot be opened must not keep the program from its work.
            return self._function(*args, **kwargs)
        pause = _POLL_S
        while True:
            try:
                found = calling(lambda: store.get_or_lease(key, fmt=_FORMAT, hold_s=_HOLD_S))
            except CacheError:
                return self._function(*args, **kwargs)
            if found["value"] is not None and not found["won"]:
                known, value = _load(found["value"])
                if known:
                    return value  # type: ignore[no-any-return]
                return self._compute(store, key, None, args, kwargs)
            if found["won"]:
                return self._compute(store, key, found["lease"], args, kwargs)
            # Somebody else computes it; a lease ends at once when its owner is dead.
            time.sleep(pause)
            pause = min(_POLL_MOST_S, pause * 1.5)

    def _compute(self, store: Any, key: Key, lease: int | None, args: Any, kwargs: Any) -> R:
        start = time.perf_counter()
        try:
            value = self._function(*args, **kwargs)
        except BaseException:
            if lease is not None:
                _quietly(lambda: store.release(key, lease))
            raise
        cost = time.perf_counter() - start
        try:
            body = pickle.dumps(value, protocol=5)
        except Exception:  # noqa: BLE001 - a result that cannot be kept is still a result
            if lease is not None:
                _quietly(lambda: store.release(key, lease))
            return value
        _quietly(lambda: store.put(key, body, ttl_s=self._ttl, fmt=_FORMAT, cost_s=cost, lease=lease))
        _quietly(lambda: store.prune(self._namespace, margin_s=5.0, limit=4))
        return value

    def why(self, *args: P.args, **kwargs: P.kwargs) -> Reason:
        """`hit`, or every true reason why the result of this call is not remembered; computes nothing."""
        try:
            found = calling(lambda: self._store().get(self.key(*args, **kwargs), fmt=_FORMAT))
        except CacheError as error:
            return Reason(f"unavailable: {error}", "unavailable")
        if found["word"] == "hit":
            return Reason("hit", "hit")
        return Reason(found["text"], found["word"], found["text"], reasons_of(found))

    def forget(self, *args: P.args, **kwargs: P.kwargs) -> bool:
        """Removes the remembered result of a call; whether there was one."""
        return bool(calling(lambda: self._store().remove(self.key(*args, **kwargs))))

    @property
    def uncached(self) -> Callable[P, R]:
        """The function itself."""
        return self._function


def _quietly(step: Callable[[], Any]) -> None:
    try:
        calling(step)
    except CacheError:
        pass


def _load(body: bytes) -> tuple[bool, Any]:
    try:
        return True, pickle.loads(body)
    except Exception:  # noqa: BLE001 - a class that has moved since: then it is computed again
        return False, None


@overload
def cached(function: Callable[P, R], /) -> CachedFunction[P, R]: ...


@overload
def cached(
    *,
    ttl: float | None = ...,
    store: str | None = ...,
    namespace: str = ...,
    ignore: tuple[str, ...] = ...,
) -> Callable[[Callable[P, R]], CachedFunction[P, R]]: ...


def cached(
    function: Callable[P, R] | None = None,
    /,
    *,
    ttl: float | None = None,
    store: str | None = None,
    namespace: str = "memo",
    ignore: tuple[str, ...] = (),
) -> Any:
    """Remembers the results of a function for ``ttl`` seconds (for ever without one).

    ``store`` is a path, ``memory:NAME``, or the address of a server; without one the user's own cache is used.
    ``ignore`` names parameters that do not change the result.
    """
    if ttl is not None and (isinstance(ttl, bool) or not isinstance(ttl, (int, float)) or not ttl > 0):
        raise InvalidParameter(f"ttl must be a positive number of seconds or None, not {ttl!r}")

    def wrap(inner: Callable[P, R]) -> CachedFunction[P, R]:
        if not callable(inner):
            raise InvalidParameter("cached is for functions")
        return CachedFunction(inner, ttl, store, namespace, tuple(ignore))

    return wrap if function is None else wrap(function)
