"""`optimize`: looks at a few items and says how to run all of them.

The figures are measured here; which workers and which chunk follow from them is decided by the compiled planner, which
looks at every number of workers.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from . import _native
from .errors import InvalidParameter
from .result import DiagnosticProfile, OptimizationResult, format_bytes, format_time
from .sampling import (
    SamplingResult,
    estimate_total_items,
    internal_threads,
    perform_dry_run,
    reconstruct_iterator,
)
from .system_info import (
    calculate_max_workers,
    get_available_memory,
    get_chunking_overhead,
    get_logical_cores,
    get_multiprocessing_start_method,
    get_physical_cores,
    get_spawn_cost,
)

__all__ = [
    "DiagnosticProfile",
    "OptimizationResult",
    "calculate_amdahl_speedup",
    "optimize",
]

ProgressCallback = Callable[[str, float], None]

WORTH_IT = 1.2
_COMPUTES_FROM = 0.9
THREAD_START_S = 0.0001
THREAD_CHUNK_S = 0.00003
# Without a known length the plan is made for so many items.
UNKNOWN_LENGTH_TAKEN = 1_000


def calculate_amdahl_speedup(
    total_compute_time: float,
    pickle_overhead_per_item: float,
    spawn_cost_per_worker: float,
    chunking_overhead_per_chunk: float,
    n_jobs: int,
    chunksize: int,
    total_items: int,
    data_pickle_overhead_per_item: float = 0.0,
) -> float:
    """The speedup of a closed formula: serial time over start, even share, pickling and chunks; at most ``n_jobs``.

    >>> calculate_amdahl_speedup(10.0, 0.0, 0.0, 0.0, 2, 10, 100)
    2.0
    >>> calculate_amdahl_speedup(0.0, 0.0, 0.0, 0.0, 2, 10, 100)
    1.0
    """
    if total_compute_time <= 0 or n_jobs <= 0 or chunksize <= 0 or total_items <= 0:
        return 1.0
    parallel = (
        spawn_cost_per_worker * n_jobs
        + total_compute_time / n_jobs
        + (pickle_overhead_per_item + data_pickle_overhead_per_item) * total_items
        + chunking_overhead_per_chunk * math.ceil(total_items / chunksize)
    )
    return min(total_compute_time / parallel, float(n_jobs)) if parallel > 0 else 1.0


def check_parameters(
    func: Any,
    data: Any,
    sample_size: Any,
    target_chunk_duration: Any,
    flags: dict[str, Any],
    progress_callback: Any = None,
) -> None:
    """Raises `InvalidParameter` for the first parameter that cannot be."""
    if func is None:
        raise InvalidParameter("func parameter cannot be None", hint="pass the function that every item is given to")
    if not callable(func):
        raise InvalidParameter(f"func parameter must be callable, not {type(func).__name__}")
    if data is None:
        raise InvalidParameter("data parameter cannot be None", hint="pass a list, a range, a generator, any iterable")
    if not hasattr(data, "__iter__"):
        raise InvalidParameter(f"data parameter must be iterable, and {type(data).__name__} is not")
    if isinstance(sample_size, bool) or not isinstance(sample_size, int):
        raise InvalidParameter(f"sample_size must be an integer, not {type(sample_size).__name__}")
    if sample_size < 1:
        raise InvalidParameter(f"sample_size must be positive, not {sample_size}")
    if sample_size > 10_000:
        raise InvalidParameter(f"sample_size is unreasonably large: {sample_size} (maximum 10000)")
    if isinstance(target_chunk_duration, bool) or not isinstance(target_chunk_duration, (int, float)):
        raise InvalidParameter(f"target_chunk_duration must be a number, not {type(target_chunk_duration).__name__}")
    if not target_chunk_duration > 0:
        raise InvalidParameter(f"target_chunk_duration must be positive, not {target_chunk_duration}")
    if target_chunk_duration > 3600:
        raise InvalidParameter(
            f"target_chunk_duration is unreasonably large: {target_chunk_duration} (maximum 3600 seconds)"
        )
    for name, value in flags.items():
        if not isinstance(value, bool):
            raise InvalidParameter(f"{name} must be a boolean, not {type(value).__name__}")
    if progress_callback is not None and not callable(progress_callback):
        raise InvalidParameter(f"progress_callback must be callable or None, not {type(progress_callback).__name__}")


def report(callback: ProgressCallback | None, phase: str, progress: float) -> None:
    """Tells the callback; what it raises is its own affair."""
    if callback is not None:
        try:
            callback(phase, progress)
        except Exception:  # noqa: BLE001 - a broken progress bar must not end the work
            pass


@dataclass
class Decision:
    """What was decided, before it is put into a result."""

    n_jobs: int = 1
    chunksize: int = 1
    executor_type: str = "process"
    speedup: float = 1.0
    reason: str = ""
    warnings: list[str] = field(default_factory=list)
    profile: DiagnosticProfile = field(default_factory=DiagnosticProfile)
    keep: bool = True

    def serial(self, reason: str, *, keep: bool = True, why_not: str | None = None, chunksize: int = 1) -> Decision:
        self.n_jobs, self.chunksize, self.speedup = 1, chunksize, 1.0
        self.executor_type = "process"
        self.reason, self.keep = reason, keep
        if why_not is not None:
            self.profile.rejection_reasons.append(why_not)
        return self

    def result(self, data: Any, with_profile: bool, **more: Any) -> OptimizationResult:
        """What the caller gets."""
        return OptimizationResult(
            self.n_jobs,
            self.chunksize,
            self.reason,
            self.speedup,
            self.warnings,
            data,
            self.profile if with_profile else None,
            self.executor_type,
            **more,
        )


@dataclass
class Asked:
    """The options of a caller that change the answer."""

    target_chunk_duration: float = 0.2
    use_spawn_benchmark: bool = True
    use_chunking_benchmark: bool = True
    auto_adjust_for_nested_parallelism: bool = True
    prefer_threads_for_io: bool = True


def ask(
    func: Any, data: Any, sample_size: Any, target_chunk_duration: Any, progress_callback: Any, **flags: Any
) -> Asked:
    """Checks every parameter and keeps those that change the answer."""
    check_parameters(func, data, sample_size, target_chunk_duration, flags, progress_callback)
    kept = {name: flags[name] for name in Asked.__dataclass_fields__ if name in flags}
    return Asked(float(target_chunk_duration), **kept)


@dataclass
class Known:
    """What workers have without being sent it: a forked worker has the memory of its parent."""

    function: bool = False
    items: bool = False


def decide(sampled: SamplingResult, total: int, asked: Asked, known: Known | None = None) -> Decision:
    """What follows from the figures; ``total`` is -1 where the number of items is unknown."""
    decision = Decision()
    profile = decision.profile
    _describe_sample(profile, sampled, total, asked)
    if sampled.error is not None:
        text = f"Error during sampling: {type(sampled.error).__name__}: {sampled.error}"
        return decision.serial(text, keep=False, why_not=text)
    if sampled.sample_count == 0:
        decision.warnings.append("There is no data")
        return decision.serial("There is no data: nothing to share out", keep=False, why_not="workload too small: no items")
    threads = sampled.workload_type == "io_bound" and asked.prefer_threads_for_io
    if not threads:
        refused = _cannot_travel(sampled, decision, known or Known())
        if refused is not None:
            return refused
    return _search(sampled, total, asked, decision, threads)


def _cannot_travel(sampled: SamplingResult, decision: Decision, known: Known) -> Decision | None:
    if not (sampled.is_picklable or known.function):
        text = "Function is not picklable - serial execution"
        decision.profile.recommendations.append("define the function at the top level of a module")
        return decision.serial(text, keep=False, why_not="the function cannot be pickled, so no speedup by processes")
    if not (sampled.data_items_picklable or known.items):
        index, error = sampled.unpicklable_data_index, sampled.data_pickle_error
        text = f"Data item {index} is not picklable ({type(error).__name__}: {error}) - serial execution"
        return decision.serial(text, keep=False, why_not=f"data item {index} cannot be pickled")
    if not sampled.results_picklable:
        text = f"Results are not picklable ({sampled.result_pickle_error}) - serial execution"
        return decision.serial(text, keep=False, why_not="results cannot be pickled")
    return None


def _search(sampled: SamplingResult, total: int, asked: Asked, decision: Decision, threads: bool) -> Decision:
    from .pool import limits

    profile = decision.profile
    bounds = limits("thread" if threads else "process")
    items = total if total >= 0 else UNKNOWN_LENGTH_TAKEN
    start = THREAD_START_S if threads else profile.spawn_cost
    overhead = THREAD_CHUNK_S if threads else profile.chunking_overhead
    # A result is pickled by the worker and read by the parent, an item the other way round.
    transfer = 0.0 if threads else sampled.avg_pickle_time + sampled.avg_data_pickle_time
    most = _workers_most(sampled, asked, decision, threads, int(bounds["workers_most"]))
    longest = max(1, int(asked.target_chunk_duration / sampled.avg_time)) if sampled.avg_time > 0 else items
    plan = _native.plan(
        {
            "items": items,
            "item_s": [seconds + transfer for seconds in sampled.item_times],
            "start_s": start,
            "overhead_s": overhead,
            "dispatcher_s": min(overhead, 0.0001) + transfer,
            # So little waiting cannot be told from the clocks' own noise, and asks for no more workers.
            "cpu_share": 1.0 if sampled.cpu_time_ratio >= _COMPUTES_FROM else sampled.cpu_time_ratio,
            "memory_bytes": sampled.peak_memory or None,
            "cpus": bounds["cpus"],
            "workers_most": most,
            "memory_most": int(0.8 * get_available_memory()),
            "threads": threads,
            "workers": None,
            "chunk": None,
            "chunk_most": max(1, min(longest, items)),
        }
    )
    _warn_about_memory(sampled, total, decision)
    if total < 0:
        decision.warnings.append(
            f"The length of the data is unknown; the plan is made for {UNKNOWN_LENGTH_TAKEN:,} items"
        )
        profile.constraints.append("unknown length (generator): serial time and results cannot be estimated")
    return _judge(sampled, plan, decision, items, threads)


def _judge(
    sampled: SamplingResult, plan: dict[str, Any], decision: Decision, items: int, threads: bool
) -> Decision:
    profile = decision.profile
    serial_s = sampled.avg_time * items
    workers, chunk = int(plan["workers"]), int(plan["chunk"])
    predicted = float(plan["predicted_s"][0])
    profile.alternatives = plan["rejected"]
    if workers <= 1:
        others = [float(other["predicted_s"][0]) for other in plan["rejected"] if other["workers"] > 1]
        best = serial_s / min(others) if others and min(others) > 0 else 1.0
        text = f"Serial: {plan['reason']}"
        return decision.serial(text, why_not=f"Workload too small: best parallel speedup {best:.2f}x", chunksize=max(1, min(chunk, items)))
    speedup = min(serial_s / predicted, float(workers)) if predicted > 0 else 1.0
    profile.overhead_spawn = (THREAD_START_S if threads else profile.spawn_cost) * workers
    profile.overhead_ipc = (sampled.avg_pickle_time + sampled.avg_data_pickle_time) * items if not threads else 0.0
    profile.overhead_chunking = (THREAD_CHUNK_S if threads else profile.chunking_overhead) * math.ceil(items / chunk)
    profile.parallel_compute_time = serial_s / workers
    profile.parallel_execution_time = predicted
    profile.optimal_chunksize = chunk
    if speedup < WORTH_IT:
        text = f"Parallelization provides minimal benefit (estimated speedup {speedup:.2f}x)"
        return decision.serial(text, why_not=f"Estimated speedup {speedup:.2f}x is below {WORTH_IT}x")
    decision.n_jobs, decision.chunksize, decision.speedup = workers, chunk, speedup
    decision.executor_type = "thread" if threads else "process"
    kind = "threads" if threads else "processes"
    waits = " (I/O-bound: threads wait as well as processes and cost less)" if threads else ""
    decision.reason = f"{workers} {kind}, {chunk} items a chunk: {plan['reason']}{waits}"
    profile.estimated_speedup = speedup
    profile.speedup_efficiency = min(1.0, speedup / workers)
    profile.theoretical_max_speedup = max(profile.theoretical_max_speedup, float(workers))
    if sampled.workload_type == "mixed":
        profile.recommendations.append("items both compute and wait: more workers than cores can pay")
    return decision


def _workers_most(sampled: SamplingResult, asked: Asked, decision: Decision, threads: bool, most: int) -> int:
    profile = decision.profile
    if not threads:
        by_memory = calculate_max_workers(most, sampled.peak_memory)
        if by_memory < most:
            most = by_memory
            profile.constraints.append(f"memory leaves room for {most} workers")
    inside = internal_threads(sampled) if sampled.nested_parallelism_detected else 1
    if inside > 1:
        names = ", ".join(sampled.parallel_libraries) or "more threads after the first calls"
        decision.warnings.append(f"Nested parallelism detected ({names}): each call may use {inside} threads")
        if asked.auto_adjust_for_nested_parallelism:
            most = max(1, min(most, profile.physical_cores // inside))
            profile.constraints.append(f"{inside} threads inside each call leave room for {most} workers")
    return most


def _warn_about_memory(sampled: SamplingResult, total: int, decision: Decision) -> None:
    profile = decision.profile
    if total > 0 and profile.estimated_result_memory > 0.5 * profile.available_memory:
        size, free = format_bytes(profile.estimated_result_memory), format_bytes(profile.available_memory)
        decision.warnings.append(f"Memory: all results together take about {size} of {free} available")
        profile.constraints.append(f"results need about {size}")
        profile.recommendations.append("take results as they come (amorsize.imap) or in batches (process_in_batches)")


def _describe_sample(profile: DiagnosticProfile, sampled: SamplingResult, total: int, asked: Asked) -> None:
    profile.avg_execution_time = sampled.avg_time
    profile.avg_pickle_time = sampled.avg_pickle_time
    profile.avg_data_pickle_time = sampled.avg_data_pickle_time
    profile.return_size_bytes = sampled.return_size
    profile.data_size_bytes = sampled.data_size
    profile.peak_memory_bytes = sampled.peak_memory
    profile.sample_count = sampled.sample_count
    profile.is_picklable = sampled.is_picklable
    profile.coefficient_of_variation = sampled.coefficient_of_variation
    profile.is_heterogeneous = sampled.coefficient_of_variation > 0.5
    profile.workload_type = sampled.workload_type
    profile.cpu_time_ratio = sampled.cpu_time_ratio
    profile.physical_cores = get_physical_cores()
    profile.logical_cores = get_logical_cores()
    # Work too short to pay for any worker needs no measuring of what a worker costs.
    short = total >= 0 and sampled.avg_time * total < 0.002
    profile.spawn_cost = get_spawn_cost(asked.use_spawn_benchmark and not short)
    profile.chunking_overhead = get_chunking_overhead(asked.use_chunking_benchmark and not short)
    profile.available_memory = get_available_memory()
    profile.multiprocessing_start_method = get_multiprocessing_start_method()
    profile.total_items = total
    profile.estimated_serial_time = sampled.avg_time * max(0, total)
    profile.estimated_result_memory = sampled.return_size * max(0, total)
    profile.max_workers_cpu = profile.logical_cores
    profile.max_workers_memory = calculate_max_workers(profile.logical_cores, sampled.peak_memory)
    profile.target_chunk_duration = asked.target_chunk_duration
    profile.theoretical_max_speedup = float(max(1, min(profile.logical_cores, total if total > 0 else profile.logical_cores)))


def optimize(
    func: Callable[[Any], Any],
    data: Iterable[Any],
    sample_size: int = 5,
    target_chunk_duration: float = 0.2,
    verbose: bool = False,
    use_spawn_benchmark: bool = True,
    use_chunking_benchmark: bool = True,
    profile: bool = False,
    auto_adjust_for_nested_parallelism: bool = True,
    progress_callback: ProgressCallback | None = None,
    prefer_threads_for_io: bool = True,
    enable_function_profiling: bool = False,
    use_cache: bool = True,
) -> OptimizationResult:
    """Runs a few items and says with how many workers, in chunks of how many, to run all of them.

    >>> result = optimize(abs, [-1, 2, -3], use_cache=False)
    >>> result.n_jobs, list(result.data)
    (1, [-1, 2, -3])

    Use ``result.data`` afterwards: a generator that was looked into is whole again there. Bad parameters raise
    ``ValueError``; whatever goes wrong later ends in a serial recommendation that says why.
    """
    asked = ask(
        func,
        data,
        sample_size,
        target_chunk_duration,
        progress_callback,
        use_spawn_benchmark=use_spawn_benchmark,
        use_chunking_benchmark=use_chunking_benchmark,
        auto_adjust_for_nested_parallelism=auto_adjust_for_nested_parallelism,
        prefer_threads_for_io=prefer_threads_for_io,
        verbose=verbose,
        profile=profile,
        enable_function_profiling=enable_function_profiling,
        use_cache=use_cache,
    )
    report(progress_callback, "Starting optimization", 0.0)
    total = estimate_total_items(data)
    remembered = None
    if use_cache and not profile and not enable_function_profiling and total >= 0:
        from ._remember import Remembered

        remembered = Remembered(func, data, total, asked)
        hit = remembered.look(verbose)
        if hit is not None:
            report(progress_callback, "Optimization complete", 1.0)
            return hit
    if verbose:
        print("Performing dry run sampling...")
    report(progress_callback, "Sampling function", 0.1)
    sampled = perform_dry_run(func, data, sample_size, enable_function_profiling)
    whole = reconstruct_iterator(sampled.sample, sampled.remaining_data) if sampled.is_generator else data
    report(progress_callback, "Sampling complete", 0.3)
    report(progress_callback, "Analyzing system", 0.5)
    decision = decide(sampled, total, asked)
    report(progress_callback, "Calculating optimal parameters", 0.7)
    report(progress_callback, "Estimating speedup", 0.9)
    if remembered is not None and decision.keep:
        remembered.keep(decision)
    if verbose:
        _tell(decision)
    report(progress_callback, "Optimization complete", 1.0)
    return decision.result(
        whole,
        profile,
        function_profiler_stats=sampled.function_profiler_stats,
        miss_reason=remembered.miss_reason if remembered is not None else "",
        sampled_results=sampled.results,
    )


def _tell(decision: Decision) -> None:
    profile = decision.profile
    print(f"Average item: {format_time(profile.avg_execution_time)}, {profile.workload_type}")
    print(f"Cores: {profile.physical_cores} physical, {profile.logical_cores} logical")
    print(f"Estimated serial time: {format_time(profile.estimated_serial_time)}")
    print(f"Decision: n_jobs={decision.n_jobs}, chunksize={decision.chunksize} - {decision.reason}")
    for warning in decision.warnings:
        print(f"Warning: {warning}")
