"""Drives a crew over items: sizes, order, bounds, failures. The decisions come from the compiled controller.

Two questions are asked of the controller before every chunk (how many workers, how many items), and everything that
came back is told to it. Results are handed out as ``(index of the first item, results)``, in order or as they come;
what is on its way and not yet handed out is bounded, so that an endless iterable can be streamed.
"""

from __future__ import annotations

import itertools
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NoReturn

from . import _native
from ._crew import MAIN_GUARD, Chunk, Done, ProcessCrew, ThreadCrew
from ._worker import Failure, Task, run_chunk
from .errors import CannotTravel, ItemTimeout, WorkerLost, WorkerTraceback

Crew = ProcessCrew | ThreadCrew

# An iterable of unknown length is taken to have plenty left; chunks are then bounded by their overhead alone.
_PLENTY = 1 << 30
# A chunk waits at a busy worker only where handing over would take a notable part of its time.
_RESERVE_BELOW_S = 0.005
_TICK_S = 0.25


class Source:
    """Items in order: indexes of a sequence that the workers have, slices of a sequence, or an iterator."""

    def __init__(self, data: Iterable[Any], start: int = 0, *, shared: bool = False) -> None:
        self.next = start
        self.shared = shared
        self._again: deque[Chunk] = deque()
        self._sequence: Sequence[Any] | None = None
        self.length: int | None = None
        if isinstance(data, (list, tuple, range)):
            self._sequence = data
            self.length = len(data)
        else:
            self._iterator = iter(data)
            try:
                self.length = start + len(data)  # type: ignore[arg-type]
            except TypeError:
                self.length = None
        self._ended = False

    def left(self) -> int:
        again = sum(chunk.count for chunk in self._again)
        if self._ended:
            return again
        if self.length is None:
            return _PLENTY
        return max(0, self.length - self.next) + again

    def more(self) -> bool:
        return bool(self._again) or not (self._ended or (self._sequence is not None and self.left() == 0))

    def take(self, number: int, count: int) -> Chunk | None:
        if self._again:
            chunk = self._again.popleft()
            chunk.number = number
            return chunk
        first = self.next
        items: Sequence[Any] | None
        if self._sequence is not None:
            assert self.length is not None
            count = min(count, self.length - first)
            items = None if self.shared else self._sequence[first : first + count]
        else:
            items = list(itertools.islice(self._iterator, count))
            if len(items) < count:
                self._ended = True
            count = len(items)
        if count <= 0:
            self._ended = True
            return None
        self.next = first + count
        return Chunk(number, first, items, count)

    def put_back(self, chunk: Chunk) -> None:
        self._again.append(chunk)


@dataclass
class Options:
    """How a run behaves."""

    ordered: bool = True
    # The most items on their way or waiting to be handed out; None is no bound.
    bound: int | None = None
    timeout_s: float | None = None
    retries: int = 0
    collect_errors: bool = False
    # Told the number of items that are done, now and then.
    progress: Callable[[int], None] | None = None
    workers_most: int | None = None
    # An item that cannot be pickled is run here instead of being an error.
    runs_here: bool = False
    # Somebody has fixed the size of chunks.
    chunk_fixed: bool = False
    # The index of the first result, where the source begins later: what is between has been begun already.
    first: int | None = None


