"""Hands items over to workers that somebody else runs: futures, a pool, a Dask client, Ray.

Nothing is started or stopped here and nothing runs in this process: the first chunks are single items, and from what
they cost there the compiled controller sizes the next ones. What goes out is bounded, so an endless iterable is
taken from only as far as answers come back.
"""

from __future__ import annotations

import concurrent.futures
import functools
import os
import pickle
import queue
import time
import types
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from . import _native
from ._crew import Chunk
from ._runner import Source
from .errors import AmorsizeError, CannotTravel, InvalidParameter, WorkerLost, WorkerTraceback

_WAIT_S = 1.0


@dataclass
class Lane:
    """Where calls go: a name for messages, how many run at once, and how to hand one over."""

    name: str
    workers: int
    submit: Callable[[Callable[[Any], Any], Any], Any]


def run_chunk_there(function: Callable[[Any], Any], items: Any) -> tuple[list[Any], Any, int, int]:
    """What runs on the other side: results, the failure if there was one, wall and CPU time in nanoseconds.

    It names nothing of this module, so that it can be sent as it is to machines that have no Amorsize.
    """
    import pickle
    import time
    import traceback

    start, cpu = time.perf_counter_ns(), time.thread_time_ns()
    results: list[Any] = []
    failure = None
    for item in items:
        try:
            results.append(function(item))
        except Exception as error:  # noqa: BLE001 - it is handed to the caller, whatever it is
            summary = f"{type(error).__name__}: {error}"
            text = "".join(traceback.format_exception(type(error), error, error.__traceback__))
            travels: Exception | None = error
            try:
                pickle.loads(pickle.dumps(error))
            except Exception:  # noqa: BLE001 - exceptions of users fail to pickle in every way there is
                travels = None
            failure = (len(results), travels, summary, text)
            break
    return results, failure, time.perf_counter_ns() - start, time.thread_time_ns() - cpu


def lane_of(on: Any) -> Lane:
    """How calls are handed to what the caller has; `InvalidParameter` where nobody knows."""
    family = {base.__module__.split(".")[0] for base in type(on).__mro__}
    if isinstance(on, types.ModuleType) and on.__name__ == "ray":
        return _ray(on)
    if "distributed" in family and hasattr(on, "nthreads"):
        return _dask(on)
    if hasattr(on, "apply_async") and hasattr(on, "_processes"):
        return Lane("the pool", int(on._processes), functools.partial(_apply, on))
    if callable(getattr(on, "submit", None)):
        workers = getattr(on, "_max_workers", None)
        return Lane(f"the {type(on).__name__}", int(workers or os.cpu_count() or 1), on.submit)
    raise InvalidParameter(
        f"on cannot be {type(on).__name__}",
        hint="pass a concurrent.futures executor, a multiprocessing pool, a Dask client, or the module ray",
    )


def _apply(pool: Any, function: Callable[[Any], Any], items: Any) -> concurrent.futures.Future[Any]:
    future: concurrent.futures.Future[Any] = concurrent.futures.Future()
    # It cannot be taken back, and a future that was would make the pool's own thread fail when the answer comes.
    future.set_running_or_notify_cancel()
    pool.apply_async(function, (items,), callback=future.set_result, error_callback=future.set_exception)
    return future


def _dask(client: Any) -> Lane:
    if getattr(client, "asynchronous", False):
        raise InvalidParameter(
            "on is an asynchronous Dask client, which can only be awaited", hint="use Client(...) without asynchronous=True"
        )
    workers = sum(client.nthreads().values())
    if workers < 1:
        raise AmorsizeError("the Dask cluster has no workers", hint="client.wait_for_workers(1) waits for one")

    def submit(function: Callable[[Any], Any], items: Any) -> Any:
        # Not pure: two chunks that look alike are still two chunks.
        return client.submit(function, items, pure=False)

    return Lane("the Dask cluster", int(workers), submit)


def _ray(ray: Any) -> Lane:
    if not ray.is_initialized():
        raise AmorsizeError("Ray is not connected", hint="call ray.init(...) first; amorsize starts no cluster of its own")
    workers = int(ray.cluster_resources().get("CPU", 1)) or 1
    known: dict[int, Any] = {}

    def submit(function: Callable[[Any], Any], items: Any) -> Any:
        remote = known.get(id(function))
        if remote is None:
            remote = known[id(function)] = ray.remote(lambda given: function(given))
        return remote.remote(items).future()

    return Lane("Ray", workers, submit)


