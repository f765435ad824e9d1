"""Looks at a few items: what they cost, whether they can travel, whether they wait or compute.

An iterator is never consumed: what was taken from it is put back in front (`reconstruct_iterator`). In `execute` the
sampled results are results; there the same measuring runs inside the work itself.
"""

from __future__ import annotations

import itertools
import os
import pickle
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from .system_info import (
    RunQueue,
    Span,
    check_parallel_environment_vars,
    estimate_internal_threads,
    get_current_thread_count,
)

PARALLEL_LIBRARIES = ("numpy", "scipy", "numba", "joblib", "tensorflow", "torch", "dask")
IO_BOUND_BELOW = 0.3
CPU_BOUND_FROM = 0.7
# Below this the clock of the process is too coarse to tell one thread from several.
_TELLING_S = 0.001
# A look is over after so many items that took so long together, however many were asked for.
_ENOUGH_ITEMS = 2
_ENOUGH_S = 0.2


@dataclass
class SamplingResult:
    """What a look at the first items has shown; times in seconds."""

    avg_time: float = 0.0
    return_size: int = 0
    peak_memory: int = 0
    sample_count: int = 0
    is_picklable: bool = True
    avg_pickle_time: float = 0.0
    error: Exception | None = None
    sample: list[Any] = field(default_factory=list)
    remaining_data: Any = None
    is_generator: bool = False
    data_items_picklable: bool = True
    unpicklable_data_index: int | None = None
    data_pickle_error: Exception | None = None
    time_variance: float = 0.0
    coefficient_of_variation: float = 0.0
    nested_parallelism_detected: bool = False
    parallel_libraries: list[str] = field(default_factory=list)
    thread_activity: dict[str, int] = field(default_factory=dict)
    # CPUs that calls kept busy at once, 0 where the sample was too short to tell.
    busy_threads: float = 0.0
    avg_data_pickle_time: float = 0.0
    data_size: int = 0
    workload_type: str = "cpu_bound"
    cpu_time_ratio: float = 1.0
    function_profiler_stats: Any = None
    results_picklable: bool = True
    result_pickle_error: Exception | None = None
    item_times: list[float] = field(default_factory=list)
    results: list[Any] = field(default_factory=list, repr=False)


def check_picklability(func: Callable[..., Any]) -> bool:
    """Whether a function can be sent to a worker that does not share this one's memory.

    >>> check_picklability(len), check_picklability(lambda x: x)
    (True, False)
    """
    try:
        pickle.dumps(func)
    except Exception:  # noqa: BLE001 - pickling calls the user's own methods
        return False
    return True


def check_data_picklability(items: Iterable[Any]) -> tuple[bool, int | None, Exception | None]:
    """Whether all items can be pickled; else the index of the first that cannot, and why."""
    for index, item in enumerate(items):
        try:
            pickle.dumps(item)
        except Exception as error:  # noqa: BLE001 - as above
            return False, index, error
    return True, None, None


def estimate_total_items(data: Iterable[Any]) -> int:
    """The number of items, or -1 where it cannot be known without taking them.

    >>> estimate_total_items([1, 2]), estimate_total_items(iter([1, 2]))
    (2, -1)
    """
    try:
        return len(data)  # type: ignore[arg-type]
    except Exception:  # noqa: BLE001 - the user's own method may raise anything
        return -1


def safe_slice_data(data: Iterable[Any], sample_size: int) -> tuple[list[Any], Any, bool]:
    """The first items, what holds the rest, and whether taking them has consumed them.

    >>> safe_slice_data([1, 2, 3], 2)
    ([1, 2], [1, 2, 3], False)
    """
    iterator = iter(data)
    sample = list(itertools.islice(iterator, sample_size))
    if iterator is data:
        return sample, iterator, True
    return sample, data, False


