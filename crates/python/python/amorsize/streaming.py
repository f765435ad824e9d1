"""Advice for streams: whether ``imap`` or ``imap_unordered`` pays, with how many workers.

`amorsize.imap` needs no advice: it decides while it runs. This is for those who run ``multiprocessing.Pool`` themselves.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from .errors import InvalidParameter
from .optimizer import Asked, check_parameters, decide
from .result import DiagnosticProfile, table
from .sampling import estimate_total_items, perform_dry_run, reconstruct_iterator

UNORDERED_FROM = 0.2


class StreamingOptimizationResult:
    """How to stream a workload, and why."""

    def __init__(
        self,
        n_jobs: int,
        chunksize: int,
        use_ordered: bool,
        reason: str,
        estimated_speedup: float = 1.0,
        warnings: list[str] | None = None,
        data: Any = None,
        profile: DiagnosticProfile | None = None,
    ) -> None:
        self.n_jobs = n_jobs
        self.chunksize = chunksize
        self.use_ordered = use_ordered
        self.reason = reason
        self.estimated_speedup = estimated_speedup
        self.warnings: list[str] = list(warnings or [])
        self.data = data
        self.profile = profile

    @property
    def method(self) -> str:
        """The method of a pool to use."""
        return "imap" if self.use_ordered else "imap_unordered"

    def __repr__(self) -> str:
        return (
            f"StreamingOptimizationResult(n_jobs={self.n_jobs}, chunksize={self.chunksize}, "
            f"use_ordered={self.use_ordered}, estimated_speedup={self.estimated_speedup:.2f})"
        )

    def __str__(self) -> str:
        lines = [
            f"Recommended: n_jobs={self.n_jobs}, chunksize={self.chunksize}, method={self.method}",
            f"Reason: {self.reason}",
            f"Estimated speedup: {self.estimated_speedup:.2f}x",
        ]
        if self.warnings:
            lines += ["Warnings:", *(f"  - {warning}" for warning in self.warnings)]
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        return table(
            [
                ("Workers", str(self.n_jobs)),
                ("Chunk", str(self.chunksize)),
                ("Method", self.method),
                ("Estimated speedup", f"{self.estimated_speedup:.2f}x"),
                ("Reason", self.reason),
            ]
        )

    def explain(self) -> str:
        """The figures behind the advice; needs ``profile=True``."""
        if self.profile is None:
            return "Profiling is not enabled: call optimize_streaming(..., profile=True) to see the figures."
        return self.profile.explain_decision()


def optimize_streaming(
    func: Callable[[Any], Any],
    data: Iterable[Any],
    sample_size: int = 5,
    target_chunk_duration: float = 0.2,
    prefer_ordered: bool | None = None,
    buffer_size: int | None = None,
    verbose: bool = False,
    use_spawn_benchmark: bool = True,
    use_chunking_benchmark: bool = True,
    profile: bool = False,
) -> StreamingOptimizationResult:
    """Runs a few items and says how to stream all of them; use ``result.data`` afterwards.

    A ``buffer_size`` bounds the chunk, so that workers and chunks together hold no more items than that.
    """
    flags = {
        "verbose": verbose,
        "use_spawn_benchmark": use_spawn_benchmark,
        "use_chunking_benchmark": use_chunking_benchmark,
        "profile": profile,
    }
    check_parameters(func, data, sample_size, target_chunk_duration, flags)
    if prefer_ordered is not None and not isinstance(prefer_ordered, bool):
        raise InvalidParameter(f"prefer_ordered must be a boolean or None, not {type(prefer_ordered).__name__}")
    if buffer_size is not None and (
        isinstance(buffer_size, bool) or not isinstance(buffer_size, int) or buffer_size < 1
    ):
        raise InvalidParameter(f"buffer_size must be a positive integer or None, not {buffer_size!r}")
    sampled = perform_dry_run(func, data, sample_size)
    whole = reconstruct_iterator(sampled.sample, sampled.remaining_data) if sampled.is_generator else data
    asked = Asked(float(target_chunk_duration), use_spawn_benchmark, use_chunking_benchmark, prefer_threads_for_io=False)
    decision = decide(sampled, estimate_total_items(data), asked)
    chunk = decision.chunksize
    if buffer_size is not None and decision.n_jobs > 1:
        chunk = max(1, min(chunk, buffer_size // decision.n_jobs))
    shown = decision.profile
    overhead = shown.spawn_cost + sampled.avg_pickle_time
    ordered = prefer_ordered
    if ordered is None:
        uneven = sampled.coefficient_of_variation > 0.5
        ordered = not (sampled.avg_time > 0 and overhead / sampled.avg_time > UNORDERED_FROM) and not uneven
    result = StreamingOptimizationResult(
        decision.n_jobs,
        max(1, chunk if decision.n_jobs > 1 else 1),
        ordered,
        decision.reason,
        decision.speedup,
        decision.warnings,
        whole,
        shown if profile else None,
    )
    if verbose:
        print(result)
    return result
