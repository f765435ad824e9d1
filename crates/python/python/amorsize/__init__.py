"""Does it pay to run it in parallel, is it safe, and a cache that never lies about a miss.

>>> from amorsize import execute
>>> execute(abs, [-1, 2, -3])
[1, 2, 3]

Every name here is loaded when it is first used, so that ``import amorsize`` costs next to nothing.
"""

from __future__ import annotations

from importlib import import_module

# Type checkers know the name and take it as true; the module `typing` itself would be most of the cost of importing.
TYPE_CHECKING = False

__version__ = "0.1.0"

_HOMES: dict[str, tuple[str, ...]] = {
    "optimizer": ("optimize", "DiagnosticProfile", "OptimizationResult", "calculate_amdahl_speedup"),
    "executor": ("execute",),
    "pool": ("Pool", "imap"),
    "futures": ("Executor",),
    "memo": ("cached",),
    "errors": (
        "AmorsizeError",
        "CacheError",
        "InvalidParameter",
        "CannotTravel",
        "ItemTimeout",
        "WorkerLost",
    ),
    "batch": ("process_in_batches", "estimate_safe_batch_size"),
    "streaming": ("optimize_streaming", "StreamingOptimizationResult"),
    "benchmark": ("validate_optimization", "quick_validate", "BenchmarkResult"),
    "validation": ("validate_system", "ValidationResult"),
    "comparison": (
        "compare_strategies",
        "compare_with_optimizer",
        "ComparisonConfig",
        "ComparisonResult",
    ),
    "visualization": (
        "plot_comparison_times",
        "plot_speedup_comparison",
        "plot_overhead_breakdown",
        "plot_scaling_curve",
        "visualize_comparison_result",
        "check_matplotlib",
    ),
    "history": (
        "save_result",
        "load_result",
        "list_results",
        "delete_result",
        "compare_entries",
        "clear_history",
        "HistoryEntry",
    ),
    "tuning": ("tune_parameters", "quick_tune", "bayesian_tune_parameters", "TuningResult"),
    "config": ("save_config", "load_config", "list_configs", "get_default_config_dir", "ConfigData"),
    "performance": (
        "run_performance_benchmark",
        "run_performance_suite",
        "compare_performance_results",
        "get_standard_workloads",
        "WorkloadSpec",
        "PerformanceResult",
    ),
    "cache": (
        "clear_cache",
        "prune_expired_cache",
        "get_cache_dir",
        "clear_benchmark_cache",
        "get_benchmark_cache_dir",
        "get_cache_stats",
        "get_benchmark_cache_stats",
        "CacheStats",
        "prewarm_cache",
        "export_cache",
        "import_cache",
        "validate_cache",
        "validate_cache_entry",
        "repair_cache",
        "CacheValidationResult",
    ),
}
_HOME = {name: home for home, names in _HOMES.items() for name in names}

__all__ = [  # noqa: PLE0604
    "__version__",
    *_HOME,
]

if TYPE_CHECKING:
    from typing import Any

    from .batch import estimate_safe_batch_size as estimate_safe_batch_size
    from .batch import process_in_batches as process_in_batches
    from .benchmark import BenchmarkResult as BenchmarkResult
    from .benchmark import quick_validate as quick_validate
    from .benchmark import validate_optimization as validate_optimization
    from .cache import CacheStats as CacheStats
    from .cache import CacheValidationResult as CacheValidationResult
    from .cache import clear_benchmark_cache as clear_benchmark_cache
    from .cache import clear_cache as clear_cache
    from .cache import export_cache as export_cache
    from .cache import get_benchmark_cache_dir as get_benchmark_cache_dir
    from .cache import get_benchmark_cache_stats as get_benchmark_cache_stats
    from .cache import get_cache_dir as get_cache_dir
    from .cache import get_cache_stats as get_cache_stats
    from .cache import import_cache as import_cache
    from .cache import prewarm_cache as prewarm_cache
    from .cache import prune_expired_cache as prune_expired_cache
    from .cache import repair_cache as repair_cache
    from .cache import validate_cache as validate_cache
    from .cache import validate_cache_entry as validate_cache_entry
    from .comparison import ComparisonConfig as ComparisonConfig
    from .comparison import ComparisonResult as ComparisonResult
    from .comparison import compare_strategies as compare_strategies
    from .comparison import compare_with_optimizer as compare_with_optimizer
    from .config import ConfigData as ConfigData
    from .config import get_default_config_dir as get_default_config_dir
    from .config import list_configs as list_configs
    from .config import load_config as load_config
    from .config import save_config as save_config
    from .errors import AmorsizeError as AmorsizeError
    from .errors import CacheError as CacheError
    from .errors import CannotTravel as CannotTravel
    from .errors import InvalidParameter as InvalidParameter
    from .errors import ItemTimeout as ItemTimeout
    from .errors import WorkerLost as WorkerLost
    from .executor import execute as execute
    from .futures import Executor as Executor
    from .history import HistoryEntry as HistoryEntry
    from .history import clear_history as clear_history
    from .history import compare_entries as compare_entries
    from .history import delete_result as delete_result
    from .history import list_results as list_results
    from .history import load_result as load_result
    from .history import save_result as save_result
    from .memo import cached as cached
    from .optimizer import DiagnosticProfile as DiagnosticProfile
    from .optimizer import OptimizationResult as OptimizationResult
    from .optimizer import calculate_amdahl_speedup as calculate_amdahl_speedup
    from .optimizer import optimize as optimize
    from .performance import PerformanceResult as PerformanceResult
    from .performance import WorkloadSpec as WorkloadSpec
    from .performance import compare_performance_results as compare_performance_results
    from .performance import get_standard_workloads as get_standard_workloads
    from .performance import run_performance_benchmark as run_performance_benchmark
    from .performance import run_performance_suite as run_performance_suite
    from .pool import Pool as Pool
    from .pool import imap as imap
    from .streaming import StreamingOptimizationResult as StreamingOptimizationResult
    from .streaming import optimize_streaming as optimize_streaming
    from .tuning import TuningResult as TuningResult
    from .tuning import bayesian_tune_parameters as bayesian_tune_parameters
    from .tuning import quick_tune as quick_tune
    from .tuning import tune_parameters as tune_parameters
    from .validation import ValidationResult as ValidationResult
    from .validation import validate_system as validate_system
    from .visualization import check_matplotlib as check_matplotlib
    from .visualization import plot_comparison_times as plot_comparison_times
    from .visualization import plot_overhead_breakdown as plot_overhead_breakdown
    from .visualization import plot_scaling_curve as plot_scaling_curve
    from .visualization import plot_speedup_comparison as plot_speedup_comparison
    from .visualization import visualize_comparison_result as visualize_comparison_result


_MODULES = frozenset(_HOMES) | {"sampling", "system_info", "django", "joblib"}


def __getattr__(name: str) -> Any:
    home = _HOME.get(name)
    if home is not None:
        value = getattr(import_module(f"{__name__}.{home}"), name)
    elif name in _MODULES:
        value = import_module(f"{__name__}.{name}")
    else:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__, *_MODULES})