class Runner:
    """One run of one task over one source."""

    def __init__(self, crew: Crew, source: Source, controller: _native.Controller, options: Options) -> None:
        self._crew = crew
        self._source = source
        self._controller = controller
        self._options = options
        self._number = 0
        self._out = 0
        self._done_items = 0
        self._ran_here: list[Done] = []
        self._start_ns = time.perf_counter_ns()

    def adopt(self, begun: list[Chunk]) -> None:
        """Takes in what workers have begun by themselves."""
        for chunk in begun:
            self._number = max(self._number, chunk.number)
            self._count(chunk)
            self._controller.started(self._now(), 0, chunk.count)

    def chunks(self) -> Iterator[tuple[int, list[Any]]]:
        """Hands out the results of the run, a chunk at a time."""
        ordered = self._options.ordered
        waiting: dict[int, tuple[int, list[Any]]] = {}
        next_first = self._source.next if self._options.first is None else self._options.first
        while True:
            self._fill()
            if not self._crew.in_flight() and not self._ran_here:
                if not self._source.more():
                    break
                continue
            for done in self._news():
                kept = self._judge(done)
                if kept is None:
                    continue
                if not ordered:
                    self._hand_out(len(kept[1]))
                    yield kept
                    continue
                waiting[kept[0]] = (len(kept[1]), kept[1])
                while next_first in waiting:
                    count, results = waiting.pop(next_first)
                    first, next_first = next_first, next_first + count
                    self._hand_out(count)
                    yield first, results

    def _news(self) -> list[Done]:
        if self._ran_here:
            news, self._ran_here = self._ran_here, []
            return news
        news = self._crew.collect(self._tick())
        limit = self._options.timeout_s
        return news if limit is None else news + self._crew.overdue(int(limit * 1e9))

    def _hand_out(self, count: int) -> None:
        self._out -= count

    def _tick(self) -> float:
        limit = self._options.timeout_s
        return _TICK_S if limit is None else max(0.005, min(_TICK_S, limit / 4))

    def _now(self) -> int:
        return time.perf_counter_ns() - self._start_ns

    def _fill(self) -> None:
        """Hands over chunks while somebody has room and the bound allows it."""
        crew, source, controller, options = self._crew, self._source, self._controller, self._options
        while source.more():
            left = source.left()
            workers = max(1, min(controller.workers(), left + crew.in_flight()))
            if options.workers_most is not None:
                workers = min(workers, options.workers_most)
            crew.resize(workers)
            count = 1 if options.timeout_s is not None else controller.next_chunk(max(1, left))
            if not options.chunk_fixed:
                count = min(count, self._fair(left, workers))
            if options.bound is not None:
                if self._out >= options.bound:
                    return
                count = max(1, min(count, options.bound - self._out, -(-options.bound // (2 * workers))))
            count = min(count, crew.items_left() or count)
            reserve = self._reserve(count, left, workers)
            if not crew.room(reserve):
                return
            self._number += 1
            chunk = source.take(self._number, count)
            if chunk is None:
                return
            before = time.perf_counter_ns()
            try:
                sent = crew.send(chunk, reserve)
            except CannotTravel as error:
                if not options.runs_here:
                    raise
                self._run_here(chunk, error.index)
                return
            if not sent:
                source.put_back(chunk)
                return
            self._count(chunk)
            now = time.perf_counter_ns()
            controller.started(now - self._start_ns, now - before, chunk.count)

    def _fair(self, left: int, workers: int) -> int:
        """Half of what every worker would still get, as the last items may be the dear ones; never so few that handing
        over takes more than a twentieth."""
        mean, overhead = self._controller.mean_s, self._controller.overhead_s
        least = int(overhead / (0.05 * mean)) if mean > 0 else 1
        return max(1, least, -(-left // (2 * workers)))

    def _count(self, chunk: Chunk) -> None:
        self._out += 0 if chunk.counted else chunk.count
        chunk.counted = True

    def _run_here(self, chunk: Chunk, index: int) -> None:
        """Runs the one item that cannot be pickled in this process; the others of its chunk wait for a worker."""
        self._count(chunk)
        items, at = list(chunk.items or ()), max(0, index - chunk.first)
        for first, rest in ((chunk.first, items[:at]), (chunk.first + at + 1, items[at + 1 :])):
            if rest:
                self._source.put_back(Chunk(0, first, rest, len(rest), counted=True))
        own = Chunk(0, chunk.first + at, items[at : at + 1], 1, counted=True)
        assert self._crew.task is not None
        results, failures = run_chunk(self._crew.task, own.first, own.items or ())
        self._ran_here.append(Done(own, results, failures))

    def _reserve(self, count: int, left: int, workers: int) -> int:
        if self._options.timeout_s is not None or left <= 2 * workers * count:
            return 0
        return 1 if 0 < self._controller.mean_s * count < _RESERVE_BELOW_S else 0

    def _judge(self, done: Done) -> tuple[int, list[Any]] | None:
        """Takes in what came back; the results to hand out, if all went well."""
        chunk = done.chunk
        if done.lost is not None:
            return self._lost(done)
        begin = self._start_ns
        if chunk.number:
            self._controller.finished(
                chunk.count, max(0, done.started_ns - begin), max(0, done.at_ns - begin), done.cpu_ns, done.delay_ns
            )
        if chunk.ahead and done.failures and done.failures[0].kind == "result":
            # Nobody knew yet that results cannot be sent: this one is made again where it can stay.
            assert self._crew.task is not None
            done.results, done.failures = run_chunk(self._crew.task, chunk.first, self._crew.task.data[chunk.first : chunk.first + 1])  # type: ignore[index]
        if done.failures:
            hard = [failure for failure in done.failures if failure.kind != "item"]
            if hard or not self._options.collect_errors:
                raise_failure((hard or done.failures)[0])
            for failure in done.failures:
                done.results[failure.index - chunk.first] = as_error(failure)
        self._done_items += chunk.count
        if self._options.progress is not None:
            self._options.progress(self._done_items)
        return chunk.first, done.results

    def _lost(self, done: Done) -> tuple[int, list[Any]] | None:
        chunk = done.chunk
        if done.lost == "unstarted" or (chunk.tries < self._options.retries and done.lost is not None):
            chunk.tries += done.lost != "unstarted"
            for part in _split(chunk):
                self._source.put_back(part)
            return None
        error: Exception
        if done.lost == "timeout":
            limit = self._options.timeout_s
            error = ItemTimeout(
                f"item {chunk.first} ran for longer than {limit:g} s and was ended",
                index=chunk.first,
                hint="raise timeout=, or find out what this item waits for",
            )
        else:
            last = chunk.first + chunk.count - 1
            which = f"item {chunk.first}" if chunk.count == 1 else f"one of the items {chunk.first} to {last}"
            killed = "SIGKILL" in str(done.lost)
            hint = "retries= runs the items of a lost worker again, one by one"
            if killed:
                hint = "the system kills what takes too much memory: use fewer workers, or smaller items"
            message = f"a worker process {done.lost} while it ran {which}"
            if done.unborn:
                message, hint = f"a worker process {done.lost} before it could begin: {MAIN_GUARD}", MAIN_GUARD
            error = WorkerLost(message, first=chunk.first, last=last, hint=hint)
        if self._options.collect_errors:
            self._done_items += chunk.count
            return chunk.first, [error] * chunk.count
        raise error


def _split(chunk: Chunk) -> list[Chunk]:
    """The items of a lost chunk one by one, so that the next loss names its item."""
    parts = []
    for at in range(chunk.count):
        items = None if chunk.items is None else chunk.items[at : at + 1]
        parts.append(Chunk(0, chunk.first + at, items, 1, tries=chunk.tries, counted=True))
    return parts


def raise_failure(failure: Failure) -> NoReturn:
    """Raises what an item raised, as it was, with its index and the worker's traceback."""
    raise as_error(failure)


def as_error(failure: Failure) -> BaseException:
    """The exception of an item; one that could not travel becomes a `RuntimeError` that tells what it was."""
    error = failure.error
    if error is None:
        error = RuntimeError(f"{failure.summary} (this exception cannot be pickled)")
    elif isinstance(error, StopIteration):
        # Results are handed out by generators, which it would end as if nothing had happened.
        error, stopped = RuntimeError(f"item {failure.index} raised StopIteration"), error
        error.__context__ = stopped
    note = {
        "item": f"amorsize: raised by item {failure.index}",
        "read": f"amorsize: raised while item {failure.index} or a later one of its chunk was unpickled in a worker",
        "exit": f"amorsize: item {failure.index} or a later one of its chunk ended its worker",
        "result": f"amorsize: the result of item {failure.index}",
        "start": "amorsize: raised by the initializer of a worker",
    }[failure.kind]
    if failure.kind == "read" and isinstance(error, AttributeError) and "__main__" in str(error):
        # A shell, a notebook or `python -c`: workers that are not forked have another `__main__`.
        note += f" (hint: {MAIN_GUARD})"
    if failure.attempts > 1:
        note += f", {failure.attempts} times"
    error.__dict__["amorsize_index"] = failure.index
    if hasattr(error, "add_note"):
        error.add_note(note)
    else:
        error.__dict__.setdefault("__notes__", []).append(note)
    # What travelled has no traceback of its own, unless some library has taught exceptions to carry one.
    if failure.travelled or error.__traceback__ is None:
        error.__cause__ = WorkerTraceback(failure.text)
    return error
