"""What a user's type checker sees; checked by mypy --strict, not run."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, assert_type

import amorsize
from amorsize import (
    AmorsizeError,
    BenchmarkResult,
    CacheError,
    CacheStats,
    CacheValidationResult,
    CannotTravel,
    ComparisonConfig,
    ComparisonResult,
    ConfigData,
    DiagnosticProfile,
    Executor,
    HistoryEntry,
    InvalidParameter,
    ItemTimeout,
    OptimizationResult,
    PerformanceResult,
    Pool,
    StreamingOptimizationResult,
    TuningResult,
    ValidationResult,
    WorkerLost,
    WorkloadSpec,
    bayesian_tune_parameters,
    cached,
    calculate_amdahl_speedup,
    check_matplotlib,
    clear_benchmark_cache,
    clear_cache,
    clear_history,
    compare_entries,
    compare_performance_results,
    compare_strategies,
    compare_with_optimizer,
    delete_result,
    estimate_safe_batch_size,
    execute,
    export_cache,
    get_benchmark_cache_dir,
    get_benchmark_cache_stats,
    get_cache_dir,
    get_cache_stats,
    get_default_config_dir,
    get_standard_workloads,
    imap,
    import_cache,
    list_configs,
    list_results,
    load_config,
    load_result,
    optimize,
    optimize_streaming,
    plot_comparison_times,
    plot_overhead_breakdown,
    plot_scaling_curve,
    plot_speedup_comparison,
    prewarm_cache,
    process_in_batches,
    prune_expired_cache,
    quick_tune,
    quick_validate,
    repair_cache,
    run_performance_benchmark,
    run_performance_suite,
    save_config,
    save_result,
    tune_parameters,
    validate_cache,
    validate_cache_entry,
    validate_optimization,
    validate_system,
    visualize_comparison_result,
)


def length(text: str) -> int:
    return len(text)


assert_type(execute(length, ["a"]), list[int])
results, plan = execute(length, ["a"], return_optimization_result=True)
assert_type(results, list[int])
assert_type(plan, OptimizationResult)
assert_type(optimize(length, ["a"]).n_jobs, int)
assert_type(list(imap(length, ["a"])), list[int])

with Pool(2) as pool:
    assert_type(pool.map(length, ["a"]), list[int])

with Executor() as executor:
    assert_type(executor.submit(length, "a").result(), int)


@cached(ttl=60)
def twice(number: int) -> int:
    return 2 * number


assert_type(twice(3), int)
assert_type(str(twice.why(3)), str)
assert_type(amorsize.get_cache_stats().total_entries, int)


@cached
async def later(number: int) -> str:
    return str(number)


async def ask() -> None:
    assert_type(await later(3), str)


assert_type(execute(length, ["a"], on=ThreadPoolExecutor(2), progress=print), list[int])
assert_type(calculate_amdahl_speedup(1.0, 0.0, 0.0, 0.0, 2, 1, 10), float)
assert_type(process_in_batches(length, ["a"]), list[int])
assert_type(optimize_streaming(length, ["a"]), StreamingOptimizationResult)
assert_type(validate_optimization(length, ["a"]), BenchmarkResult)
assert_type(tune_parameters(length, ["a"]), TuningResult)
assert_type(compare_strategies(length, ["a"], [ComparisonConfig("one")]), ComparisonResult)
assert_type(compare_with_optimizer(length, ["a"]), tuple[ComparisonResult, OptimizationResult])
assert_type(save_result(compare_strategies(length, ["a"], []), "one"), str)
assert_type(load_result("one"), HistoryEntry | None)
assert_type(load_config("one.json"), ConfigData)
assert_type(validate_system(), ValidationResult)
assert_type(validate_cache(), CacheValidationResult)
assert_type(get_benchmark_cache_stats(), CacheStats)
assert_type(import_cache("one.json"), tuple[int, int, int])
assert_type(get_standard_workloads(), list[WorkloadSpec])

# Every public name is a class or a function for the checker, and nothing is `Any` by mistake.
every: list[type[Any] | Callable[..., Any]] = [
    AmorsizeError,
    BenchmarkResult,
    CacheError,
    CacheStats,
    CacheValidationResult,
    CannotTravel,
    ComparisonConfig,
    ComparisonResult,
    ConfigData,
    DiagnosticProfile,
    Executor,
    HistoryEntry,
    InvalidParameter,
    ItemTimeout,
    OptimizationResult,
    PerformanceResult,
    Pool,
    StreamingOptimizationResult,
    TuningResult,
    ValidationResult,
    WorkerLost,
    WorkloadSpec,
    bayesian_tune_parameters,
    cached,
    calculate_amdahl_speedup,
    check_matplotlib,
    clear_benchmark_cache,
    clear_cache,
    clear_history,
    compare_entries,
    compare_performance_results,
    compare_strategies,
    compare_with_optimizer,
    delete_result,
    estimate_safe_batch_size,
    execute,
    export_cache,
    get_benchmark_cache_dir,
    get_benchmark_cache_stats,
    get_cache_dir,
    get_cache_stats,
    get_default_config_dir,
    get_standard_workloads,
    imap,
    import_cache,
    list_configs,
    list_results,
    load_config,
    load_result,
    optimize,
    optimize_streaming,
    plot_comparison_times,
    plot_overhead_breakdown,
    plot_scaling_curve,
    plot_speedup_comparison,
    prewarm_cache,
    process_in_batches,
    prune_expired_cache,
    quick_tune,
    quick_validate,
    repair_cache,
    run_performance_benchmark,
    run_performance_suite,
    save_config,
    save_result,
    tune_parameters,
    validate_cache,
    validate_cache_entry,
    validate_optimization,
    validate_system,
    visualize_comparison_result,
]
