"""The records of the two caches, and what makes one fit for this machine."""

from __future__ import annotations

import math
import sys
import time
from dataclasses import asdict, dataclass, field
from typing import Any, ClassVar, TypeVar

from . import system_info as machine

CACHE_VERSION = 1
DEFAULT_TTL_SECONDS = 7 * 24 * 60 * 60

E = TypeVar("E", bound="Entry")

# What an entry says about the machine it was made on.
system_info = machine.describe


def fingerprint(tolerance: float) -> list[tuple[str, float | str, float]]:
    """What the store compares: cores and start method exactly, memory within a ratio.

    The memory that this process may use in all is compared, not what is free at the moment: an answer must not depend
    on who else is running.
    """
    return [
        ("physical_cores", float(machine.get_physical_cores()), 0.0),
        ("start_method", machine.get_multiprocessing_start_method(), 0.0),
        ("memory", float(machine.get_memory_limit()), tolerance),
        ("platform", sys.platform, -1.0),
        ("python", f"{sys.version_info.major}.{sys.version_info.minor}", -1.0),
    ]


@dataclass
class Entry:
    """What both kinds of records have in common."""

    memory_band: ClassVar[tuple[float, float]] = (0.8, 1.2)

    timestamp: float = 0.0
    system_info: dict[str, Any] = field(default_factory=dict)
    cache_version: int = CACHE_VERSION

    def to_dict(self) -> dict[str, Any]:
        """The record as plain values."""
        return asdict(self)

    @classmethod
    def from_dict(cls: type[E], data: dict[str, Any]) -> E:
        """The record from plain values; `KeyError`, `TypeError` or `ValueError` when it cannot be one."""
        if not isinstance(data, dict):
            raise TypeError(f"a record must be an object, not {type(data).__name__}")
        issues = cls.issues_of(data)
        if issues:
            missing = [issue for issue in issues if issue.startswith("Missing")]
            raise (KeyError if missing else ValueError)("; ".join(issues))
        known = cls.__dataclass_fields__
        return cls(**{name: value for name, value in data.items() if name in known})

    @classmethod
    def issues_of(cls, data: dict[str, Any]) -> list[str]:
        """What is wrong with a record, in words; nothing when it is whole."""
        raise NotImplementedError

    def is_expired(self, ttl_seconds: float = DEFAULT_TTL_SECONDS) -> bool:
        """Whether it is older than the limit. A time that is no number counts as expired."""
        age = time.time() - self.timestamp
        return not age <= ttl_seconds

    def is_system_compatible(self) -> tuple[bool, str]:
        """Whether it was made on a machine like this one; else what changed."""
        then = self.system_info
        cores, now_cores = then.get("physical_cores"), machine.get_physical_cores()
        if cores != now_cores:
            return False, f"Physical core count changed (cached: {cores}, current: {now_cores})"
        method, now_method = then.get("start_method"), machine.get_multiprocessing_start_method()
        if method != now_method:
            return False, f"Multiprocessing start method changed (cached: {method}, current: {now_method})"
        memory, now_memory = then.get("available_memory"), machine.get_available_memory()
        if isinstance(memory, (int, float)) and memory > 0:
            low, high = self.memory_band
            if not low <= now_memory / memory <= high:
                return False, memory_changed(memory, now_memory)
        return True, ""


def memory_changed(was: float, now: float) -> str:
    """The sentence for a memory that differs too much."""
    return (
        f"Available memory changed significantly (cached: {was / 1024**3:.2f}GB, current: {now / 1024**3:.2f}GB)"
    )


