"""`cached`: remembers what a function returned, on disk, and tells truthfully why it did not.

>>> @cached(ttl=60, store="memory:doc")
... def double(x):
...     return 2 * x
>>> str(double.why(21)), double(21), str(double.why(21)), double.why(21).word
('absent: never stored', 42, 'hit', 'hit')

The key is the function (code, constants, names, defaults, closure, the functions of its module that it calls) and the
arguments. One caller computes, in however many processes; the others wait for its result. Functions may be `async`.
"""

from __future__ import annotations

import functools
import inspect
import pickle
import time
from collections.abc import Callable, Iterator
from contextvars import ContextVar
from dataclasses import dataclass
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
# The calls that this thread or task is computing at the moment.
_computing: ContextVar[frozenset[str]] = ContextVar("amorsize_computing", default=frozenset())


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
        self._static = isinstance(function, staticmethod)
        if isinstance(function, staticmethod):
            function = function.__func__
        self._function = function
        self._asynchronous = inspect.iscoroutinefunction(function)
        if self._asynchronous and hasattr(inspect, "markcoroutinefunction"):
            inspect.markcoroutinefunction(self)
        self.ttl = ttl
        self._location = store
        self.namespace = namespace
        self._ignore = ignore
        self._signature = inspect.signature(function)
        kinds = {parameter.kind: name for name, parameter in self._signature.parameters.items()}
        self._rest = kinds.get(inspect.Parameter.VAR_KEYWORD, "")
        unknown = [name for name in ignore if name not in self._signature.parameters]
        if unknown:
            raise InvalidParameter(f"ignore names {unknown[0]!r}, which is no parameter of {name_of(function)}")

    def __get__(self, instance: Any, owner: Any = None) -> Any:
        return self if instance is None or self._static else Bound(self, instance)

    def __reduce__(self) -> str:
        # As a function is: by its name, which workers import.
        return str(getattr(self, "__qualname__", type(self).__qualname__))

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
        if self._rest in given:
            # Extra keywords are the same call in whatever order they are written.
            given[self._rest] = dict(sorted(given[self._rest].items()))
        # The function is looked at again at every call: what its closure holds may have changed.
        parts = [("code", digest(self._function).encode()), ("inputs", digest_of_values(given).encode())]
        return (self.namespace, name_of(self._function).encode(), parts)

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> R:
        if self._asynchronous:
            return self._later(args, kwargs)  # type: ignore[return-value]
        key = self.key(*args, **kwargs)
        for step in self._steps(key):
            if isinstance(step, Wait):
                time.sleep(step.seconds)
            elif isinstance(step, Found):
                return step.value  # type: ignore[no-any-return]
            else:
                with step:
                    step.value = self._function(*args, **kwargs)
                return step.value  # type: ignore[no-any-return]
        raise AssertionError("the steps end with a value")

    async def _later(self, args: Any, kwargs: Any) -> Any:
        import asyncio

        key = self.key(*args, **kwargs)
        for step in self._steps(key):
            if isinstance(step, Wait):
                await asyncio.sleep(step.seconds)
            elif isinstance(step, Found):
                return step.value
            else:
                with step:
                    step.value = await self._function(*args, **kwargs)  # type: ignore[misc]
                return step.value
        raise AssertionError("the steps end with a value")

    def _steps(self, key: Key) -> Iterator[Wait | Found | Compute]:
        """What has to be done for a call: wait (any number of times), then take what is there, or compute it."""
        name = repr(key)
        alone = Compute(self, None, key, name, None)
        if name in _computing.get():
            # It asks for itself while it is being computed: waiting would be for ever.
            yield alone
        try:
            store = self._store()
        except CacheError:
            # A store that cannot be opened must not keep the program from its work.
            yield alone
            return
        pause = _POLL_S
        while True:
            try:
                found = calling(lambda: store.get_or_lease(key, fmt=_FORMAT, hold_s=_HOLD_S))
            except CacheError:
                yield alone
                return
            if found["won"]:
                yield Compute(self, store, key, name, found["lease"])
                return
            if found["value"] is not None:
                known, value = _load(found["value"])
                yield Found(value) if known else Compute(self, store, key, name, None)
                return
            # Somebody else computes it; a lease ends at once when its owner is dead.
            yield Wait(pause)
            pause = min(_POLL_MOST_S, pause * 1.5)

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


class Bound:
    """A remembered method of one object."""

    def __init__(self, function: CachedFunction[Any, Any], instance: Any) -> None:
        self.__func__ = function
        self.__self__ = instance
        functools.update_wrapper(self, function, updated=())

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self.__func__(self.__self__, *args, **kwargs)

    def key(self, *args: Any, **kwargs: Any) -> Key:
        """As `CachedFunction.key`."""
        return self.__func__.key(self.__self__, *args, **kwargs)

    def why(self, *args: Any, **kwargs: Any) -> Reason:
        """As `CachedFunction.why`."""
        return self.__func__.why(self.__self__, *args, **kwargs)

    def forget(self, *args: Any, **kwargs: Any) -> bool:
        """As `CachedFunction.forget`."""
        return self.__func__.forget(self.__self__, *args, **kwargs)

    def __reduce__(self) -> tuple[Any, ...]:
        return getattr, (self.__self__, self.__func__.__name__)  # type: ignore[attr-defined]


@dataclass
class Wait:
    """Somebody else is computing: look again after a pause."""

    seconds: float


@dataclass
class Found:
    """A remembered result."""

    value: Any


class Compute:
    """Around the computing of a result: keeps what comes out, or gives the lease back."""

    def __init__(
        self, function: CachedFunction[Any, Any], store: Any, key: Key, name: str, lease: int | None
    ) -> None:
        self._of = function
        self._store = store
        self._key = key
        self._name = name
        self._lease = lease
        self.value: Any = None

    def __enter__(self) -> Compute:
        self._token = _computing.set(_computing.get() | {self._name})
        self._start = time.perf_counter()
        return self

    def __exit__(self, kind: Any, error: Any, trace: Any) -> None:
        _computing.reset(self._token)
        if self._store is None:
            return
        body = None
        if kind is None:
            try:
                body = pickle.dumps(self.value, protocol=5)
            except Exception:  # noqa: BLE001 - a result that cannot be kept is still a result
                pass
        if body is None:
            if self._lease is not None:
                _quietly(lambda: self._store.release(self._key, self._lease))
            return
        cost = time.perf_counter() - self._start
        ttl, of = self._of.ttl, self._of
        _quietly(lambda: self._store.put(self._key, body, ttl_s=ttl, fmt=_FORMAT, cost_s=cost, lease=self._lease))
        _quietly(lambda: self._store.prune(of.namespace, margin_s=5.0, limit=4))


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
            hint = "put @classmethod above @cached" if isinstance(inner, classmethod) else None
            raise InvalidParameter("cached is for functions", hint=hint)
        if inspect.isgeneratorfunction(inner) or inspect.isasyncgenfunction(inner):
            raise InvalidParameter(
                f"cached cannot remember what {name_of(inner)} yields", hint="return a list instead of yielding"
            )
        return CachedFunction(inner, ttl, store, namespace, tuple(ignore))

    return wrap if function is None else wrap(function)
