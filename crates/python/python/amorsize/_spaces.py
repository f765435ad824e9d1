"""Two spaces of one store: `py-plan` (what was recommended) and `py-bench` (what was measured).

Keys keep the text they always had; here they are taken apart into a subject and named parts, so that a miss can say
which part of the nearest entry differs. Version and machine are no part of a key: they are judged at the look-up.
"""

from __future__ import annotations

import functools
import json
import os
import re
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, TypeVar

from . import _native
from ._entries import (
    CACHE_VERSION,
    BenchmarkCacheEntry,
    CacheEntry,
    Entry,
    fingerprint,
    memory_changed,
    system_info,
)
from ._store import Key, Reason, calling, open_store, reasons_of
from .errors import CacheError

E = TypeVar("E", bound=Entry)

STORE_FILE = "cache.sqlite"
# Of their own: the records of `plan` and `bench` belong to the program and have other fields.
PLAN = "py-plan"
BENCH = "py-bench"
# Every write prunes at most this many expired entries: a constant share, no lottery, and never during a look-up.
PRUNED_A_WRITE = 4

_PLAN_KEY = re.compile(r"func:([0-9a-f]{8})([0-9a-f]*)_size:(\w+?)_time:(\w+?)_v:(\d+)(?:_(.*))?", re.DOTALL)
_BENCH_KEY = re.compile(r"benchmark_([0-9a-f]{8})([0-9a-f]*)_(\d+)(?:_([0-9a-f]+))?_v(\d+)")


def base_dir(below: str = "") -> Path:
    """The folder for caches of this user, with `amorsize` below it, or a folder there."""
    environ = os.environ.get
    return _base_dir(environ("XDG_CACHE_HOME", ""), environ("HOME"), environ("LOCALAPPDATA"), below)


@functools.lru_cache(maxsize=32)
def _base_dir(xdg: str, home: str | None, local: str | None, below: str) -> Path:
    # It is asked at every look-up, and follows from these alone.
    del home
    if sys.platform == "win32":
        root = Path(local) if local else Path.home() / "AppData" / "Local"
    elif sys.platform == "darwin":
        root = Path.home() / "Library" / "Caches"
    else:
        # A relative path is to be ignored, says the specification.
        root = Path(xdg) if xdg.startswith("/") else _home() / ".cache"
    return root / "amorsize" / below


def _home() -> Path:
    try:
        return Path.home()
    except RuntimeError as error:
        raise CacheError(
            "there is no place for the cache: neither XDG_CACHE_HOME nor HOME is set",
            kind="place",
            hint="set XDG_CACHE_HOME to a folder of yours",
        ) from error


@functools.lru_cache(maxsize=32)
def store_path(folder: Path, usual: str) -> str:
    """Both caches share one file; a folder of one's own gets a file of its own."""
    text = os.fspath(folder)
    above, name = os.path.split(text)
    return os.path.join(above if name == usual else text, STORE_FILE)


@dataclass
class Look(Generic[E]):
    """The answer to a look-up."""

    entry: E | None
    reason: Reason
    age_s: float = 0.0
    bytes: int = 0
    pruned: bool = False
    raw: dict[str, Any] | None = None


