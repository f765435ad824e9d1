"""Measures whether a recommendation holds: the same items serially and in parallel, side by side."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from . import cache
from ._code import digest_of_values
from ._run import run_config
from .errors import InvalidParameter, check_workload, items_of
from .optimizer import optimize
from .result import OptimizationResult, bar_chart, table

_SAMPLED_FOR_KEY = 64


@dataclass(repr=False)
class BenchmarkResult:
    """What was measured beside what was predicted; times in seconds."""

    optimization: OptimizationResult
    serial_time: float
    parallel_time: float
    actual_speedup: float
    predicted_speedup: float
    accuracy_percent: float
    error_percent: float
    recommendations: list[str] = field(default_factory=list)
    cache_hit: bool = False
    # Why there was no remembered measurement; empty on a hit and where none was asked for.
    miss_reason: str = ""

    def is_accurate(self, threshold: float = 75.0) -> bool:
        """Whether prediction and measurement agree to this many percent."""
        return self.accuracy_percent >= threshold

    def __repr__(self) -> str:
        return (
            f"BenchmarkResult(actual_speedup={self.actual_speedup:.2f}x, predicted={self.predicted_speedup:.2f}x, "
            f"accuracy={self.accuracy_percent:.1f}%)"
        )

    def __str__(self) -> str:
        cached = " (cached)" if self.cache_hit else ""
        lines = [
            "=== Benchmark Validation Results ===",
            f"Serial execution time: {self.serial_time:.4f}s",
            f"Parallel execution time: {self.parallel_time:.4f}s",
            f"Actual speedup: {self.actual_speedup:.2f}x{cached}",
            f"Predicted speedup: {self.predicted_speedup:.2f}x",
            f"Accuracy: {self.accuracy_percent:.1f}%",
            f"Error: {self.error_percent:+.1f}%",
        ]
        if self.recommendations:
            lines += ["Recommendations:", *(f"  - {one}" for one in self.recommendations)]
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        rows = [
            ("Actual speedup", f"{self.actual_speedup:.2f}x"),
            ("Predicted speedup", f"{self.predicted_speedup:.2f}x"),
            ("Accuracy", f"{self.accuracy_percent:.1f} %"),
        ]
        return table(rows) + bar_chart([("serial", self.serial_time), ("parallel", self.parallel_time)], " s")


def _judge(
    optimization: OptimizationResult, serial: float, parallel: float, cache_hit: bool, miss_reason: str
) -> BenchmarkResult:
    actual = serial / parallel if parallel > 0 else 1.0
    predicted = optimization.estimated_speedup
    if optimization.n_jobs == 1:
        actual = predicted = 1.0
    most = max(actual, predicted)
    accuracy = 100.0 * (1.0 - abs(actual - predicted) / most) if most > 0 else 0.0
    error = 100.0 * (actual - predicted) / predicted if predicted > 0 else 0.0
    recommendations = []
    if optimization.n_jobs == 1:
        recommendations.append("Serial execution is optimal here: workers would cost more than they gain")
    elif actual < 1.0:
        recommendations.append("Parallel was slower than serial: run it serially")
    elif accuracy < 75.0:
        direction = "less" if actual < predicted else "more"
        recommendations.append(f"Workers gain {direction} than predicted: tune_parameters() tries the neighbours")
    else:
        recommendations.append("Prediction and measurement agree: use the recommendation")
    return BenchmarkResult(
        optimization, serial, parallel, actual, predicted, max(0.0, accuracy), error, recommendations, cache_hit, miss_reason
    )


def validate_optimization(
    func: Callable[[Any], Any],
    data: Iterable[Any],
    optimization: OptimizationResult | None = None,
    max_items: int | None = None,
    timeout: float = 60.0,
    verbose: bool = False,
    use_cache: bool = True,
) -> BenchmarkResult:
    """Runs the items serially and as recommended, and says how far the prediction was off.

    A measurement of the same function over the same items on this machine is remembered; one that was made with other
    numbers than those recommended now is a miss that says so.
    """
    _check(func, data, max_items, timeout, {"verbose": verbose, "use_cache": use_cache})
    items = items_of(data, max_items)
    chosen = optimization if optimization is not None else optimize(func, items, use_cache=use_cache)
    key, miss = None, ""
    if use_cache:
        key = cache.compute_benchmark_cache_key(func, len(items), _digest_of(items))
        entry, reason = cache.load_benchmark_cache_entry(key)
        miss = str(reason)
        if entry is not None:
            if (entry.n_jobs, entry.chunksize) == (chosen.n_jobs, chosen.chunksize):
                if verbose:
                    print("✓ Benchmark cache hit! Using the remembered measurement")
                return _judge(chosen, entry.serial_time, entry.parallel_time, True, "")
            miss = (
                f"Optimization parameters changed (cached: n_jobs={entry.n_jobs}, chunksize={entry.chunksize}; "
                f"current: n_jobs={chosen.n_jobs}, chunksize={chosen.chunksize})"
            )
        if verbose:
            print(f"✗ Benchmark cache miss - {miss}")
    serial, done = _serial(func, items, timeout)
    if done < len(items):
        if verbose:
            print(f"Timeout: measured the first {done} of {len(items)} items")
        items, key = items[:done], None
    parallel = serial
    if chosen.n_jobs > 1:
        parallel = run_config(func, items, chosen.n_jobs, chosen.chunksize, chosen.executor_type)[0]
    result = _judge(chosen, serial, parallel, False, miss)
    if key is not None:
        cache.save_benchmark_cache_entry(
            key, serial, parallel, result.actual_speedup, chosen.n_jobs, chosen.chunksize
        )
    if verbose:
        print(result)
    return result


def quick_validate(
    func: Callable[[Any], Any],
    data: Iterable[Any],
    sample_size: int = 100,
    verbose: bool = False,
    use_cache: bool = True,
) -> BenchmarkResult:
    """As `validate_optimization`, over items spread evenly across the data."""
    if isinstance(sample_size, bool) or not isinstance(sample_size, int) or sample_size < 1:
        raise InvalidParameter(f"sample_size must be a positive integer, not {sample_size!r}")
    items = list(data)
    step = max(1, len(items) // sample_size)
    return validate_optimization(func, items[::step][:sample_size], verbose=verbose, use_cache=use_cache)


def _serial(func: Callable[[Any], Any], items: list[Any], timeout: float) -> tuple[float, int]:
    """Seconds of a plain loop, and how many items it came to before the time was over."""
    start = time.perf_counter()
    until = start + timeout
    done = 0
    for item in items:
        func(item)
        done += 1
        if time.perf_counter() > until:
            break
    return time.perf_counter() - start, done


def _digest_of(items: list[Any]) -> str:
    step = max(1, len(items) // _SAMPLED_FOR_KEY)
    return digest_of_values(items[::step], items[-1:])[:16]


def _check(func: Any, data: Any, max_items: Any, timeout: Any, flags: dict[str, Any]) -> None:
    check_workload(func, data, max_items, timeout)
    for name, value in flags.items():
        if not isinstance(value, bool):
            raise InvalidParameter(f"{name} must be a boolean, not {type(value).__name__}")
