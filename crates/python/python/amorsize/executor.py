"""`execute`: decides and runs, in one pass over the items.

The items are begun one after the other, and what they give is kept. As soon as it is certain that workers pay for
themselves, the rest goes to them; from then on chunks and workers follow what is measured. So no item runs twice, tiny
work costs what a plain loop costs, and a misleading beginning costs little.
"""

from __future__ import annotations

import itertools
import time
import types
import weakref
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Literal, TypeVar, overload

from . import _native
from ._ahead import Ahead, note_first, stand_by
from ._progress import Progress
from ._signals import then
from .optimizer import Asked, Decision, Known, ProgressCallback, ask, decide, report
from .result import OptimizationResult
from .sampling import Meter, SamplingResult, estimate_total_items, fill
from .system_info import (
    get_current_thread_count,
    get_multiprocessing_start_method,
    get_spawn_cost,
    get_spawn_cost_estimate,
)

if TYPE_CHECKING:
    from ._crew import ProcessCrew, ThreadCrew

T = TypeVar("T")
R = TypeVar("R")

# What is left must be worth at least this much before anybody looks what a worker costs here.
_LOOK_FROM_S = 0.01
_SURE_TIMES = 5
# So little work is done before a worker would have come.
_NEVER_BELOW_S = 0.004
# Where an item takes as long as this, a processor that idles beside the first ones costs: a function that was measured in an
# earlier call goes to workers at once.
_KNOWN_FROM_S = 0.002
# After the sample, items are measured in blocks of about so much.
_BLOCK_S = 0.02
_BLOCK_LEAST_S = 0.0005


@overload
def execute(
    func: Callable[[T], R],
    data: Iterable[T],
    sample_size: int = ...,
    target_chunk_duration: float = ...,
    verbose: bool = ...,
    use_spawn_benchmark: bool = ...,
    use_chunking_benchmark: bool = ...,
    profile: bool = ...,
    auto_adjust_for_nested_parallelism: bool = ...,
    progress_callback: ProgressCallback | None = ...,
    return_optimization_result: Literal[False] = ...,
    prefer_threads_for_io: bool = ...,
    *,
    on: Any = ...,
    progress: Any = ...,
) -> list[R]: ...


@overload
def execute(
    func: Callable[[T], R],
    data: Iterable[T],
    sample_size: int = ...,
    target_chunk_duration: float = ...,
    verbose: bool = ...,
    use_spawn_benchmark: bool = ...,
    use_chunking_benchmark: bool = ...,
    profile: bool = ...,
    auto_adjust_for_nested_parallelism: bool = ...,
    progress_callback: ProgressCallback | None = ...,
    *,
    return_optimization_result: Literal[True],
    prefer_threads_for_io: bool = ...,
    on: Any = ...,
    progress: Any = ...,
) -> tuple[list[R], OptimizationResult]: ...


def execute(
    func: Callable[[T], R],
    data: Iterable[T],
    sample_size: int = 5,
    target_chunk_duration: float = 0.2,
    verbose: bool = False,
    use_spawn_benchmark: bool = True,
    use_chunking_benchmark: bool = True,
    profile: bool = False,
    auto_adjust_for_nested_parallelism: bool = True,
    progress_callback: ProgressCallback | None = None,
    return_optimization_result: bool = False,
    prefer_threads_for_io: bool = True,
    *,
    on: Any = None,
    progress: Any = None,
) -> list[R] | tuple[list[R], OptimizationResult]:
    """The results of all items, in their order, by the quickest way found; every item runs once.

    >>> execute(abs, [-1, 2, -3])
    [1, 2, 3]

    ``on`` is where the items run instead of here: a ``concurrent.futures`` executor, a ``multiprocessing`` pool, a Dask
    client, or the module ``ray``. ``progress`` is a bar (of tqdm, say), its class, or a function of the number done.
    """
    asked = ask(
        func,
        data,
        sample_size,
        target_chunk_duration,
        progress_callback,
        use_spawn_benchmark=use_spawn_benchmark,
        use_chunking_benchmark=use_chunking_benchmark,
        auto_adjust_for_nested_parallelism=auto_adjust_for_nested_parallelism,
        prefer_threads_for_io=prefer_threads_for_io,
        verbose=verbose,
        profile=profile,
        return_optimization_result=return_optimization_result,
    )
    with Progress(progress, estimate_total_items(data)) as tell:
        if on is None:
            run = Run(func, data, sample_size, asked, progress_callback, tell)
            results, decision = run.all(), run.decision
        else:
            results, decision = _on(on, func, data, asked, progress_callback, tell)
    if verbose:
        print(f"{len(results)} items: {decision.reason}")
    return (results, decision.result(data, profile)) if return_optimization_result else results


