"""Standard workloads, to see whether a new version decides worse than an old one."""

from __future__ import annotations

import json
import math
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from .benchmark import validate_optimization
from .optimizer import optimize
from .system_info import describe


@dataclass
class WorkloadSpec:
    """A workload with what is expected of it."""

    name: str
    description: str
    func: Callable[[Any], Any]
    data_generator: Callable[[int], Any]
    data_size: int
    expected_workload_type: str = "cpu_bound"
    min_speedup: float = 1.0
    max_execution_time: float = 60.0


@dataclass
class PerformanceResult:
    """What a workload has shown."""

    workload_name: str
    timestamp: float
    system_info: dict[str, Any]
    optimizer_result: dict[str, Any]
    benchmark_result: dict[str, Any] | None
    passed: bool
    regression_detected: bool
    issues: list[str] = field(default_factory=list)
    metadata: dict[str, Any] = field(default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        """As plain values."""
        return asdict(self)

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> PerformanceResult:
        """From plain values."""
        return cls(**{name: value for name, value in data.items() if name in cls.__dataclass_fields__})


def _arithmetic(item: int) -> float:
    total = 0.0
    for number in range(2_000):
        total += math.sqrt(item + number)
    return total


def _text(item: int) -> int:
    words = " ".join(f"word{(item * number) % 97}" for number in range(300))
    return len(set(words.upper().split()))


def _waiting(item: int) -> int:
    time.sleep(0.002)
    return item


def _uneven(item: int) -> int:
    return sum(number * number for number in range(200 * (1 + item % 20)))


def _tiny(item: int) -> int:
    return item + 1


def get_standard_workloads() -> list[WorkloadSpec]:
    """Five workloads: computing, text, waiting, uneven, and too little to share out."""
    return [
        WorkloadSpec("cpu_intensive", "square roots", _arithmetic, range, 300, "cpu_bound", 1.0),
        WorkloadSpec("mixed_text", "words of a text", _text, range, 300, "cpu_bound", 1.0),
        WorkloadSpec("io_bound", "short waits", _waiting, range, 200, "io_bound", 1.0),
        WorkloadSpec("heterogeneous", "items of very different cost", _uneven, range, 300, "cpu_bound", 1.0),
        WorkloadSpec("fast_function", "too little to share out", _tiny, range, 1_000, "cpu_bound", 1.0),
    ]


def run_performance_benchmark(
    workload: WorkloadSpec,
    run_validation: bool = True,
    validate_max_items: int | None = None,
    verbose: bool = False,
) -> PerformanceResult:
    """Decides for a workload, measures it, and says what is worse than expected."""
    issues: list[str] = []
    start = time.perf_counter()
    measured: dict[str, Any] | None = None
    try:
        data = workload.data_generator(workload.data_size)
        result = optimize(workload.func, data, use_cache=False)
        optimizer = {
            "n_jobs": result.n_jobs,
            "chunksize": result.chunksize,
            "executor_type": result.executor_type,
            "estimated_speedup": result.estimated_speedup,
            "reason": result.reason,
        }
        if run_validation:
            checked = validate_optimization(
                workload.func, list(result.data), result, max_items=validate_max_items, use_cache=False
            )
            measured = {
                "serial_time": checked.serial_time,
                "parallel_time": checked.parallel_time,
                "actual_speedup": checked.actual_speedup,
                "predicted_speedup": checked.predicted_speedup,
                "accuracy_percent": checked.accuracy_percent,
            }
            if checked.actual_speedup < 0.8 * workload.min_speedup:
                issues.append(f"Speedup {checked.actual_speedup:.2f}x is below {0.8 * workload.min_speedup:.2f}x")
            if checked.accuracy_percent < 50.0:
                issues.append(f"The prediction is accurate to {checked.accuracy_percent:.0f} % only")
    except Exception as error:  # noqa: BLE001 - a workload may raise anything, and that is its result
        optimizer = {}
        issues.append(f"{type(error).__name__}: {error}")
    taken = time.perf_counter() - start
    if taken > workload.max_execution_time:
        issues.append(f"It took {taken:.1f} s; {workload.max_execution_time:.1f} s is the limit")
    if verbose:
        print(f"{workload.name}: {'passed' if not issues else '; '.join(issues)}")
    return PerformanceResult(
        workload.name, time.time(), describe(), optimizer, measured, not issues, bool(issues), issues, {"seconds": taken}
    )


def run_performance_suite(
    workloads: list[WorkloadSpec] | None = None,
    run_validation: bool = True,
    validate_max_items: int | None = None,
    verbose: bool = False,
    save_results: bool = False,
    results_path: Any = None,
) -> dict[str, PerformanceResult]:
    """Runs several workloads; their results by name."""
    chosen = get_standard_workloads() if workloads is None else workloads
    results = {w.name: run_performance_benchmark(w, run_validation, validate_max_items, verbose) for w in chosen}
    if save_results:
        from ._files import publish

        path = Path(results_path or "performance_results.json")
        publish(path, json.dumps({name: result.to_dict() for name, result in results.items()}, indent=2))
    return results


def compare_performance_results(
    baseline_path: Any, current_path: Any, regression_threshold: float = 0.1
) -> dict[str, Any]:
    """Which workloads of two files have become slower, quicker, or are only in one of them."""
    baseline, current = _load(baseline_path), _load(current_path)
    report: dict[str, Any] = {
        "regressions": [],
        "improvements": [],
        "unchanged": [],
        "missing_workloads": sorted(set(baseline) - set(current)),
        "new_workloads": sorted(set(current) - set(baseline)),
    }
    for name in sorted(set(baseline) & set(current)):
        was, now = _speedup(baseline[name]), _speedup(current[name])
        if was is None or now is None:
            report["unchanged"].append({"workload": name})
            continue
        change = (now - was) / was if was > 0 else 0.0
        row = {"workload": name, "baseline_speedup": was, "current_speedup": now, "change_percent": 100.0 * change}
        kind = "unchanged"
        if change < -regression_threshold:
            kind = "regressions"
        elif change > regression_threshold:
            kind = "improvements"
        report[kind].append(row)
    return report


def _load(path: Any) -> dict[str, Any]:
    data = json.loads(Path(path).read_text(encoding="utf-8"))
    if not isinstance(data, dict):
        raise ValueError(f"{path}: not a file of performance results")
    return data


def _speedup(result: dict[str, Any]) -> float | None:
    measured = result.get("benchmark_result") or {}
    value = measured.get("actual_speedup")
    return float(value) if isinstance(value, (int, float)) else None
