"""Runs items with given numbers and says how long it took; for those who compare."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Any

from ._runner import Options, Runner, Source
from ._signals import then
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
    crew.begin(Task(func, data=items if shared else None), inherit=True)
    runner = Runner(crew, Source(items, shared=shared), controller, Options(chunk_fixed=True))

    def run() -> tuple[float, list[Any]]:
        results: list[Any] = []
        for _, some in runner.chunks():
            results += some
        return time.perf_counter() - start, results

    return then(run, crew.stop)
