"""Finds numbers by trying them: a grid, or a guided search with scikit-optimize."""

from __future__ import annotations

import time
import warnings
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from ._run import run_config
from .errors import InvalidParameter
from .optimizer import optimize
from .result import OptimizationResult, bar_chart, table
from .system_info import get_logical_cores


@dataclass
class TuningResult:
    """What was tried and what was best; times in seconds."""

    best_n_jobs: int
    best_chunksize: int
    best_time: float
    best_speedup: float
    serial_time: float
    configurations_tested: int
    all_results: dict[tuple[int, int], float]
    optimization_hint: OptimizationResult | None = None
    search_strategy: str = "grid"
    executor_type: str = "process"

    def get_top_configurations(self, n: int = 5) -> list[tuple[int, int, float, float]]:
        """The best: workers, chunk, seconds, speedup."""
        best = sorted(self.all_results.items(), key=lambda one: one[1])[: max(0, n)]
        return [(jobs, chunk, t, self.serial_time / t if t > 0 else 1.0) for (jobs, chunk), t in best]

    def save_config(
        self, filepath: Any, function_name: str | None = None, notes: str | None = None, overwrite: bool = False
    ) -> None:
        """Writes the best numbers to a file that ``load_config`` reads."""
        from .config import ConfigData, save_config

        config = ConfigData(
            self.best_n_jobs,
            self.best_chunksize,
            self.executor_type,
            self.best_speedup,
            function_name,
            notes=notes,
            source="tune",
        )
        save_config(config, filepath, overwrite=overwrite)

    def __str__(self) -> str:
        lines = [
            "=== Parameter Tuning Results ===",
            f"Search: {self.search_strategy}, {self.configurations_tested} configurations",
            f"Serial time: {self.serial_time:.4f}s",
            f"Best: n_jobs={self.best_n_jobs}, chunksize={self.best_chunksize}, {self.best_time:.4f}s, {self.best_speedup:.2f}x",
        ]
        for jobs, chunk, seconds, speedup in self.get_top_configurations(5):
            lines.append(f"  n_jobs={jobs}, chunksize={chunk}: {seconds:.4f}s, {speedup:.2f}x")
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        top = self.get_top_configurations(8)
        rows = [("Best", f"{self.best_n_jobs} workers, chunk {self.best_chunksize}, {self.best_speedup:.2f}x")]
        return table(rows) + bar_chart([(f"{jobs} x {chunk}", seconds) for jobs, chunk, seconds, _ in top], " s")


@dataclass
class _Search:
    func: Callable[[Any], Any]
    items: list[Any]
    executor: str
    serial: float
    timeout: float | None
    verbose: bool
    results: dict[tuple[int, int], float] = field(default_factory=dict)

    def time(self, n_jobs: int, chunksize: int) -> float:
        pair = (n_jobs, chunksize)
        if pair in self.results:
            return self.results[pair]
        if n_jobs == 1:
            seconds = self.serial
        else:
            seconds, _ = run_config(self.func, self.items, n_jobs, chunksize, self.executor)
        if self.timeout is None or seconds <= self.timeout:
            self.results[pair] = seconds
        if self.verbose:
            print(f"n_jobs={n_jobs}, chunksize={chunksize}: {seconds:.4f}s")
        return seconds

    def result(self, hint: OptimizationResult | None, strategy: str) -> TuningResult:
        results = self.results or {(1, max(1, len(self.items))): self.serial}
        (jobs, chunk), best = min(results.items(), key=lambda one: one[1])
        speedup = self.serial / best if best > 0 else 1.0
        if self.serial < best:
            jobs, chunk, best, speedup = 1, max(1, len(self.items)), self.serial, 1.0
        return TuningResult(
            jobs, chunk, best, speedup, self.serial, len(self.results), dict(results), hint, strategy, self.executor
        )


def _prepare(
    func: Any,
    data: Any,
    use_hint: bool,
    timeout: float | None,
    prefer_threads: bool,
    verbose: bool,
) -> tuple[_Search, OptimizationResult | None]:
    if not callable(func):
        raise InvalidParameter("func must be callable")
    if data is None or not hasattr(data, "__iter__"):
        raise InvalidParameter("data must be iterable and not None")
    items = list(data)
    if not items:
        raise InvalidParameter("data must have at least one item to be tried")
    if timeout is not None and (isinstance(timeout, bool) or not isinstance(timeout, (int, float)) or not timeout > 0):
        raise InvalidParameter(f"timeout_per_config must be a positive number or None, not {timeout!r}")
    hint = optimize(func, items, use_cache=False, prefer_threads_for_io=prefer_threads) if use_hint else None
    executor = "thread" if prefer_threads and (hint is None or hint.executor_type == "thread") else "process"
    start = time.perf_counter()
    for item in items:
        func(item)
    serial = time.perf_counter() - start
    return _Search(func, items, executor, serial, timeout, verbose), hint


