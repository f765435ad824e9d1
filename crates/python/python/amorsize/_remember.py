"""What `optimize` remembers, and how a remembered answer is fitted to the workload at hand."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from . import cache
from ._code import digest_of_values
from .optimizer import Asked, Decision
from .result import OptimizationResult

# The time bucket of every remembered workload: it is not known before anything has run.
ASSUMED_ITEM_S = 0.001
_BIG_ITEM_BYTES = 1 << 10


def options_of(asked: Asked, data: Any) -> str | None:
    """The part of the key for options other than the usual ones and for items that are not small."""
    parts = []
    if asked != Asked():
        parts.append(f"opts-{digest_of_values(vars(asked))[:8]}")
    shape = _shape(data)
    if shape:
        parts.append(f"item-{shape}")
    return "_".join(parts) or None


def _shape(data: Any) -> str | None:
    """The kind and the power of ten of the size of the first item, where it is not a small one."""
    import sys

    if isinstance(data, range) or not isinstance(data, (list, tuple)) or not data:
        return None
    first = data[0]
    size = getattr(first, "nbytes", None)
    if not isinstance(size, int):
        size = sys.getsizeof(first, 0)
        if isinstance(first, (list, tuple, set, dict)) and len(first) > 100:
            size = max(size, 50 * len(first))
    if size < _BIG_ITEM_BYTES:
        return None
    return f"{type(first).__name__}-{len(str(size))}"


class Remembered:
    """The look-up before, and the record after."""

    def __init__(self, func: Callable[..., Any], data: Any, total: int, asked: Asked) -> None:
        self._data = data
        self._total = total
        self.miss_reason = ""
        self._key: str | None = None
        try:
            self._key = cache.compute_cache_key(func, total, ASSUMED_ITEM_S, options_of(asked, data))
        except Exception:  # noqa: BLE001 - looking into a callable calls the user's own descriptors
            self.miss_reason = "the function cannot be told apart from others"

    def look(self, verbose: bool) -> OptimizationResult | None:
        """The remembered answer, fitted to this number of items."""
        if self._key is None or self._total == 0:
            return None
        entry, reason = cache.load_cache_entry(self._key)
        if entry is None:
            self.miss_reason = str(reason)
            if verbose:
                detail = f" [{reason.detail}]" if reason.detail not in ("", str(reason)) else ""
                print(f"✗ Cache miss - {reason}{detail}")
            return None
        if verbose:
            import time

            saved = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(entry.timestamp))
            print(f"✓ Cache hit! Using the remembered recommendation (saved {saved})")
        n_jobs = max(1, min(entry.n_jobs, self._total))
        # A chunk for 99 items is no chunk for 10: nobody may be left without work.
        chunksize = max(1, min(entry.chunksize, -(-self._total // n_jobs)))
        return OptimizationResult(
            n_jobs,
            chunksize,
            f"{entry.reason} (cached)",
            min(entry.estimated_speedup, float(n_jobs)) if n_jobs > 1 else 1.0,
            entry.warnings,
            self._data,
            None,
            entry.executor_type,
            cache_hit=True,
        )

    def keep(self, decision: Decision) -> None:
        """Remembers what was decided; a store that cannot be written is no reason to fail."""
        if self._key is None:
            return
        try:
            cache.save_cache_entry(
                self._key,
                decision.n_jobs,
                decision.chunksize,
                decision.executor_type,
                decision.speedup,
                decision.reason,
                decision.warnings,
            )
        except (OSError, ValueError):
            pass
