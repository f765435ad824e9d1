"""Sequential batches, for results that do not fit into memory all at once."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator
from typing import Any, TypeVar

from .errors import InvalidParameter
from .executor import Run
from .optimizer import Asked, check_parameters
from .sampling import estimate_total_items
from .system_info import get_available_memory

T = TypeVar("T")
R = TypeVar("R")

_UNKNOWN_RESULT_BATCH = 1_000
_BATCH_MOST = 10_000_000


def estimate_safe_batch_size(result_size_bytes: int, max_memory_percent: float = 0.5) -> int:
    """How many results of a size fit into a share of the memory that is available; at least one.

    >>> estimate_safe_batch_size(1 << 60)
    1
    """
    if isinstance(result_size_bytes, bool) or not isinstance(result_size_bytes, (int, float)) or result_size_bytes <= 0:
        raise InvalidParameter(f"result_size_bytes must be positive, not {result_size_bytes!r}")
    _check_percent(max_memory_percent)
    return max(1, min(_BATCH_MOST, int(max_memory_percent * get_available_memory() / result_size_bytes)))


def _check_percent(value: Any) -> None:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 < value <= 1:
        raise InvalidParameter(f"max_memory_percent must be between 0 and 1, not {value!r}")


def process_in_batches(
    func: Callable[[T], R],
    data: Iterable[T],
    batch_size: int | None = None,
    max_memory_percent: float = 0.5,
    sample_size: int = 5,
    verbose: bool = False,
    **optimize_kwargs: Any,
) -> list[R]:
    """Runs the items batch by batch, each as `execute` would; no item runs twice.

    Without a batch size the first batch is small, and what its results weigh sets the size of the others.

    >>> process_in_batches(abs, [-1, 2, -3], batch_size=2)
    [1, 2, 3]
    """
    if batch_size is not None and (isinstance(batch_size, bool) or not isinstance(batch_size, int) or batch_size < 1):
        raise InvalidParameter(f"batch_size must be a positive integer or None, not {batch_size!r}")
    _check_percent(max_memory_percent)
    if not callable(func):
        raise InvalidParameter(f"func must be callable, not {type(func).__name__}")
    if isinstance(sample_size, bool) or not isinstance(sample_size, int) or sample_size < 1:
        raise InvalidParameter(f"sample_size must be a positive integer, not {sample_size!r}")
    check_parameters(func, data, sample_size, optimize_kwargs.get("target_chunk_duration", 0.2), {"verbose": verbose})
    known = set(Asked.__dataclass_fields__) | {"profile", "use_cache", "progress_callback", "enable_function_profiling"}
    unknown = sorted(set(optimize_kwargs) - known)
    if unknown:
        raise TypeError(f"process_in_batches() got an unexpected keyword argument {unknown[0]!r}")
    asked = Asked(**{name: value for name, value in optimize_kwargs.items() if name in Asked.__dataclass_fields__})
    results: list[R] = []
    for number, some in enumerate(_batches(func, data, batch_size, max_memory_percent, sample_size, asked), 1):
        results += some
        if verbose:
            print(f"Batch {number}: {len(some)} items, {len(results)} done")
    return results


def _batches(
    func: Callable[[Any], Any],
    data: Iterable[Any],
    batch_size: int | None,
    percent: float,
    sample_size: int,
    asked: Asked,
) -> Iterator[list[Any]]:
    iterator = iter(data)
    total = estimate_total_items(data)
    size = batch_size or max(1, sample_size)
    done = 0
    while True:
        batch = list(itertools.islice(iterator, size))
        if not batch:
            return
        results = Run(func, batch, sample_size, asked).all()
        done += len(batch)
        yield results
        if batch_size is None:
            size = _next_size(results, percent)
        if total == done:
            return


def _next_size(results: list[Any], percent: float) -> int:
    import pickle

    try:
        weight = sum(len(pickle.dumps(result, protocol=5)) for result in results[:5]) // len(results[:5])
    except Exception:  # noqa: BLE001 - pickling calls the user's own methods
        return _UNKNOWN_RESULT_BATCH
    return estimate_safe_batch_size(max(1, weight), percent)