def reconstruct_iterator(sample: list[Any], remaining_data: Iterable[Any]) -> Iterator[Any]:
    """All items again, in their order.

    >>> list(reconstruct_iterator([1, 2], iter([3])))
    [1, 2, 3]
    """
    return itertools.chain(sample, remaining_data)


def classify_workload(cpu_time_ratio: float) -> str:
    """The word for a share of wall time in which items want a CPU.

    >>> classify_workload(0.1), classify_workload(0.5), classify_workload(1.0)
    ('io_bound', 'mixed', 'cpu_bound')
    """
    if cpu_time_ratio < IO_BOUND_BELOW:
        return "io_bound"
    return "cpu_bound" if cpu_time_ratio >= CPU_BOUND_FROM else "mixed"


def detect_workload_type(func: Callable[[Any], Any], sample_items: list[Any]) -> tuple[str, float]:
    """Runs the items once more and tells whether they wait or compute, with the share of CPU."""
    wall = cpu = 0.0
    for item in sample_items:
        span = Span().start()
        try:
            func(item)
        except Exception:  # noqa: BLE001 - what it raises is not the question here
            pass
        span.stop()
        if span.clear:
            wall += span.wall_s
            cpu += span.cpu_s
    ratio = cpu / wall if wall > 0 else 1.0
    return classify_workload(ratio), ratio


def detect_parallel_libraries() -> list[str]:
    """Libraries that are loaded and may start threads of their own."""
    return [name for name in PARALLEL_LIBRARIES if name in sys.modules]


def internal_threads(sampled: SamplingResult) -> int:
    """The threads each call uses inside: by the CPU time of the whole process, where the sample is long enough to tell.

    That a numeric library is loaded says little: most functions of programs that import one compute with one thread.
    """
    activity = sampled.thread_activity
    if sampled.busy_threads > 0:
        return max(1, int(sampled.busy_threads + 0.5))
    if activity.get("delta", 0) <= 0 and sampled.sample_count:
        return 1
    return estimate_internal_threads(
        activity.get("before", 1), activity.get("after", 1), check_parallel_environment_vars()
    )


class Meter:
    """Measures items as they are run; the caller decides what becomes of their results."""

    def __init__(self) -> None:
        self.item_times: list[float] = []
        self.wall_s = 0.0
        self.clear_s = 0.0
        self.cpu_s = 0.0
        self.process_s = 0.0
        self._queue = RunQueue()
        self.threads_before = get_current_thread_count()
        self.threads_after = self.threads_before

    def run(self, func: Callable[[Any], Any], item: Any) -> Any:
        span = self.span().start()
        try:
            return func(item)
        finally:
            span.stop()
            self.item_times.append(span.wall_s)
            self.add(span)

    def span(self) -> Span:
        """A stretch of the thread that made this."""
        return Span(self._queue)

    def add(self, span: Span) -> None:
        self.wall_s += span.wall_s
        if span.clear:
            self.clear_s += span.wall_s
            self.cpu_s += span.cpu_s
            self.process_s += span.process_s

    @property
    def cpu_share(self) -> float:
        # Below a fifth of a millisecond the clocks themselves are most of what is measured.
        if self.clear_s < 0.0002:
            return 1.0
        return min(1.0, self.cpu_s / self.clear_s)


def fill(sampled: SamplingResult, func: Callable[[Any], Any], meter: Meter, *, deep: bool = True) -> SamplingResult:
    """Puts what was measured into the result, and looks whether function, items and results can travel."""
    times = meter.item_times
    sampled.item_times = times
    sampled.sample_count = len(times)
    if times:
        sampled.avg_time = sum(times) / len(times)
        if len(times) > 1:
            mean = sampled.avg_time
            sampled.time_variance = sum((value - mean) ** 2 for value in times) / (len(times) - 1)
            sampled.coefficient_of_variation = sampled.time_variance**0.5 / mean if mean > 0 else 0.0
    sampled.cpu_time_ratio = meter.cpu_share
    sampled.workload_type = classify_workload(sampled.cpu_time_ratio)
    sampled.busy_threads = meter.process_s / meter.clear_s if meter.clear_s >= _TELLING_S else 0.0
    sampled.thread_activity = {
        "before": meter.threads_before,
        "after": meter.threads_after,
        "delta": meter.threads_after - meter.threads_before,
    }
    if deep:
        sampled.is_picklable = check_picklability(func)
        _look_at_items(sampled)
        _look_at_results(sampled)
    _look_for_nesting(sampled, meter)
    return sampled