def _portable(function: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """The runner for a cluster: as if it were of the caller's own program, which is sent by value."""
    copy = types.FunctionType(run_chunk_there.__code__, {"__builtins__": __builtins__}, "run_chunk_there")
    copy.__module__ = "__main__"
    return functools.partial(copy, function)


class Elsewhere:
    """One run of a function over items on a lane."""

    def __init__(self, function: Callable[[Any], Any], data: Iterable[Any], on: Any, longest_s: float) -> None:
        self.lane = lane_of(on)
        cluster = self.lane.name in ("the Dask cluster", "Ray")
        self._call = _portable(function) if cluster else functools.partial(run_chunk_there, function)
        self._source = Source(data)
        workers = self.lane.workers
        self._controller = _native.Controller(cpus=float(workers), workers_most=workers, workers_fixed=workers)
        self._longest_s = longest_s
        self._back: queue.SimpleQueue[int] = queue.SimpleQueue()
        self._out: dict[int, tuple[Chunk, Any]] = {}
        self._parts: dict[int, list[Any]] = {}
        self._begin_ns = time.perf_counter_ns()
        self._price_ns: int | None = None
        self._number = 0
        self.done = 0
        self.largest = 1
        self.item_ns = 0

    def all(self, progress: Callable[[int], None] | None = None) -> list[Any]:
        """Every result, in the order of the items."""
        try:
            while True:
                self._hand_out()
                if not self._out:
                    break
                self._take_in()
                if progress is not None:
                    progress(self.done)
        finally:
            for _, future in self._out.values():
                future.cancel()
        results: list[Any] = []
        for first in sorted(self._parts):
            results += self._parts[first]
        return results

    def _hand_out(self) -> None:
        source, workers = self._source, self.lane.workers
        while source.more():
            left = source.left()
            count = self._controller.next_chunk(max(1, left))
            mean = self._controller.mean_s
            if mean > 0:
                count = max(1, min(count, int(self._longest_s / mean)))
            # While there is plenty, one chunk waits for every worker: a cluster takes its time to hand over.
            waiting = workers if left > 4 * workers * count else 0
            if len(self._out) >= workers + waiting:
                return
            self._number += 1
            chunk = source.take(self._number, count)
            if chunk is None:
                return
            chunk.sent_ns = time.perf_counter_ns()
            number = chunk.number
            try:
                future = self.lane.submit(self._call, chunk.items)
            except Exception as error:
                raise self._lost(chunk, error) from error
            self._out[number] = (chunk, future)
            self.largest = max(self.largest, chunk.count)
            future.add_done_callback(lambda _, number=number: self._back.put(number))
            now = time.perf_counter_ns()
            self._controller.started(now - self._begin_ns, now - chunk.sent_ns, chunk.count)

    def _take_in(self) -> None:
        try:
            numbers = [self._back.get(timeout=_WAIT_S)]
        except queue.Empty:
            return
        while not self._back.empty():
            numbers.append(self._back.get())
        for number in numbers:
            chunk, future = self._out.pop(number)
            self._keep(chunk, future)

    def _keep(self, chunk: Chunk, future: Any) -> None:
        try:
            results, failure, wall_ns, cpu_ns = future.result()
        except Exception as error:
            raise self._lost(chunk, error) from error
        if failure is not None:
            self._fail(chunk, *failure)
        now = time.perf_counter_ns()
        price = max(0, now - chunk.sent_ns - wall_ns)
        # The least ever seen is what handing over costs; more is time in a queue.
        self._price_ns = price if self._price_ns is None else min(self._price_ns, price)
        started = max(0, now - wall_ns - self._price_ns - self._begin_ns)
        self._controller.finished(chunk.count, started, now - self._begin_ns, cpu_ns, 0)
        self.item_ns += wall_ns
        self.done += chunk.count
        self._parts[chunk.first] = results

    def _lost(self, chunk: Chunk, error: Exception) -> Exception:
        first, last = chunk.first, chunk.first + chunk.count - 1
        which = f"item {first}" if first == last else f"the items {first} to {last}"
        # What the function raises comes back as an answer: these are raised on the way there.
        on_the_way = isinstance(error, (pickle.PicklingError, AttributeError, TypeError))
        if on_the_way or "pickle" in str(error).lower() or "serializ" in str(error).lower():
            return CannotTravel(f"{which} cannot be sent to {self.lane.name}, or the function cannot: {error}", index=first)
        kind = type(error).__name__
        return WorkerLost(f"{self.lane.name} gave up {which}: {kind}: {error}", first=first, last=last)

    def _fail(self, chunk: Chunk, at: int, error: Exception | None, summary: str, text: str) -> None:
        index = chunk.first + at
        if error is None:
            error = RuntimeError(f"{summary} (this exception cannot be pickled)")
        error.__dict__["amorsize_index"] = index
        if hasattr(error, "add_note"):
            error.add_note(f"amorsize: raised by item {index}, on {self.lane.name}")
        raise error from WorkerTraceback(text)