def _on(
    on: Any,
    func: Callable[[Any], Any],
    data: Iterable[Any],
    asked: Asked,
    callback: ProgressCallback | None,
    tell: Callable[[int], None] | None,
) -> tuple[list[Any], Decision]:
    """Everything on the workers of somebody else."""
    from ._elsewhere import Elsewhere

    report(callback, "Starting optimization", 0.0)
    there = Elsewhere(func, data, on, asked.target_chunk_duration)
    start = time.perf_counter()
    results = there.all(tell)
    taken = time.perf_counter() - start
    decision = Decision(there.lane.workers, there.largest, keep=False)
    decision.speedup = max(1.0, there.item_ns / 1e9 / taken) if taken > 0 and results else 1.0
    decision.reason = f"Run on {there.lane.name}: {there.lane.workers} at once, at most {there.largest} items a chunk"
    report(callback, "Optimization complete", 1.0)
    return results, decision


# What calls in this process have measured, for as long as the function lives; neither its items nor its results are kept.
_measured: weakref.WeakKeyDictionary[Any, SamplingResult] = weakref.WeakKeyDictionary()


class Run:
    """One pass: serial at first, then perhaps by workers."""

    def __init__(
        self,
        func: Callable[[Any], Any],
        data: Iterable[Any],
        sample_size: int,
        asked: Asked,
        callback: ProgressCallback | None = None,
        tell: Callable[[int], None] | None = None,
    ) -> None:
        self._tell = tell
        self._func = func
        self._data = data
        self._sample_size = sample_size
        self._asked = asked
        self._callback = callback
        self._iterator: Iterator[Any] = iter(data)
        self._total = estimate_total_items(data)
        self._meter = Meter()
        self._sampled = SamplingResult()
        self.decision = Decision()
        self.results: list[Any] = []
        self._ahead: Ahead | None = None
        self._crew: ProcessCrew | ThreadCrew | None = None

    def all(self) -> list[Any]:
        return then(self._all, self._stop)

    def _stop(self) -> None:
        if self._ahead is not None:
            self._ahead.stop()
        if self._crew is not None:
            self._crew.stop()

    def _all(self) -> list[Any]:
        report(self._callback, "Starting optimization", 0.0)
        report(self._callback, "Sampling function", 0.1)
        ended = self._begin()
        report(self._callback, "Sampling complete", 0.3)
        if not ended:
            report(self._callback, "Analyzing system", 0.5)
            report(self._callback, "Calculating optimal parameters", 0.7)
            report(self._callback, "Estimating speedup", 0.9)
            if self.decision.n_jobs > 1:
                self._share_out()
            else:
                self._in_a_loop()
        if self._tell is not None:
            self._tell(len(self.results))
        report(self._callback, "Optimization complete", 1.0)
        return self.results

    def _somebody_has_begun(self) -> bool:
        if self._ahead is None:
            return False
        if len(self.results) == 1:
            note_first(self._func, self._meter.wall_s)
        return self._ahead.call_back()

    def _take_in(self, ahead: Ahead) -> None:
        """Waits for what workers have begun by themselves, where nothing more is to go to them."""
        from ._runner import Options, Runner, Source
        from .pool import new_controller

        runner = Runner(ahead.crew, Source(()), new_controller("process"), Options(ordered=False))
        runner.adopt(ahead.begun)
        found = dict(runner.chunks())
        ahead.stop()
        self._ahead = None
        for index in range(1, ahead.next):
            item = next(self._iterator)
            self.results += found[index] if index in found else [self._func(item)]

    def _in_a_loop(self) -> None:
        """Runs what is left here."""
        if self._ahead is not None and self._ahead.begun:
            self._take_in(self._ahead)
        if self._tell is None:
            self._run_here(None)
            return
        while self._run_block():
            self._tell(len(self.results))

    def _begin(self) -> bool:
        """Runs items until a decision stands; true when none is left then."""
        if self._is_known():
            return False
        self._ahead = stand_by(self._func, self._data)
        meter, func, sampled = self._meter, self._func, self._sampled
        for item in itertools.islice(self._iterator, self._sample_size):
            sampled.sample.append(item)
            value = meter.run(func, item)
            self.results.append(value)
            sampled.results.append(value)
            if self._somebody_has_begun():
                return self._decide()
            if self._never_pays():
                break
            if self._pays():
                return self._decide()
        while self.results and (len(self.results) >= self._sample_size or self._never_pays()):
            if self._never_pays():
                # Nothing is looked at any more: what is left costs less than looking.
                self.decision.serial("Serial: what is left costs less than any worker")
                return False
            if not self._run_block():
                break
            if self._pays():
                return self._decide()
        self._fill()
        if not self.results:
            self.decision.serial("There is no data: nothing to share out", keep=False)
        else:
            self.decision.serial("Serial: the work was done before workers would have paid for themselves")
        return True

    def _is_known(self) -> bool:
        """Whether an earlier call has measured enough to begin with workers; then that is decided."""
        known = _measured.get(self._func) if type(self._func) is types.FunctionType else None
        left = self._left()
        if known is None or left is None or left < 2:
            return False
        # A wrong memory costs one start of workers, so that must be little beside what is remembered.
        if left * known.avg_time < 4 * _SURE_TIMES * get_spawn_cost_estimate():
            return False
        forks = get_multiprocessing_start_method() == "fork"
        decision = decide(known, left, self._asked, Known(function=forks, items=forks and self._indexed()))
        if decision.n_jobs < 2 or not self._may_share(decision):
            return False
        self._sampled, self.decision = known, decision
        return True

    @staticmethod
    def _may_share(decision: Decision) -> bool:
        from .pool import may_have_children

        return decision.executor_type != "process" or may_have_children()

    def _run_block(self) -> bool:
        """Runs some milliseconds' worth of items, measured together; false when none is left."""
        meter = self._meter
        mean = max(meter.wall_s / len(self.results), 1e-8)
        # A quarter of what has been done, so that looking stays a small part however cheap an item is.
        size = max(1, min(int(_BLOCK_S / mean), 1 + len(self.results) // 4 + int(_BLOCK_LEAST_S / mean)))
        before = len(self.results)
        span = meter.span().start()
        self._run_here(size)
        span.stop()
        count = len(self.results) - before
        if count == 0:
            return False
        if self._tell is not None:
            self._tell(len(self.results))
        meter.add(span)
        meter.item_times.append(span.wall_s / count)
        return True

    def _run_here(self, most: int | None) -> None:
        """Runs the items that are left, or so many of them, in this process."""
        func, items = self._func, self._iterator if most is None else itertools.islice(self._iterator, most)
        if not self._indexed():
            self.results += [func(item) for item in items]
            return
        # An item that raises StopIteration ends `map` as if there were no more items.
        wanted = self._total if most is None else min(self._total, len(self.results) + most)
        self.results.extend(map(func, items))
        if len(self.results) < min(wanted, len(self._data)):  # type: ignore[arg-type]
            raise RuntimeError(f"item {len(self.results)} raised StopIteration")

    def _left(self) -> int | None:
        return None if self._total < 0 else self._total - len(self.results)

    def _left_low_s(self) -> float | None:
        left = self._left()
        low = _native.mean_low(self._meter.item_times[-64:])
        return None if left is None or low is None else low * left

    def _pays(self) -> bool:
        elapsed, left = self._meter.wall_s, self._left()
        if left is not None and elapsed + left * max(self._meter.item_times[-64:], default=0.0) < _LOOK_FROM_S:
            return False
        left_low = self._left_low_s()
        if elapsed + (left_low or elapsed) < _LOOK_FROM_S:
            return False
        threads = self._waits()
        if threads:
            workers, start = 8, 0.001
        else:
            from .pool import limits

            bounds = limits("process")
            workers = max(1, min(int(bounds["cpus"] + 0.999), self._left() or 1 << 30))
            # The second worker starts while the first one is on its way.
            start = (workers + 1) / 2 * self._start_cost(left_low if left_low is not None else elapsed)
        if workers > 1 and left_low is not None and left_low * (1 - 1 / workers) > _SURE_TIMES * start:
            # The least that can be gained is many times all that can be lost.
            return True
        return _native.go_parallel(start, elapsed, left_low, workers, 1.0)

    def _start_cost(self, at_stake_s: float) -> float:
        # Measuring costs two workers: it is done only where that is small beside what is at stake.
        estimate = get_spawn_cost_estimate()
        measure = self._asked.use_spawn_benchmark and at_stake_s > 10 * estimate
        return get_spawn_cost(measure)

    def _waits(self) -> bool:
        return self._asked.prefer_threads_for_io and self._meter.cpu_share < 0.3 and self._meter.wall_s > 0.0005

    def _never_pays(self) -> bool:
        """Whether the rest is so little that no more looks are worth it."""
        left = self._left()
        times = self._meter.item_times
        if left is None or not times:
            return False
        return left * max(times[-64:]) < _NEVER_BELOW_S

    def _fill(self) -> None:
        self._meter.threads_after = get_current_thread_count()
        fill(self._sampled, self._func, self._meter, deep=False)

    def _decide(self) -> bool:
        self._meter.threads_after = get_current_thread_count()
        fill(self._sampled, self._func, self._meter)
        left = self._left()
        if left == 0:
            self.decision.serial("Serial: the work was done before workers would have paid for themselves")
            return True
        forks = get_multiprocessing_start_method() == "fork"
        known = Known(function=forks, items=forks and self._indexed())
        asked = self._asked
        if self._ahead is not None and self._ahead.begun:
            # Measuring what workers cost would only keep them waiting.
            asked = replace(asked, use_spawn_benchmark=False, use_chunking_benchmark=False)
        self.decision = decide(self._sampled, -1 if left is None else left, asked, known)
        if self.decision.n_jobs > 1 and not self._may_share(self.decision):
            self.decision.serial("Serial: this process is itself a worker of a pool", keep=False)
        self._remember()
        return False

    def _remember(self) -> None:
        sampled = self._sampled
        if self.decision.n_jobs > 1 and sampled.avg_time >= _KNOWN_FROM_S and type(self._func) is types.FunctionType:
            # An error holds the frames it went through, and they hold the items.
            nothing: dict[str, Any] = {"sample": [], "results": [], "data_pickle_error": None, "result_pickle_error": None}
            _measured[self._func] = replace(sampled, item_times=sampled.item_times[-64:], **nothing)

    def _indexed(self) -> bool:
        return type(self._data) in (list, tuple, range)

    def _share_out(self) -> None:
        """Gives the rest to workers, whose numbers follow what is measured from here on."""
        if self._ahead is not None and self._ahead.begun and self.decision.executor_type != "process":
            self._take_in(self._ahead)
        from ._crew import Chunk
        from ._runner import Options, Runner, Source
        from ._worker import Task
        from .pool import new_controller, new_crew

        decision = self.decision
        kind = decision.executor_type
        done = len(self.results)
        indexed = self._indexed()
        ahead = self._ahead if kind == "process" and self._ahead is not None and self._ahead.begun else None
        crew = self._crew = new_crew(kind) if ahead is None else ahead.crew
        shared = indexed and (kind == "thread" or crew.forks)
        if ahead is not None:
            source = Source(self._data, ahead.next, shared=True)
            for index in ahead.left:
                source.put_back(Chunk(0, index, None, 1))
        elif indexed:
            source = Source(self._data, done, shared=shared)
        else:
            source = Source(_Rest(self._iterator, self._left()), done)
        mean = self._sampled.avg_time
        longest = max(1, int(self._asked.target_chunk_duration / mean)) if mean > 0 else 1 << 20
        controller = new_controller(
            kind,
            workers_hint=decision.n_jobs,
            chunk_hint=decision.chunksize if mean > 0 else None,
            chunk_most=longest,
        )
        if ahead is None:
            crew.begin(Task(self._func, data=self._data if shared else None), inherit=True)  # type: ignore[arg-type]
        options = Options(progress=self._tell_from(done), runs_here=True, first=done)
        runner = Runner(crew, source, controller, options)
        if ahead is not None:
            runner.adopt(ahead.begun)
        for _, some in runner.chunks():
            self.results += some
        measured = _measured.get(self._func) if type(self._func) is types.FunctionType else None
        if measured is not None and not measured.avg_time / 3 < controller.mean_s < measured.avg_time * 3:
            # These were other items: the next call looks again.
            # amorsize: allow(CTA101) what is dropped once too often is measured again
            _measured.pop(self._func, None)

    def _tell_from(self, before: int) -> Callable[[int], None] | None:
        tell = self._tell
        return None if tell is None else lambda done: tell(before + done)


class _Rest:
    """What an iterator still has, with its number where that is known."""

    def __init__(self, iterator: Iterator[Any], left: int | None) -> None:
        self._iterator = iterator
        self._left = left

    def __iter__(self) -> Iterator[Any]:
        return self._iterator

    def __len__(self) -> int:
        if self._left is None:
            raise TypeError("the length is unknown")
        return self._left