class Space(Generic[E]):
    """One of the two caches."""

    def __init__(
        self, name: str, entry: type[E], tolerance: float, noun: str, folder: Callable[[], Path], usual: str
    ) -> None:
        self.name = name
        self.entry = entry
        self.tolerance = tolerance
        self.noun = noun
        self._folder = folder
        self._usual = usual

    def location(self) -> str:
        return store_path(self._folder(), self._usual)

    def store(self) -> _native.Store:
        return open_store(self.location())

    def key(self, text: str) -> Key:
        """The key of the store for the text of a key."""
        plan = _PLAN_KEY.fullmatch(text) if self.name == PLAN else None
        bench = _BENCH_KEY.fullmatch(text) if self.name == BENCH else None
        parts: list[tuple[str, bytes]] = []
        if plan is not None:
            subject, code, size, time, _, rest = plan.groups()
            parts = [("code", code.encode()), ("items", size.encode()), ("item_time", time.encode())]
            if rest:
                parts.append(("options", rest.encode()))
        elif bench is not None:
            subject, code, size, digest, _ = bench.groups()
            parts = [("code", code.encode()), ("items", size.encode())]
            if digest:
                parts.append(("inputs", digest.encode()))
        else:
            subject = text
        return (self.name, subject.encode("utf-8", "surrogatepass"), parts)

    def look(self, key: Key, ttl_seconds: float, *, nearest: bool = True) -> Look[E]:
        """One atomic look-up: the entry, or the true reason why not."""
        try:
            found = calling(
                lambda: self.store().get(
                    key,
                    fmt=CACHE_VERSION,
                    max_age_s=max(0.0, ttl_seconds),
                    fingerprint=fingerprint(self.tolerance),
                    nearest=nearest,
                )
            )
        except OSError as error:
            # Also a folder that cannot be made: whatever keeps the store from being read is told, never "absent".
            text = f"Failed to load cache: {_name(error)}"
            return Look(None, Reason(text, "unavailable", f"unavailable: {error}"))
        age = ((found["t_ns"] or 0) - (found["created_ns"] or 0)) / 1e9 if found["created_ns"] else 0.0
        if found["word"] != "hit":
            return self._missed(found, age)
        body: bytes = found["value"]
        try:
            data = json.loads(body)
            entry = self.entry.from_dict(data)
        except (ValueError, TypeError, KeyError) as error:
            text = f"Failed to load cache: {type(error).__name__}"
            return Look(None, Reason(text, "corrupt", f"corrupt: not a record of this cache: {error}"), age, len(body))
        entry.timestamp = found["created_ns"] / 1e9
        return Look(entry, Reason(""), age, len(body), raw=data)

    def _missed(self, found: dict[str, Any], age: float) -> Look[E]:
        reasons = reasons_of(found)
        reason = Reason(self.sentence(reasons[0]), found["word"], found["text"], reasons)
        stale: bytes | None = found.get("stale")
        pruned = any(one["reason"] == "expired" and one.get("pruned") for one in reasons)
        look: Look[E] = Look(None, reason, age, len(stale or b""), pruned)
        if stale is not None:
            try:
                look.raw = json.loads(stale)
            except ValueError:
                pass
        return look

    def sentence(self, reason: dict[str, Any]) -> str:
        """The sentence that users of these caches know for a reason."""
        word = reason["reason"]
        absent = f"No cached {self.noun} found for this workload"
        if word == "absent":
            return absent
        if word in ("deleted", "evicted"):
            by = f" by {reason['by']}" if reason.get("by") else ""
            return f"{absent} ({word}{by}: {str(reason.get('cause', '')).replace('_', ' ')})"
        if word == "version":
            return f"Cache format version mismatch (cached: v{reason['stored']}, current: v{reason['wanted']})"
        if word == "expired":
            day = 86_400e9
            return f"Cache entry expired (age: {reason['age_ns'] / day:.1f} days, TTL: {reason['ttl_ns'] / day:.1f} days)"
        if word == "incompatible":
            return "; ".join(_changed(change) for change in reason["changes"])
        what = reason.get("what")
        return f"Failed to load cache: {what if isinstance(what, str) else word}"

    def save(self, text: str, values: dict[str, Any], ttl_seconds: float) -> None:
        """Stores a record, then prunes a constant few expired ones."""
        data = {**values, "system_info": system_info(), "cache_version": CACHE_VERSION, "timestamp": _native.Store.now_ns() / 1e9}
        issues = self.entry.issues_of(data)
        if issues:
            raise ValueError("; ".join(issues))
        body = json.dumps({**data, "cache_key": text}).encode()
        store = self.store()
        calling(
            lambda: store.put(
                self.key(text), body, ttl_s=ttl_seconds, fmt=CACHE_VERSION, fingerprint=fingerprint(self.tolerance)
            )
        )
        try:
            calling(lambda: store.prune(self.name, margin_s=5.0, limit=PRUNED_A_WRITE))
        except CacheError:
            # A clock that is not believed or a busy store: what is expired stays expired, pruned or not.
            pass

    def clear(self) -> int:
        return int(calling(lambda: self.store().clear(self.name)))

    def looks(self, ttl_seconds: float) -> Iterator[tuple[str, str, Look[E]]]:
        """Every entry that is there, by the name and id of its key."""
        store = self.store()
        for name, id in calling(lambda: store.keys(self.name)):
            look = self.look(name, ttl_seconds, nearest=False)
            if look.reason.word not in ("absent", "deleted", "evicted") and not look.pruned:
                yield name, id, look


def _name(error: OSError) -> str:
    if not isinstance(error, CacheError):
        return type(error).__name__
    return {"permission": "PermissionError", "full": "OSError"}.get(error.kind, f"{type(error).__name__} ({error.kind})")


def _changed(change: dict[str, Any]) -> str:
    field, was, now = change["field"], change.get("was"), change.get("now")
    if field == "physical_cores":
        return f"Physical core count changed (cached: {_whole(was)}, current: {_whole(now)})"
    if field == "start_method":
        return f"Multiprocessing start method changed (cached: {was}, current: {now})"
    if field == "memory" and isinstance(was, (int, float)) and isinstance(now, (int, float)):
        return memory_changed(was, now)
    return f"{field} changed (cached: {was}, current: {now})"


def _whole(value: Any) -> Any:
    return int(value) if isinstance(value, float) and value.is_integer() else value


def plan_space(folder: Callable[[], Path]) -> Space[CacheEntry]:
    return Space(PLAN, CacheEntry, 0.25, "entry", folder, "optimization_cache")


def bench_space(folder: Callable[[], Path]) -> Space[BenchmarkCacheEntry]:
    return Space(BENCH, BenchmarkCacheEntry, 0.12, "benchmark result", folder, "benchmark_cache")
