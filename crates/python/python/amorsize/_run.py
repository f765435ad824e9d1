"""Runs items with given numbers and says how long it took; for those who compare."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Any

from ._runner import Options, Runner, Source
from ._worker import Task
from .pool import new_controller, new_crew


def run_config(
    func: Callable[[Any], Any], items: Sequence[Any], n_jobs: int, chunksize: int, executor_type: str
) -> tuple[float, list[Any]]:
    """Seconds from before the first worker is started until the last result is there, and the results."""
    start = time.perf_counter()
    if executor_type == "serial" or n_jobs <= 1:
        results = [func(item) for item in items]
        return time.perf_counter() - start, results
    crew = new_crew(executor_type)
    shared = isinstance(items, (list, tuple, range)) and (executor_type == "thread" or crew.forks)
    controller = new_controller(executor_type, workers_fixed=n_jobs, chunk_fixed=max(1, chunksize))
    results = []
    crew.begin(Task(func, data=items if shared else None), inherit=True)
    try:
        for _, some in Runner(crew, Source(items, shared=shared), controller, Options(chunk_fixed=True)).chunks():
            results += some
        taken = time.perf_counter() - start
    finally:
        crew.stop()
    return taken, results