def _look_at_items(sampled: SamplingResult) -> None:
    start = time.perf_counter()
    size = count = 0
    for index, item in enumerate(sampled.sample):
        try:
            size += len(pickle.dumps(item, protocol=5))
        except Exception as error:  # noqa: BLE001 - pickling calls the user's own methods
            sampled.data_items_picklable = False
            sampled.unpicklable_data_index = index
            sampled.data_pickle_error = error
            return
        count += 1
    if count:
        sampled.avg_data_pickle_time = (time.perf_counter() - start) / count
        sampled.data_size = size // count


def _look_at_results(sampled: SamplingResult) -> None:
    start = time.perf_counter()
    size = count = 0
    for result in sampled.results:
        try:
            size += len(pickle.dumps(result, protocol=5))
        except Exception as error:  # noqa: BLE001 - as above
            sampled.results_picklable = False
            sampled.result_pickle_error = error
            size += sys.getsizeof(result, 64)
        count += 1
    if count:
        sampled.avg_pickle_time = (time.perf_counter() - start) / count
        sampled.return_size = size // count


def _look_for_nesting(sampled: SamplingResult, meter: Meter) -> None:
    if os.environ.get("AMORSIZE_TESTING", "").lower() in ("1", "true", "yes"):
        return
    sampled.parallel_libraries = detect_parallel_libraries()
    grown = meter.threads_after > meter.threads_before
    one_thread = "1" in check_parallel_environment_vars().values()
    sampled.nested_parallelism_detected = grown or (bool(sampled.parallel_libraries) and not one_thread)


def perform_dry_run(
    func: Callable[[Any], Any],
    data: Iterable[Any],
    sample_size: int = 5,
    enable_function_profiling: bool = False,
    enable_memory_tracking: bool = True,
) -> SamplingResult:
    """Runs the first items once each and says what they cost.

    What an item raises ends the look and is kept in ``error``; the data can still be used in full. Long items end it early.
    """
    sampled = SamplingResult()
    sampled.sample, sampled.remaining_data, sampled.is_generator = safe_slice_data(data, sample_size)
    profiler = None
    if enable_function_profiling:
        import cProfile

        profiler = cProfile.Profile()
    meter = Meter()
    before = _memory_bytes() if enable_memory_tracking else 0
    try:
        for item in sampled.sample:
            if profiler is None and len(meter.item_times) >= _ENOUGH_ITEMS and meter.wall_s >= _ENOUGH_S:
                # The caller runs them all again: where items are long, more looks cost more than they tell.
                break
            if profiler is None:
                sampled.results.append(meter.run(func, item))
            else:
                sampled.results.append(meter.run(lambda one: profiler.runcall(func, one), item))
        meter.threads_after = get_current_thread_count()
    except Exception as error:  # noqa: BLE001 - the user's function may raise anything
        sampled.error = error
        if meter.item_times:
            sampled.avg_time = sum(meter.item_times) / len(meter.item_times)
        sampled.sample_count = len(sampled.results)
        sampled.is_picklable = check_picklability(func)
        return sampled
    if enable_memory_tracking:
        sampled.peak_memory = max(0, _memory_bytes() - before)
    if profiler is not None:
        import pstats

        sampled.function_profiler_stats = pstats.Stats(profiler)
    return fill(sampled, func, meter)


def _memory_bytes() -> int:
    """The most memory this process has had resident so far."""
    try:
        import resource
    except ImportError:
        return 0
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit
