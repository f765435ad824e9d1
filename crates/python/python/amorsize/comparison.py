"""Times several ways to run the same items."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from ._run import run_config
from .errors import InvalidParameter, check_workload, items_of
from .optimizer import optimize
from .result import OptimizationResult, bar_chart, table


@dataclass
class ComparisonConfig:
    """One way to run: how many workers of what kind, and how many items a chunk.

    >>> ComparisonConfig("two", n_jobs=2, chunksize=10)
    ComparisonConfig(name='two', n_jobs=2, chunksize=10, executor_type='process')
    """

    name: str
    n_jobs: int = 1
    chunksize: int = 1
    executor_type: str = "process"

    def __post_init__(self) -> None:
        for name in ("n_jobs", "chunksize"):
            value = getattr(self, name)
            if isinstance(value, bool) or not isinstance(value, int) or value < 1:
                raise ValueError(f"{name} must be at least 1, not {value!r}")
        if self.executor_type not in ("process", "thread", "serial"):
            raise ValueError(f"executor_type must be 'process', 'thread' or 'serial', not {self.executor_type!r}")

    def __str__(self) -> str:
        if self.executor_type == "serial" or self.n_jobs == 1:
            return f"{self.name}: Serial execution"
        return f"{self.name}: {self.n_jobs} {self.executor_type} workers, chunksize={self.chunksize}"


@dataclass(repr=False)
class ComparisonResult:
    """What each way took; speedups are against the first one."""

    configs: list[ComparisonConfig]
    execution_times: list[float]
    speedups: list[float]
    best_config_index: int
    recommendations: list[str] = field(default_factory=list)

    @property
    def best_config(self) -> ComparisonConfig:
        return self.configs[self.best_config_index]

    @property
    def best_time(self) -> float:
        return self.execution_times[self.best_config_index]

    @property
    def best_speedup(self) -> float:
        return self.speedups[self.best_config_index]

    def get_sorted_configs(self) -> list[tuple[ComparisonConfig, float, float]]:
        """The ways with their times and speedups, the quickest first."""
        return sorted(zip(self.configs, self.execution_times, self.speedups, strict=True), key=lambda one: one[1])

    def __repr__(self) -> str:
        return (
            f"ComparisonResult(best={self.best_config.name!r}, time={self.best_time:.4f}s, "
            f"speedup={self.best_speedup:.2f}x, configs={len(self.configs)})"
        )

    def __str__(self) -> str:
        lines = ["=== Strategy Comparison Results ==="]
        for config, seconds, speedup in self.get_sorted_configs():
            mark = " ⭐ FASTEST" if config is self.best_config else ""
            lines.append(f"{config}: {seconds:.4f}s, {speedup:.2f}x{mark}")
        if self.recommendations:
            lines += ["Recommendations:", *(f"  - {one}" for one in self.recommendations)]
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        rows = [(str(config), f"{seconds:.4f} s, {speedup:.2f}x") for config, seconds, speedup in self.get_sorted_configs()]
        return table(rows) + bar_chart([(c.name, t) for c, t, _ in self.get_sorted_configs()], " s")


def compare_strategies(
    func: Callable[[Any], Any],
    data: Iterable[Any],
    configs: list[ComparisonConfig],
    max_items: int | None = None,
    timeout: float = 120.0,
    verbose: bool = False,
) -> ComparisonResult:
    """Runs the items once in every way, until the time is over; what was not run has an infinite time."""
    check_workload(func, data, max_items, timeout)
    if not configs:
        raise InvalidParameter("configs cannot be empty: name at least one configuration")
    if not all(isinstance(config, ComparisonConfig) for config in configs):
        raise InvalidParameter("configs must be ComparisonConfig objects")
    items = items_of(data, max_items)
    if verbose:
        print(f"Comparing {len(configs)} strategies over {len(items)} items")
    until = time.perf_counter() + timeout
    times: list[float] = []
    for config in configs:
        if times and time.perf_counter() > until:
            times.append(float("inf"))
            continue
        if verbose:
            print(f"Testing: {config}")
        seconds, _ = run_config(func, items, config.n_jobs, config.chunksize, config.executor_type)
        times.append(seconds)
        if verbose:
            print(f"  Execution time: {seconds:.4f}s")
    first = times[0]
    speedups = [first / seconds if 0 < seconds < float("inf") else 0.0 for seconds in times]
    best = min(range(len(times)), key=times.__getitem__)
    return ComparisonResult(list(configs), times, speedups, best, _advice(configs, times, speedups, best))


def _advice(configs: list[ComparisonConfig], times: list[float], speedups: list[float], best: int) -> list[str]:
    advice = []
    skipped = [config.name for config, seconds in zip(configs, times, strict=True) if seconds == float("inf")]
    if skipped:
        advice.append(f"Not measured, the time was over: {', '.join(skipped)}")
    config = configs[best]
    if config.executor_type == "serial" or config.n_jobs == 1:
        if len(configs) > 1:
            advice.append("Serial execution is fastest: workers cost more than they gain here")
    elif speedups[best] / config.n_jobs < 0.5:
        advice.append(f"{config.name} is best but uses its workers to {speedups[best] / config.n_jobs:.0%} only")
    else:
        advice.append(f"{config.name} is best, {speedups[best]:.2f}x the first configuration")
    return advice


def compare_with_optimizer(
    func: Callable[[Any], Any],
    data: Iterable[Any],
    additional_configs: list[ComparisonConfig] | None = None,
    max_items: int | None = None,
    timeout: float = 120.0,
    verbose: bool = False,
) -> tuple[ComparisonResult, OptimizationResult]:
    """Compares a plain loop, what `optimize` recommends, and any further ways."""
    check_workload(func, data, max_items, timeout)
    items = items_of(data, max_items)
    if verbose:
        print("Computing optimizer recommendation")
    optimization = optimize(func, items, use_cache=False)
    if verbose:
        print(f"Optimizer recommends n_jobs={optimization.n_jobs}, chunksize={optimization.chunksize}")
        print(f"Predicted speedup: {optimization.estimated_speedup:.2f}x")
    executor = optimization.executor_type if optimization.n_jobs > 1 else "serial"
    configs = [
        ComparisonConfig("Serial", executor_type="serial"),
        ComparisonConfig("Optimizer", optimization.n_jobs, optimization.chunksize, executor),
        *(additional_configs or []),
    ]
    return compare_strategies(func, items, configs, timeout=timeout, verbose=verbose), optimization
