"""What `optimize` answers: the recommendation, and the figures behind it."""

from __future__ import annotations

import html
import math
from dataclasses import dataclass, field
from typing import Any


@dataclass
class DiagnosticProfile:
    """Every figure behind a recommendation; times in seconds, sizes in bytes.

    >>> profile = DiagnosticProfile(overhead_spawn=0.1, overhead_ipc=0.3)
    >>> profile.get_overhead_breakdown()
    {'spawn': 25.0, 'ipc': 75.0, 'chunking': 0.0}
    """

    avg_execution_time: float = 0.0
    avg_pickle_time: float = 0.0
    avg_data_pickle_time: float = 0.0
    return_size_bytes: int = 0
    data_size_bytes: int = 0
    peak_memory_bytes: int = 0
    sample_count: int = 0
    is_picklable: bool = True
    coefficient_of_variation: float = 0.0
    is_heterogeneous: bool = False
    workload_type: str = "cpu_bound"
    cpu_time_ratio: float = 1.0
    physical_cores: int = 1
    logical_cores: int = 1
    spawn_cost: float = 0.0
    chunking_overhead: float = 0.0
    available_memory: int = 0
    multiprocessing_start_method: str = ""
    total_items: int = 0
    estimated_serial_time: float = 0.0
    estimated_result_memory: int = 0
    max_workers_cpu: int = 1
    max_workers_memory: int = 1
    optimal_chunksize: int = 1
    target_chunk_duration: float = 0.2
    overhead_spawn: float = 0.0
    overhead_ipc: float = 0.0
    overhead_chunking: float = 0.0
    parallel_compute_time: float = 0.0
    parallel_execution_time: float = 0.0
    theoretical_max_speedup: float = 1.0
    estimated_speedup: float = 1.0
    speedup_efficiency: float = 0.0
    rejection_reasons: list[str] = field(default_factory=list)
    constraints: list[str] = field(default_factory=list)
    recommendations: list[str] = field(default_factory=list)
    # The choices that were not taken: what, workers, chunk, predicted seconds, times the plan's.
    alternatives: list[dict[str, Any]] = field(default_factory=list, repr=False)

    def format_time(self, seconds: float) -> str:
        """A time as a person reads it.

        >>> DiagnosticProfile().format_time(0.05)
        '50.00ms'
        """
        return format_time(seconds)

    def format_bytes(self, bytes: int) -> str:  # noqa: A002 - the name callers know
        """A size as a person reads it.

        >>> DiagnosticProfile().format_bytes(2048)
        '2.00KB'
        """
        return format_bytes(bytes)

    def get_overhead_breakdown(self) -> dict[str, float]:
        """The parts of the overhead in percent of all of it."""
        parts = {"spawn": self.overhead_spawn, "ipc": self.overhead_ipc, "chunking": self.overhead_chunking}
        total = sum(parts.values())
        return {name: 100.0 * part / total if total > 0 else 0.0 for name, part in parts.items()}

    def explain_decision(self) -> str:
        """The whole decision as text."""
        rule = "=" * 70
        lines = [rule, "AMORSIZE DIAGNOSTIC PROFILE", rule]
        for title, rows in self._sections():
            lines += ["", f"[{title}]"]
            lines += [f"  {name + ':':<28} {value}" for name, value in rows]
        for title, points in (
            ("REJECTION REASONS", self.rejection_reasons),
            ("CONSTRAINTS", self.constraints),
            ("RECOMMENDATIONS", self.recommendations),
        ):
            if points:
                lines += ["", f"[{title}]"] + [f"  - {point}" for point in points]
        if self.alternatives:
            lines += ["", "[ALTERNATIVES NOT TAKEN]"]
            for other in self.alternatives:
                time = format_time(other["predicted_s"][0])
                lines.append(f"  {other['what']:<22} chunk {other['chunk']:<8} {time:>10}  {other['times']:.2f} times")
        return "\n".join([*lines, rule])

    def _sections(self) -> list[tuple[str, list[tuple[str, str]]]]:
        items = "unknown" if self.total_items < 0 else f"{self.total_items:,}"
        overhead = self.get_overhead_breakdown()
        return [
            (
                "WORKLOAD ANALYSIS",
                [
                    ("Function execution time", f"{format_time(self.avg_execution_time)} per item"),
                    ("Items sampled", str(self.sample_count)),
                    ("Variation of item times", f"{self.coefficient_of_variation:.2f}"),
                    ("Kind of work", f"{self.workload_type} (CPU {self.cpu_time_ratio:.0%} of the time)"),
                    ("Sending an item", f"{format_time(self.avg_data_pickle_time)}, {format_bytes(self.data_size_bytes)}"),
                    ("Sending a result", f"{format_time(self.avg_pickle_time)}, {format_bytes(self.return_size_bytes)}"),
                    ("Total items", items),
                    ("Estimated serial time", format_time(self.estimated_serial_time)),
                ],
            ),
            (
                "SYSTEM RESOURCES",
                [
                    ("Physical CPU cores", str(self.physical_cores)),
                    ("Logical CPU cores", str(self.logical_cores)),
                    ("Available memory", format_bytes(self.available_memory)),
                    ("Start method", self.multiprocessing_start_method),
                    ("Cost of a worker", format_time(self.spawn_cost)),
                    ("Cost of a chunk", format_time(self.chunking_overhead)),
                ],
            ),
            (
                "OPTIMIZATION DECISION",
                [
                    ("Workers by CPU", str(self.max_workers_cpu)),
                    ("Workers by memory", str(self.max_workers_memory)),
                    ("Chunksize", str(self.optimal_chunksize)),
                    ("Theoretical max speedup", f"{self.theoretical_max_speedup:.2f}x"),
                    ("Estimated speedup", f"{self.estimated_speedup:.2f}x"),
                    ("Efficiency", f"{self.speedup_efficiency:.0%}"),
                    ("Overhead", ", ".join(f"{name} {part:.0f} %" for name, part in overhead.items())),
                ],
            ),
        ]