@dataclass
class CacheEntry(Entry):
    """A remembered recommendation.

    >>> CacheEntry(2, 10, "process", 1.9, "it pays", [], time.time(), {}).is_expired(3600)
    False
    """

    n_jobs: int = 1
    chunksize: int = 1
    executor_type: str = "process"
    estimated_speedup: float = 1.0
    reason: str = ""
    warnings: list[str] = field(default_factory=list)

    def __init__(
        self,
        n_jobs: int,
        chunksize: int,
        executor_type: str,
        estimated_speedup: float,
        reason: str,
        warnings: list[str],
        timestamp: float,
        system_info: dict[str, Any],
        cache_version: int = CACHE_VERSION,
    ) -> None:
        super().__init__(timestamp, system_info, cache_version)
        self.n_jobs = n_jobs
        self.chunksize = chunksize
        self.executor_type = executor_type
        self.estimated_speedup = estimated_speedup
        self.reason = reason
        self.warnings = warnings

    @classmethod
    def issues_of(cls, data: dict[str, Any]) -> list[str]:
        issues = _missing(
            data,
            ("n_jobs", "chunksize", "executor_type", "estimated_speedup", "reason", "warnings", "timestamp", "system_info"),
        )
        issues += _counts(data)
        if data.get("executor_type", "process") not in ("process", "thread"):
            issues.append(f"Invalid executor_type: {data['executor_type']!r} (must be 'process' or 'thread')")
        issues += _number(data, "estimated_speedup")
        if not isinstance(data.get("reason", ""), str):
            issues.append(_mistyped("reason", data["reason"], "a text"))
        warnings = data.get("warnings", [])
        if not isinstance(warnings, list) or not all(isinstance(one, str) for one in warnings):
            issues.append(_mistyped("warnings", warnings, "a list of texts"))
        return issues + _common(data)


@dataclass
class BenchmarkCacheEntry(Entry):
    """A remembered measurement; times in seconds."""

    memory_band: ClassVar[tuple[float, float]] = (0.9, 1.1)

    serial_time: float = 0.0
    parallel_time: float = 0.0
    actual_speedup: float = 1.0
    n_jobs: int = 1
    chunksize: int = 1

    def __init__(
        self,
        serial_time: float,
        parallel_time: float,
        actual_speedup: float,
        n_jobs: int,
        chunksize: int,
        timestamp: float,
        system_info: dict[str, Any],
        cache_version: int = CACHE_VERSION,
    ) -> None:
        super().__init__(timestamp, system_info, cache_version)
        self.serial_time = serial_time
        self.parallel_time = parallel_time
        self.actual_speedup = actual_speedup
        self.n_jobs = n_jobs
        self.chunksize = chunksize

    @classmethod
    def issues_of(cls, data: dict[str, Any]) -> list[str]:
        names = ("serial_time", "parallel_time", "actual_speedup", "n_jobs", "chunksize", "timestamp", "system_info")
        issues = _missing(data, names) + _counts(data)
        for name in ("serial_time", "parallel_time", "actual_speedup"):
            issues += _number(data, name)
        return issues + _common(data)


def _missing(data: dict[str, Any], names: tuple[str, ...]) -> list[str]:
    return [f"Missing required field: {name}" for name in names if name not in data]


def _counts(data: dict[str, Any]) -> list[str]:
    issues = []
    for name in ("n_jobs", "chunksize"):
        value = data.get(name, 1)
        if isinstance(value, bool) or not isinstance(value, int):
            issues.append(_mistyped(name, value, "a whole number"))
        elif value < 1:
            issues.append(f"Invalid {name}: {value!r} (must be at least 1)")
    return issues


def _mistyped(name: str, value: Any, wanted: str) -> str:
    return f"Invalid type for {name}: {type(value).__name__} (must be {wanted})"


def _number(data: dict[str, Any], name: str) -> list[str]:
    value = data.get(name, 0.0)
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return [_mistyped(name, value, "a number")]
    if not math.isfinite(value) or value < 0:
        shown = "speedup" if name.endswith("_speedup") else name
        return [f"Invalid {shown}: {value!r} (must be a number, at least 0)"]
    return []


def _common(data: dict[str, Any]) -> list[str]:
    issues = _number(data, "timestamp")
    if not isinstance(data.get("system_info", {}), dict):
        issues.append(_mistyped("system_info", data["system_info"], "an object"))
    version = data.get("cache_version", CACHE_VERSION)
    if isinstance(version, bool) or not isinstance(version, int):
        issues.append(_mistyped("cache_version", version, "a whole number"))
    return issues