def _numbers(name: str, values: Iterable[int] | None) -> list[int] | None:
    if values is None:
        return None
    found = list(values)
    if not found:
        raise InvalidParameter(f"{name} must not be empty")
    for value in found:
        if isinstance(value, bool) or not isinstance(value, int) or value < 1:
            raise InvalidParameter(f"{name} must have positive integers, not {value!r}")
    return sorted(set(found))


def _usual_jobs(hint: OptimizationResult | None) -> list[int]:
    cores = get_logical_cores()
    jobs = {1, max(1, cores // 2), cores}
    if hint is not None:
        jobs.add(hint.n_jobs)
    return sorted(jobs)


def _usual_chunks(total: int, hint: OptimizationResult | None) -> list[int]:
    chunks = {1, *(max(1, total // part) for part in (100, 50, 20, 10))}
    if hint is not None:
        chunks.add(max(1, min(hint.chunksize, total)))
    return sorted(chunks)


def tune_parameters(
    func: Callable[[Any], Any],
    data: Iterable[Any],
    n_jobs_range: Iterable[int] | None = None,
    chunksize_range: Iterable[int] | None = None,
    use_optimizer_hint: bool = True,
    verbose: bool = False,
    timeout_per_config: float | None = None,
    prefer_threads_for_io: bool = False,
) -> TuningResult:
    """Tries every pair of the two ranges and says which was best; one worker is timed once."""
    jobs_range, chunks_range = _numbers("n_jobs_range", n_jobs_range), _numbers("chunksize_range", chunksize_range)
    search, hint = _prepare(func, data, use_optimizer_hint, timeout_per_config, prefer_threads_for_io, verbose)
    jobs = jobs_range or _usual_jobs(hint)
    chunks = chunks_range or _usual_chunks(len(search.items), hint)
    for n_jobs in jobs:
        for chunksize in chunks:
            search.time(n_jobs, chunksize)
    return search.result(hint, "grid")


def quick_tune(
    func: Callable[[Any], Any],
    data: Iterable[Any],
    verbose: bool = False,
    prefer_threads_for_io: bool = False,
) -> TuningResult:
    """As `tune_parameters`, over the few pairs that are likely to matter."""
    items = list(data) if data is not None and hasattr(data, "__iter__") else data
    cores = get_logical_cores()
    total = len(items) if isinstance(items, list) else 1
    chunks = sorted({max(1, total // (4 * cores)), max(1, total // cores)})
    return tune_parameters(
        func, items, sorted({1, cores}), chunks, True, verbose, prefer_threads_for_io=prefer_threads_for_io
    )


def bayesian_tune_parameters(
    func: Callable[[Any], Any],
    data: Iterable[Any],
    n_iterations: int = 20,
    n_jobs_range: tuple[int, int] | None = None,
    chunksize_range: tuple[int, int] | None = None,
    use_optimizer_hint: bool = True,
    verbose: bool = False,
    timeout_per_config: float | None = None,
    prefer_threads_for_io: bool = False,
    random_state: int | None = None,
) -> TuningResult:
    """A guided search with scikit-optimize; without it a grid, and a warning that says so."""
    if isinstance(n_iterations, bool) or not isinstance(n_iterations, int) or n_iterations < 1:
        raise InvalidParameter(f"n_iterations must be a positive integer, not {n_iterations!r}")
    try:
        from skopt import gp_minimize  # type: ignore[import-untyped, import-not-found, unused-ignore]
        from skopt.space import Integer  # type: ignore[import-untyped, import-not-found, unused-ignore]
    except ImportError:
        warnings.warn(
            "scikit-optimize is not installed: a grid is searched instead (pip install scikit-optimize)",
            RuntimeWarning,
            stacklevel=2,
        )
        jobs = _spread(n_jobs_range) if n_jobs_range else None
        chunks = _spread(chunksize_range) if chunksize_range else None
        return tune_parameters(
            func, data, jobs, chunks, use_optimizer_hint, verbose, timeout_per_config, prefer_threads_for_io
        )
    search, hint = _prepare(func, data, use_optimizer_hint, timeout_per_config, prefer_threads_for_io, verbose)
    low_jobs, high_jobs = n_jobs_range or (1, max(2, get_logical_cores()))
    low_chunk, high_chunk = chunksize_range or (1, max(2, len(search.items) // 2))
    first = None
    if hint is not None and low_jobs <= hint.n_jobs <= high_jobs and low_chunk <= hint.chunksize <= high_chunk:
        first = [[hint.n_jobs, hint.chunksize]]
    gp_minimize(
        lambda point: search.time(int(point[0]), int(point[1])),
        [Integer(low_jobs, high_jobs), Integer(low_chunk, high_chunk, prior="log-uniform")],
        n_calls=n_iterations,
        n_initial_points=min(n_iterations, 5),
        x0=first,
        random_state=random_state,
    )
    return search.result(hint, "bayesian")


def _spread(bounds: tuple[int, int]) -> list[int]:
    """At most six numbers between two bounds, each about the same factor from the next."""
    low, high = bounds
    if low >= high:
        return [max(1, low)]
    ratio = (high / max(1, low)) ** 0.2
    return sorted({min(high, max(low, round(max(1, low) * ratio**step))) for step in range(6)})