class OptimizationResult:
    """What to do with a workload, and why.

    >>> print(OptimizationResult(2, 10, "it pays", 1.9))
    Recommended: n_jobs=2, chunksize=10
    Reason: it pays
    Estimated speedup: 1.90x
    """

    def __init__(
        self,
        n_jobs: int,
        chunksize: int,
        reason: str,
        estimated_speedup: float = 1.0,
        warnings: list[str] | None = None,
        data: Any = None,
        profile: DiagnosticProfile | None = None,
        executor_type: str = "process",
        function_profiler_stats: Any = None,
        cache_hit: bool = False,
        *,
        miss_reason: str = "",
        sampled_results: list[Any] | None = None,
    ) -> None:
        self.n_jobs = n_jobs
        self.chunksize = chunksize
        self.reason = reason
        self.estimated_speedup = estimated_speedup
        self.warnings: list[str] = list(warnings or [])
        self.data = data
        self.profile = profile
        self.executor_type = executor_type
        self.function_profiler_stats = function_profiler_stats
        self.cache_hit = cache_hit
        # Why the cache had no answer; empty on a hit and where no cache was asked.
        self.miss_reason = miss_reason
        # What the sampled items gave, so that nobody has to run them again.
        self.sampled_results: list[Any] = list(sampled_results or [])

    def __repr__(self) -> str:
        return (
            f"OptimizationResult(n_jobs={self.n_jobs}, chunksize={self.chunksize}, "
            f"executor_type={self.executor_type!r}, estimated_speedup={self.estimated_speedup:.2f})"
        )

    def __str__(self) -> str:
        executor = "" if self.executor_type == "process" else f", executor={self.executor_type}"
        cached = " (cached)" if self.cache_hit and "(cached)" not in self.reason else ""
        lines = [
            f"Recommended: n_jobs={self.n_jobs}, chunksize={self.chunksize}{executor}",
            f"Reason: {self.reason}{cached}",
            f"Estimated speedup: {self.estimated_speedup:.2f}x",
        ]
        if self.warnings:
            lines += ["Warnings:", *(f"  - {warning}" for warning in self.warnings)]
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        rows = [
            ("Workers", str(self.n_jobs)),
            ("Chunk", str(self.chunksize)),
            ("Executor", self.executor_type if self.n_jobs > 1 else "serial"),
            ("Estimated speedup", f"{self.estimated_speedup:.2f}x"),
            ("Reason", self.reason),
            *(("Warning", warning) for warning in self.warnings),
        ]
        bars = [("one after the other", 1.0), ("as recommended", 1.0 / max(self.estimated_speedup, 1e-9))]
        return table(rows) + bar_chart(bars, " of the time")

    def explain(self) -> str:
        """The figures behind the recommendation; needs ``optimize(..., profile=True)``."""
        if self.profile is None:
            return "Profiling is not enabled: call optimize(..., profile=True) to see the figures behind the decision."
        return self.profile.explain_decision()

    def _stats(self) -> Any:
        if self.function_profiler_stats is None:
            raise ValueError(
                "Function profiling is not enabled: call optimize(..., enable_function_profiling=True)."
            )
        return self.function_profiler_stats

    def show_function_profile(self, sort_by: str = "cumulative", limit: int = 20) -> None:
        """Prints where the sampled calls spent their time."""
        import sys

        stats = self._stats()
        stats.stream = sys.stdout
        stats.sort_stats(sort_by).print_stats(limit)

    def save_function_profile(self, path: Any, sort_by: str = "cumulative", limit: int = 50) -> None:
        """Writes where the sampled calls spent their time: as text, or as a dump for ``pstats`` (``.prof``)."""
        stats = self._stats()
        if str(path).endswith(".prof"):
            stats.dump_stats(str(path))
            return
        import sys

        with open(path, "w", encoding="utf-8") as file:
            stats.stream = file
            try:
                stats.sort_stats(sort_by).print_stats(limit)
            finally:
                stats.stream = sys.stdout

    def save_config(
        self, path: Any, function_name: str | None = None, notes: str | None = None, overwrite: bool = False
    ) -> None:
        """Writes the recommendation to a file that ``load_config`` reads."""
        from .config import ConfigData, save_config

        try:
            size: int | None = len(self.data)
        except TypeError:
            size = None
        config = ConfigData(
            n_jobs=self.n_jobs,
            chunksize=self.chunksize,
            executor_type=self.executor_type,
            estimated_speedup=self.estimated_speedup,
            function_name=function_name,
            data_size=size,
            avg_execution_time=self.profile.avg_execution_time if self.profile else None,
            notes=notes,
            source="optimize",
        )
        save_config(config, path, overwrite=overwrite)


