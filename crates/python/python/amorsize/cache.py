"""The two caches: what was recommended, and what was measured.

Every look-up is one atomic step against the store. It gives the entry, or the one true reason why not, and that reason
stays the same whether or not somebody has pruned in the meantime. Nothing is pruned during a look-up, nothing by chance.

>>> entry, reason = load_cache_entry("func:00_size:tiny_time:fast_v:1")
>>> entry is None, str(reason)
(True, 'No cached entry found for this workload')
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from ._code import digest, digest_of_values, name_of
from ._entries import CACHE_VERSION, DEFAULT_TTL_SECONDS, BenchmarkCacheEntry, CacheEntry
from ._spaces import Space, base_dir, bench_space, plan_space
from ._store import Reason, calling
from .errors import CacheError
from .result import format_bytes, table

__all__ = [
    "AUTO_PRUNE_PROBABILITY",
    "BenchmarkCacheEntry",
    "CACHE_VERSION",
    "CacheEntry",
    "CacheStats",
    "CacheValidationResult",
    "DEFAULT_TTL_SECONDS",
    "clear_benchmark_cache",
    "clear_cache",
    "compute_benchmark_cache_key",
    "compute_cache_key",
    "export_cache",
    "get_benchmark_cache_dir",
    "get_benchmark_cache_stats",
    "get_cache_dir",
    "get_cache_stats",
    "import_cache",
    "load_benchmark_cache_entry",
    "load_cache_entry",
    "prewarm_cache",
    "prune_expired_cache",
    "repair_cache",
    "save_benchmark_cache_entry",
    "save_cache_entry",
    "validate_cache",
    "validate_cache_entry",
]

# What callers hand to `_maybe_auto_prune_cache`: zero asks for nothing, anything above for pruning. No chance is involved.
AUTO_PRUNE_PROBABILITY = 0.05

CacheType = Literal["optimization", "benchmark"]


def get_cache_dir() -> Path:
    """The folder of the optimization cache; it is made when it is not there."""
    return _made(base_dir("optimization_cache"))


def get_benchmark_cache_dir() -> Path:
    """The folder of the benchmark cache; it is made when it is not there."""
    return _made(base_dir("benchmark_cache"))


def _made(folder: Path) -> Path:
    if not os.path.isdir(folder):
        folder.mkdir(parents=True, exist_ok=True)
    return folder


def plans() -> Space[CacheEntry]:
    # The folder is asked for at every call: a program or a test may point it elsewhere.
    return plan_space(lambda: get_cache_dir())


def benches() -> Space[BenchmarkCacheEntry]:
    return bench_space(lambda: get_benchmark_cache_dir())


def _space(cache_type: str) -> Space[Any]:
    if cache_type == "optimization":
        return plans()
    if cache_type == "benchmark":
        return benches()
    raise ValueError(f"Invalid cache_type: it must be 'optimization' or 'benchmark', not {cache_type!r}")


def _size_bucket(size: int) -> str:
    for limit, name in ((10, "tiny"), (100, "small"), (1_000, "medium"), (10_000, "large")):
        if size < limit:
            return name
    return "xlarge"


def _time_bucket(seconds: float) -> str:
    for limit, name in ((1e-4, "instant"), (1e-3, "fast"), (1e-2, "moderate"), (0.1, "slow")):
        if seconds < limit:
            return name
    return "very_slow"


def _compute_function_hash(func: Any) -> str:
    """16 digits of everything that can change what a function does."""
    return digest(func)[:16]


def _subject(func: Any) -> str:
    """The digits of a function in keys: 8 of its name, by which a miss finds the nearest entry, then its own."""
    return digest_of_values(name_of(func))[:8] + _compute_function_hash(func)


def compute_cache_key(
    func: Callable[..., Any], data_size: int, avg_time_per_item: float, options: str | None = None
) -> str:
    """The key of a workload: the function (code, constants, defaults, closure), and how many items of what cost.

    >>> compute_cache_key(len, 50, 0.001) == compute_cache_key(len, 60, 0.001)
    True
    """
    rest = f"_{options}" if options else ""
    size, item = _size_bucket(data_size), _time_bucket(avg_time_per_item)
    return f"func:{_subject(func)}_size:{size}_time:{item}_v:{CACHE_VERSION}{rest}"


def compute_benchmark_cache_key(func: Callable[..., Any], data_size: int, sample_digest: str | None = None) -> str:
    """The key of a measurement: the function, the exact number of items, and a digest of a sample of them."""
    digest_part = f"_{sample_digest}" if sample_digest else ""
    return f"benchmark_{_subject(func)}_{data_size}{digest_part}_v{CACHE_VERSION}"


def load_cache_entry(
    cache_key: str, ttl_seconds: float = DEFAULT_TTL_SECONDS
) -> tuple[CacheEntry | None, Reason]:
    """The remembered recommendation, or the reason why there is none to use (empty on a hit)."""
    space = plans()
    look = space.look(space.key(cache_key), ttl_seconds)
    return look.entry, look.reason


def load_benchmark_cache_entry(
    cache_key: str, ttl_seconds: float = DEFAULT_TTL_SECONDS
) -> tuple[BenchmarkCacheEntry | None, Reason]:
    """The remembered measurement, or the reason why there is none to use (empty on a hit)."""
    space = benches()
    look = space.look(space.key(cache_key), ttl_seconds)
    return look.entry, look.reason


def save_cache_entry(
    cache_key: str,
    n_jobs: int,
    chunksize: int,
    executor_type: str,
    estimated_speedup: float,
    reason: str,
    warnings: list[str],
    ttl_seconds: float = DEFAULT_TTL_SECONDS,
) -> None:
    """Remembers a recommendation. A store that cannot be written is no error; a record that cannot be is."""
    values = {
        "n_jobs": n_jobs,
        "chunksize": chunksize,
        "executor_type": executor_type,
        "estimated_speedup": estimated_speedup,
        "reason": reason,
        "warnings": list(warnings),
    }
    try:
        plans().save(cache_key, values, ttl_seconds)
    except OSError:
        pass


def save_benchmark_cache_entry(
    cache_key: str,
    serial_time: float,
    parallel_time: float,
    actual_speedup: float,
    n_jobs: int,
    chunksize: int,
    ttl_seconds: float = DEFAULT_TTL_SECONDS,
) -> None:
    """Remembers a measurement; as `save_cache_entry`."""
    values = {
        "serial_time": serial_time,
        "parallel_time": parallel_time,
        "actual_speedup": actual_speedup,
        "n_jobs": n_jobs,
        "chunksize": chunksize,
    }
    try:
        benches().save(cache_key, values, ttl_seconds)
    except OSError:
        pass


def clear_cache() -> int:
    """Removes every remembered recommendation; how many."""
    return plans().clear()


def clear_benchmark_cache() -> int:
    """Removes every remembered measurement; how many."""
    return benches().clear()


def prune_expired_cache(ttl_seconds: float = DEFAULT_TTL_SECONDS) -> int:
    """Cleans away recommendations older than the limit; how many.

    What is past the limit it was stored with is pruned, which changes no answer. What is only past a shorter limit given
    here is removed, and later look-ups say so.
    """
    space = plans()
    store = space.store()
    pruned = int(calling(lambda: store.prune(space.name, margin_s=0.0)))
    if ttl_seconds < DEFAULT_TTL_SECONDS:
        for _, id, look in list(space.looks(ttl_seconds)):
            if look.reason.word == "expired":
                pruned += bool(calling(lambda id=id: store.remove_id(id)))
    return pruned


def _maybe_auto_prune_cache(
    cache_dir_func: Callable[[], Path],
    probability: float = AUTO_PRUNE_PROBABILITY,
    ttl_seconds: float = DEFAULT_TTL_SECONDS,
) -> None:
    """Prunes what is past its own limit, unless the probability is zero. No answer changes by it."""
    del ttl_seconds
    if probability <= 0:
        return
    for make in (plan_space, bench_space):
        space: Space[Any] = make(cache_dir_func)
        try:
            calling(lambda space=space: space.store().prune(space.name, margin_s=5.0))
        except CacheError:
            pass


@dataclass(repr=False)
class CacheStats:
    """The figures of a cache; ages in seconds."""

    total_entries: int = 0
    valid_entries: int = 0
    expired_entries: int = 0
    incompatible_entries: int = 0
    total_size_bytes: int = 0
    oldest_entry_age: float | None = None
    newest_entry_age: float | None = None
    cache_dir: str | None = None

    @staticmethod
    def _format_age(seconds: float | None) -> str:
        if seconds is None:
            return "none"
        for unit, size in (("days", 86_400), ("hours", 3_600), ("minutes", 60)):
            if seconds >= size:
                return f"{seconds / size:.1f} {unit}"
        return f"{seconds:.1f} seconds"

    _format_bytes = staticmethod(format_bytes)

    def _rows(self) -> list[tuple[str, str]]:
        age = self._format_age
        return [
            ("Cache directory", self.cache_dir or "none"),
            ("Total entries", str(self.total_entries)),
            ("Valid entries", str(self.valid_entries)),
            ("Expired entries", str(self.expired_entries)),
            ("Incompatible entries", str(self.incompatible_entries)),
            ("Total size", format_bytes(self.total_size_bytes)),
            ("Oldest entry", age(self.oldest_entry_age)),
            ("Newest entry", age(self.newest_entry_age)),
        ]

    def __repr__(self) -> str:
        return (
            f"CacheStats(total={self.total_entries}, valid={self.valid_entries}, expired={self.expired_entries}, "
            f"incompatible={self.incompatible_entries}, size={format_bytes(self.total_size_bytes)})"
        )

    def __str__(self) -> str:
        return "\n".join(["=== Cache Statistics ===", *(f"{name}: {value}" for name, value in self._rows())])

    def _repr_html_(self) -> str:
        return table(self._rows())


def _stats(space: Space[Any], folder: Path, ttl_seconds: float) -> CacheStats:
    stats = CacheStats(cache_dir=str(folder))
    ages = []
    try:
        looks = list(space.looks(ttl_seconds))
    except OSError:
        return stats
    for _, _, look in looks:
        stats.total_entries += 1
        stats.total_size_bytes += look.bytes
        ages.append(look.age_s)
        if look.entry is not None:
            stats.valid_entries += 1
        elif look.reason.word == "expired":
            stats.expired_entries += 1
        else:
            stats.incompatible_entries += 1
    if ages:
        stats.oldest_entry_age, stats.newest_entry_age = max(ages), min(ages)
    return stats


def get_cache_stats(ttl_seconds: float = DEFAULT_TTL_SECONDS) -> CacheStats:
    """The figures of the optimization cache."""
    return _stats(plans(), get_cache_dir(), ttl_seconds)


def get_benchmark_cache_stats(ttl_seconds: float = DEFAULT_TTL_SECONDS) -> CacheStats:
    """The figures of the benchmark cache."""
    return _stats(benches(), get_benchmark_cache_dir(), ttl_seconds)


@dataclass(repr=False)
class CacheValidationResult:
    """What a check of a cache has found."""

    is_valid: bool = True
    total_entries: int = 0
    valid_entries: int = 0
    invalid_entries: int = 0
    issues: list[str] = field(default_factory=list)
    health_score: float = 100.0

    def __repr__(self) -> str:
        return f"CacheValidationResult(valid={self.valid_entries}/{self.total_entries}, health={self.health_score:.1f})"

    def __str__(self) -> str:
        lines = [
            "=== Cache Validation Report ===",
            f"Status: {'✓ HEALTHY' if self.is_valid else '✗ ISSUES FOUND'}",
            f"Health score: {self.health_score:.1f}/100",
            f"Total entries examined: {self.total_entries}",
            f"Valid entries: {self.valid_entries}",
            f"Invalid entries: {self.invalid_entries}",
        ]
        if self.issues:
            lines += ["Issues found:", *(f"  - {issue}" for issue in self.issues)]
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        rows = [
            ("Valid", "yes" if self.is_valid else "no"),
            ("Health score", f"{self.health_score:.1f}/100"),
            ("Entries", f"{self.total_entries} ({self.valid_entries} valid, {self.invalid_entries} invalid)"),
        ]
        return table(rows + [("Issue", issue) for issue in self.issues])



from ._transfer import (  # noqa: E402 - they use what stands above
    export_cache,
    import_cache,
    prewarm_cache,
    repair_cache,
    validate_cache,
    validate_cache_entry,
)
