"""A cache backend for Django whose answers do not depend on the schedule.

::

    CACHES = {
        "default": {
            "BACKEND": "amorsize.django.TruthfulCache",
            "LOCATION": "/var/tmp/site.sqlite",
        }
    }

``add``, ``touch``, ``incr``, ``delete`` and ``get_or_set`` are each one step for any number of processes: exactly one
of several ``add`` on a missing or expired key wins, no ``incr`` is lost, and one caller computes the default of
``get_or_set`` while the others wait. ``why(key)`` tells the true reason of a miss.
"""

from __future__ import annotations

import pickle
import time
from collections.abc import Iterable
from typing import Any

from asgiref.sync import sync_to_async
from django.core.cache.backends.base import (  # type: ignore[import-untyped, unused-ignore]
    DEFAULT_TIMEOUT,
    BaseCache,
)

from ._spaces import base_dir
from ._store import Key, Reason, calling, open_store, reasons_of
from .errors import CacheError

_NAMESPACE = "django"
_PRUNED_A_WRITE = 4
_HOLD_S = 60.0
_POLL_S = 0.005


class TruthfulCache(BaseCache):  # type: ignore[misc, unused-ignore]
    """Keeps pickled values in a store of Amorsize: a path, or ``memory:NAME`` for one process."""

    def __init__(self, location: str, params: dict[str, Any]) -> None:
        super().__init__(params)
        options = params.get("OPTIONS", {})
        self._protocol = options.get("pickle_protocol", pickle.HIGHEST_PROTOCOL)
        if not location:
            base_dir().mkdir(parents=True, exist_ok=True)
            location = str(base_dir() / "django.sqlite")
        self._location = location
        self._written = 0
        self._count_at: int | None = None

    @property
    def _store(self) -> Any:
        return open_store(self._location, actor="amorsize.django")

    def _key(self, key: Any, version: int | None) -> Key:
        return (_NAMESPACE, self.make_and_validate_key(key, version=version).encode("utf-8", "surrogatepass"), [])

    def _ttl(self, timeout: Any) -> float | None:
        """Seconds to live; `None` for ever; 0 for not at all."""
        if timeout is DEFAULT_TIMEOUT:
            timeout = self.default_timeout
        return None if timeout is None else max(0.0, float(timeout))

    def _look(self, key: Key) -> dict[str, Any]:
        found = dict(calling(lambda: self._store.get(key, nearest=False)))
        if found["word"] == "unavailable":
            # Nobody knows whether it is there: that is an error, and not an answer.
            raise CacheError(found["text"], kind="connection", hint=f"check {self._location}")
        return found

    def get(self, key: Any, default: Any = None, version: int | None = None) -> Any:
        body = self._look(self._key(key, version))["value"]
        return default if body is None else pickle.loads(body)

    def has_key(self, key: Any, version: int | None = None) -> bool:
        return self._look(self._key(key, version))["value"] is not None

    def set(self, key: Any, value: Any, timeout: Any = DEFAULT_TIMEOUT, version: int | None = None) -> None:
        self._write(self._key(key, version), value, self._ttl(timeout), "put")

    def add(self, key: Any, value: Any, timeout: Any = DEFAULT_TIMEOUT, version: int | None = None) -> bool:
        return self._write(self._key(key, version), value, self._ttl(timeout), "add")

    def _write(self, key: Key, value: Any, ttl: float | None, mode: str) -> bool:
        body = pickle.dumps(value, self._protocol)
        self._make_room()
        stored = calling(lambda: self._store.put(key, body, mode=mode, ttl_s=ttl))["stored"]
        if stored and ttl == 0:
            calling(lambda: self._store.remove(key))
        self._written += 1
        if self._written % 8 == 0:
            self._prune()
        return bool(stored)

    def _prune(self, limit: int | None = 8 * _PRUNED_A_WRITE) -> None:
        try:
            calling(lambda: self._store.prune(_NAMESPACE, margin_s=0.0 if limit is None else 5.0, limit=limit))
        except OSError:
            # A busy store or a clock that is not believed: what is expired stays expired, pruned or not.
            pass

    def _make_room(self) -> None:
        """Evicts a share of the entries when there are as many as allowed; counting is done seldom."""
        slack = max(1, self._max_entries // 100)
        if self._count_at is not None and self._written < self._count_at:
            return
        count = self._count()
        if count >= self._max_entries:
            # What is expired goes first: nobody is deprived of anything.
            self._prune(limit=None)
            count = self._count()
        if count >= self._max_entries:
            if self._cull_frequency == 0:
                self.clear()
            else:
                keep = count - max(1, count // self._cull_frequency)
                calling(lambda: self._store.evict(entries_max=keep))
            count = self._count()
        self._count_at = self._written + max(slack, self._max_entries - count)

    def _count(self) -> int:
        import json

        spaces = json.loads(calling(self._store.stats))["namespaces"]
        found = spaces.get(_NAMESPACE, {})
        return int(found.get("live", 0)) + int(found.get("expired", 0))

    def touch(self, key: Any, timeout: Any = DEFAULT_TIMEOUT, version: int | None = None) -> bool:
        full, ttl = self._key(key, version), self._ttl(timeout)
        if ttl == 0:
            return bool(calling(lambda: self._store.remove(full)))
        return bool(calling(lambda: self._store.touch(full, ttl))["stored"])

    def delete(self, key: Any, version: int | None = None) -> bool:
        full = self._key(key, version)
        return bool(calling(lambda: self._store.remove(full)))

    def incr(self, key: Any, delta: int = 1, version: int | None = None) -> Any:
        """Adds to a number and keeps its time to live; no concurrent change is lost."""
        full = self._key(key, version)
        while True:
            found = self._look(full)
            if found["value"] is None:
                raise ValueError(f"Key '{key}' not found")
            value = pickle.loads(found["value"]) + delta
            body = pickle.dumps(value, self._protocol)
            ttl = found["ttl_s"]
            if ttl is not None:
                ttl = max(0.0, ttl - (found["t_ns"] - found["created_ns"]) / 1e9)
            seen = found["gen"]
            if calling(lambda: self._store.cas(full, seen, body, ttl_s=ttl))["stored"]:  # noqa: B023
                return value

    def get_or_set(
        self, key: Any, default: Any, timeout: Any = DEFAULT_TIMEOUT, version: int | None = None
    ) -> Any:
        """The value, or what ``default`` is or gives: one caller computes it, the others wait for it."""
        full, ttl = self._key(key, version), self._ttl(timeout)
        until = time.monotonic() + _HOLD_S
        while True:
            found = calling(lambda: self._store.get_or_lease(full, hold_s=_HOLD_S))
            if found["value"] is not None and not found["won"]:
                return pickle.loads(found["value"])
            if found["won"] or time.monotonic() > until:
                return self._fill(full, default, ttl, found["lease"] if found["won"] else None)
            time.sleep(_POLL_S)

    async def aget_or_set(
        self, key: Any, default: Any, timeout: Any = DEFAULT_TIMEOUT, version: int | None = None
    ) -> Any:
        """As `get_or_set`; what Django does of its own asks first and adds afterwards."""
        return await sync_to_async(self.get_or_set)(key, default, timeout, version)

    async def aincr(self, key: Any, delta: int = 1, version: int | None = None) -> Any:
        """As `incr`; what Django does of its own reads first and writes afterwards."""
        return await sync_to_async(self.incr)(key, delta, version)

    def _fill(self, key: Key, default: Any, ttl: float | None, lease: int | None) -> Any:
        try:
            value = default() if callable(default) else default
            body = pickle.dumps(value, self._protocol)
        except BaseException:
            if lease is not None:
                calling(lambda: self._store.release(key, lease))
            raise
        self._make_room()
        calling(lambda: self._store.put(key, body, ttl_s=ttl, lease=lease))
        if ttl == 0:
            calling(lambda: self._store.remove(key))
        self._written += 1
        return value

    def get_many(self, keys: Iterable[Any], version: int | None = None) -> dict[Any, Any]:
        found = {}
        for key in keys:
            body = self._look(self._key(key, version))["value"]
            if body is not None:
                found[key] = pickle.loads(body)
        return found

    def clear(self) -> None:
        calling(lambda: self._store.clear(_NAMESPACE))
        self._count_at = None

    def why(self, key: Any, version: int | None = None) -> Reason:
        """`hit`, or every true reason why there is nothing to get."""
        full = self._key(key, version)
        found = calling(lambda: self._store.get(full))
        if found["word"] == "hit":
            return Reason("hit", "hit")
        return Reason(found["text"], found["word"], found["text"], reasons_of(found))