def format_time(seconds: float) -> str:
    """A time with the unit a person would choose."""
    if seconds < 0.001:
        return f"{seconds * 1e6:.1f}μs"
    if seconds < 1:
        return f"{seconds * 1e3:.2f}ms"
    return f"{seconds:.2f}s"


def format_bytes(size: float) -> str:
    """A size with the unit a person would choose."""
    if size < 1024:
        return f"{size:.0f}B"
    for unit in ("KB", "MB"):
        size /= 1024
        if size < 1024:
            return f"{size:.2f}{unit}"
    return f"{size / 1024:.2f}GB"


def table(rows: list[tuple[str, str]]) -> str:
    """Two columns as HTML, escaped."""
    body = "".join(
        f"<tr><th style='text-align:left;vertical-align:top;white-space:nowrap'>{html.escape(name)}</th><td style='text-align:left'>{html.escape(value)}</td></tr>"
        for name, value in rows
    )
    return f"<table>{body}</table>"


def bar_chart(bars: list[tuple[str, float]], unit: str = "") -> str:
    """Horizontal bars as SVG, in the colour of the text around them."""
    # What was never run has no length that could be drawn.
    bars = [(name, value) for name, value in bars if math.isfinite(value)]
    if not bars:
        return ""
    most = max(value for _, value in bars) or 1.0
    rows = []
    for at, (name, value) in enumerate(bars):
        y = 4 + 22 * at
        label = f"{value:.3g}{unit}"
        rows.append(
            f"<text x='0' y='{y + 13}'>{html.escape(name if len(name) <= 26 else name[:25] + '…')}</text>"
            f"<rect x='170' y='{y}' width='{260 * max(value, 0) / most:.1f}' height='16' fill-opacity='.5'/>"
            f"<text x='{175 + 260 * max(value, 0) / most:.1f}' y='{y + 13}'>{html.escape(label)}</text>"
        )
    height = 8 + 22 * len(bars)
    return (
        f"<svg xmlns='http://www.w3.org/2000/svg' width='500' height='{height}' viewBox='0 0 500 {height}' "
        f"font-size='12' fill='currentColor'>{''.join(rows)}</svg>"
    )
