"""`concurrent.futures.Executor` over the same workers as everything else here.

>>> with Executor(2) as executor:
...     executor.submit(pow, 2, 5).result()
32
"""

from __future__ import annotations

import collections
import concurrent.futures
import itertools
import os
import threading
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import Any, Literal, TypeVar

from ._crew import Chunk, Done
from ._runner import Crew, as_error
from ._worker import Task
from .errors import AmorsizeError, InvalidParameter, WorkerLost
from .pool import _call, limits, may_have_children, new_crew

T = TypeVar("T")

_IDLE_TICK_S = 1.0


class Executor(concurrent.futures.Executor):
    """Futures whose workers are started as they are needed, up to ``max_workers``.

    A killed worker fails the one call it was running, with `WorkerLost`; the executor goes on with a new worker.
    """

    def __init__(
        self,
        max_workers: int | None = None,
        *,
        context: Any = None,
        initializer: Callable[..., Any] | None = None,
        initargs: Iterable[Any] = (),
        executor: Literal["process", "thread"] = "process",
    ) -> None:
        if max_workers is not None and (isinstance(max_workers, bool) or not isinstance(max_workers, int) or max_workers < 1):
            raise InvalidParameter(f"max_workers must be a positive whole number or None, not {max_workers!r}")
        if executor == "process" and not may_have_children():
            raise AmorsizeError("a worker of a pool may not start processes of its own", hint="use executor='thread'")
        bounds = limits(executor)
        usual = int(bounds["cpus"] + 0.999) if executor == "process" else min(32, 4 + int(bounds["cpus"] + 0.999))
        self._max_workers = max_workers or max(1, usual)
        self._kind = executor
        given = tuple(initargs)

        def make() -> Crew:
            return new_crew(executor, context=context, initializer=initializer, initargs=given)

        self._make = make
        self._waiting: collections.deque[tuple[concurrent.futures.Future[Any], Any]] = collections.deque()
        self._lock = threading.Lock()
        self._wake_read, self._wake_write = os.pipe()
        os.set_blocking(self._wake_write, False)
        self._thread: threading.Thread | None = None
        self._ended = False
        self._cancelling = False

    def submit(self, fn: Callable[..., T], /, *args: Any, **kwargs: Any) -> concurrent.futures.Future[T]:
        """Has a worker call the function; the future of its result."""
        future: concurrent.futures.Future[T] = concurrent.futures.Future()
        with self._lock:
            if self._ended:
                raise RuntimeError("cannot schedule new futures after shutdown")
            self._waiting.append((future, (fn, args, kwargs)))
            if self._thread is None:
                self._thread = threading.Thread(target=self._serve, name="amorsize-executor", daemon=True)
                self._thread.start()
        self._wake()
        return future

    def map(
        self, fn: Callable[..., T], *iterables: Iterable[Any], timeout: float | None = None, chunksize: int = 0
    ) -> Iterator[T]:
        """The results in order; without a ``chunksize`` every worker gets about eight chunks."""
        calls = list(zip(*iterables, strict=False))
        size = chunksize or max(1, len(calls) // (8 * self._max_workers))
        chunks = [calls[at : at + size] for at in range(0, len(calls), size)]
        return itertools.chain.from_iterable(super().map(partial(_each, fn), chunks, timeout=timeout))

    def _wake(self) -> None:
        try:
            os.write(self._wake_write, b"x")
        except (BlockingIOError, OSError):
            pass

    def _serve(self) -> None:
        crew = self._make()
        crew.begin(Task(_call), inherit=False)
        running: dict[int, concurrent.futures.Future[Any]] = {}
        number = 0
        if self._kind == "process":
            crew.watch(self._wake_read)  # type: ignore[union-attr]
        try:
            while True:
                number = self._hand_out(crew, running, number)
                if self._ended and not running and not self._waiting:
                    return
                for done in crew.collect(_IDLE_TICK_S if self._kind == "process" else 0.02):
                    self._settle(done, running)
        finally:
            for future in running.values():
                if not future.done():
                    future.set_exception(WorkerLost("the executor was ended"))
            crew.stop()

    def _hand_out(self, crew: Any, running: dict[int, concurrent.futures.Future[Any]], number: int) -> int:
        while self._waiting:
            wanted = min(self._max_workers, len(running) + len(self._waiting))
            if len(crew) < wanted:
                crew.resize(wanted)
            if not crew.room(0):
                break
            try:
                future, call = self._waiting.popleft()
            except IndexError:
                # Somebody has just cancelled what waited.
                break
            if not future.set_running_or_notify_cancel():
                continue
            number += 1
            try:
                sent = crew.send(Chunk(number, 0, [call], 1), 0)
            except Exception as error:  # noqa: BLE001 - pickling calls the user's own methods
                future.set_exception(error.__cause__ or error)
                continue
            assert sent, "there was room"
            running[number] = future
        return number

    def _settle(self, done: Done, running: dict[int, concurrent.futures.Future[Any]]) -> None:
        future = running.pop(done.chunk.number, None)
        if future is None:
            if done.failures:
                # An initializer that fails would fail for ever: nothing that waits can be done.
                error = as_error(done.failures[0])
                self._fail_waiting(error)
            return
        if done.lost is not None:
            future.set_exception(WorkerLost(f"a worker process {done.lost} while it ran this call", first=0, last=0))
        elif done.failures:
            future.set_exception(as_error(done.failures[0]))
        else:
            future.set_result(done.results[0])

    def _fail_waiting(self, error: BaseException) -> None:
        with self._lock:
            waiting = list(self._waiting)
            self._waiting.clear()
        for future, _ in waiting:
            if future.set_running_or_notify_cancel():
                future.set_exception(error)

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """Takes no more calls; ends the workers when those it has are done."""
        with self._lock:
            self._ended = True
            if cancel_futures:
                while self._waiting:
                    self._waiting.popleft()[0].cancel()
        self._wake()
        thread = self._thread
        if wait and thread is not None and thread is not threading.current_thread():
            thread.join()
            self._close_pipe()

    def _close_pipe(self) -> None:
        with self._lock:
            for end in (self._wake_read, self._wake_write):
                if end >= 0:
                    os.close(end)
            self._wake_read = self._wake_write = -1

    def __del__(self) -> None:
        if getattr(self, "_thread", None) is None and getattr(self, "_wake_read", -1) >= 0:
            self._close_pipe()


def _each(fn: Callable[..., T], calls: list[tuple[Any, ...]]) -> list[T]:
    return [fn(*args) for args in calls]
