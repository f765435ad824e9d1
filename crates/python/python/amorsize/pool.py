"""A pool whose numbers need not be known: workers and chunks follow what is measured while it runs.

>>> with Pool(2) as pool:
...     pool.map(abs, [-3, 2, -1])
[3, 2, 1]

It is used like ``multiprocessing.Pool``. Beyond that: an exception keeps its type and tells which item raised it and
where in the worker; a killed worker is an error and not a hang; an iterable is consumed only as fast as its results are
taken; Ctrl-C ends the workers and leaves none behind.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator
from typing import Any, Literal, TypeVar

from . import _native
from ._crew import ProcessCrew, ThreadCrew
from ._progress import Progress
from ._runner import Crew, Options, Runner, Source
from ._worker import Task
from .errors import AmorsizeError, InvalidParameter
from .sampling import estimate_total_items
from .system_info import read_machine

T = TypeVar("T")
R = TypeVar("R")

THREADS_MOST = 256
StartMethod = Literal["fork", "spawn", "forkserver"]


def limits(kind: str) -> dict[str, Any]:
    """The bounds of this machine for workers of a kind, as the controller wants them."""
    machine = read_machine()
    cpus = float(machine["cpus_usable"])
    most = THREADS_MOST if kind == "thread" else max(8, int(8 * cpus))
    files = machine["open_files_max"]
    if files and kind == "process":
        most = min(most, max(1, (int(files) - 64) // 4))
    if machine["processes_max"]:
        most = min(most, max(1, int(machine["processes_max"]) // 2))
    return {"cpus": cpus, "workers_most": max(1, most), "memory_bytes": machine["memory_headroom_bytes"]}


def new_controller(kind: str, **rules: Any) -> _native.Controller:
    """A controller for workers of a kind on this machine."""
    return _native.Controller(**limits(kind), **rules)


def new_crew(
    kind: str,
    *,
    context: str | Any | None = None,
    initializer: Callable[..., Any] | None = None,
    initargs: tuple[Any, ...] = (),
) -> Crew:
    """A crew without workers yet."""
    if kind == "thread":
        return ThreadCrew(initializer=initializer, initargs=initargs)
    if kind != "process":
        raise InvalidParameter(f"executor must be 'process' or 'thread', not {kind!r}")
    import multiprocessing

    if context is None:
        from .system_info import get_multiprocessing_start_method

        context = get_multiprocessing_start_method()
    if isinstance(context, str):
        try:
            context = multiprocessing.get_context(context)
        except ValueError as error:
            known = ", ".join(multiprocessing.get_all_start_methods())
            raise InvalidParameter(f"context must be one of {known}, not {context!r}") from error
    return ProcessCrew(context, initializer=initializer, initargs=initargs)


def may_have_children() -> bool:
    """Whether this process may start worker processes: a worker of another pool may not."""
    import multiprocessing

    return not multiprocessing.current_process().daemon


class Pool:
    """Workers for any number of calls.

    ``processes`` fixes the number of workers; without it the number follows what is measured. ``initializer`` runs once
    in every worker. A worker that has run ``maxtasksperchild`` items is replaced (chunks are never larger). ``context``
    is a start method or a context of ``multiprocessing``; ``executor`` is ``"process"`` or ``"thread"``.
    """

    def __init__(
        self,
        processes: int | None = None,
        initializer: Callable[..., Any] | None = None,
        initargs: Iterable[Any] = (),
        maxtasksperchild: int | None = None,
        context: StartMethod | Any | None = None,
        *,
        executor: Literal["process", "thread"] = "process",
    ) -> None:
        if maxtasksperchild is not None and (
            isinstance(maxtasksperchild, bool) or not isinstance(maxtasksperchild, int) or maxtasksperchild < 1
        ):
            raise InvalidParameter(f"maxtasksperchild must be a positive whole number or None, not {maxtasksperchild!r}")
        if processes is not None and (isinstance(processes, bool) or not isinstance(processes, int) or processes < 1):
            raise InvalidParameter(f"processes must be a positive whole number or None, not {processes!r}")
        if initializer is not None and not callable(initializer):
            raise InvalidParameter("initializer must be callable")
        if executor == "process" and not may_have_children():
            raise AmorsizeError(
                "a worker of a pool may not start processes of its own",
                hint="use executor='thread' here, or make the outer level the serial one",
            )
        self._processes = processes
        self._kind = executor
        given = tuple(initargs)

        def new() -> Crew:
            crew = new_crew(executor, context=context, initializer=initializer, initargs=given)
            if isinstance(crew, ProcessCrew):
                crew.items_most = maxtasksperchild
            return crew

        self._chunk_most = maxtasksperchild if executor == "process" else None
        self._new = new
        self._crew: Crew | None = self._new()
        self._lock = threading.Lock()

    def __repr__(self) -> str:
        workers = "closed" if self._crew is None else f"{len(self._crew)} workers"
        return f"<amorsize.Pool {self._kind} {workers}>"

    def map(
        self,
        func: Callable[[T], R],
        iterable: Iterable[T],
        chunksize: int | None = None,
        *,
        timeout: float | None = None,
        retries: int = 0,
        return_exceptions: bool = False,
        progress: Any = None,
    ) -> list[R]:
        """The results of all items, in their order.

        ``progress`` is a function that is told the number of items done, a bar with ``update`` (of tqdm, say), or the
        class of such a bar.
        """
        task = Task(func, retries=retries, collect_errors=return_exceptions)
        with Progress(progress, estimate_total_items(iterable)) as tell:
            options = Options(True, None, timeout, retries, return_exceptions, tell)
            return self._all(task, iterable, chunksize, options)

    def starmap(
        self, func: Callable[..., R], iterable: Iterable[Iterable[Any]], chunksize: int | None = None
    ) -> list[R]:
        """As `map`, each item being the arguments of one call.

        >>> with Pool(2) as pool:
        ...     pool.starmap(pow, [(2, 3), (3, 2)])
        [8, 9]
        """
        return self._all(Task(func, star=True), iterable, chunksize, Options())

    def imap(
        self,
        func: Callable[[T], R],
        iterable: Iterable[T],
        chunksize: int | None = None,
        *,
        buffer: int | None = None,
        timeout: float | None = None,
        retries: int = 0,
        return_exceptions: bool = False,
    ) -> Iterator[R]:
        """The results one by one, in order; at most ``buffer`` items are under way or wait to be taken."""
        task = Task(func, retries=retries, collect_errors=return_exceptions)
        options = Options(True, self._bound(buffer, chunksize), timeout, retries, return_exceptions)
        return self._each(task, iterable, chunksize, options)

    def imap_unordered(
        self,
        func: Callable[[T], R],
        iterable: Iterable[T],
        chunksize: int | None = None,
        *,
        buffer: int | None = None,
        timeout: float | None = None,
        retries: int = 0,
        return_exceptions: bool = False,
    ) -> Iterator[R]:
        """As `imap`, each result as soon as it is there."""
        task = Task(func, retries=retries, collect_errors=return_exceptions)
        options = Options(False, self._bound(buffer, chunksize), timeout, retries, return_exceptions)
        return self._each(task, iterable, chunksize, options)

    def apply(self, func: Callable[..., R], args: Iterable[Any] = (), kwds: dict[str, Any] | None = None) -> R:
        """One call in a worker."""
        call = (func, tuple(args), dict(kwds or {}))
        result: R = self._all(Task(_call), [call], 1, Options())[0]
        return result

    def _bound(self, buffer: int | None, chunksize: int | None) -> int:
        if buffer is None:
            return max(1024, 16 * (chunksize or 1))
        if isinstance(buffer, bool) or not isinstance(buffer, int) or buffer < 1:
            raise InvalidParameter(f"buffer must be a positive whole number or None, not {buffer!r}")
        return buffer

    def _run(self, task: Task, iterable: Iterable[Any], chunksize: int | None, options: Options) -> Runner:
        if chunksize is not None and (isinstance(chunksize, bool) or not isinstance(chunksize, int) or chunksize < 1):
            raise InvalidParameter(f"chunksize must be a positive whole number or None, not {chunksize!r}")
        if options.timeout_s is not None and options.timeout_s <= 0:
            raise InvalidParameter(f"timeout must be positive, not {options.timeout_s!r}")
        if options.retries < 0:
            raise InvalidParameter(f"retries must not be negative, not {options.retries!r}")
        if self._crew is None:
            raise AmorsizeError("the pool is closed", hint="open another: `with amorsize.Pool() as pool:`")
        rules: dict[str, Any] = {"workers_fixed": self._processes, "chunk_fixed": chunksize}
        if self._chunk_most is not None:
            rules["chunk_most"] = self._chunk_most
        controller = new_controller(self._kind, **rules)
        options.chunk_fixed = chunksize is not None
        self._crew.begin(task, inherit=False)
        return Runner(self._crew, Source(iterable), controller, options)

    def _each(
        self, task: Task, iterable: Iterable[Any], chunksize: int | None, options: Options
    ) -> Iterator[Any]:
        with self._lock:
            runner = self._run(task, iterable, chunksize, options)
            whole = False
            try:
                for _, results in runner.chunks():
                    yield from results
                whole = True
            finally:
                if not whole:
                    self._renew()

    def _all(self, task: Task, iterable: Iterable[Any], chunksize: int | None, options: Options) -> list[Any]:
        results: list[Any] = []
        with self._lock:
            whole = False
            try:
                for _, some in self._run(task, iterable, chunksize, options).chunks():
                    results += some
                whole = True
            finally:
                if not whole:
                    self._renew()
        return results

    def _renew(self) -> None:
        """After a run that did not end well: its workers are ended, later calls get new ones."""
        if self._crew is not None:
            self._crew.stop()
            self._crew = self._new()

    def close(self) -> None:
        """Ends the workers; the pool cannot be used any more."""
        crew, self._crew = self._crew, None
        if crew is not None:
            crew.stop()

    terminate = close

    def join(self) -> None:
        """Nothing is left to be waited for: `close` has waited."""

    def __enter__(self) -> Pool:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __del__(self) -> None:
        if getattr(self, "_crew", None) is not None:
            try:
                self.close()
            except Exception:  # noqa: BLE001 - the interpreter may be half gone
                pass


def _call(task: tuple[Callable[..., R], tuple[Any, ...], dict[str, Any]]) -> R:
    function, args, kwargs = task
    return function(*args, **kwargs)


def imap(
    func: Callable[[T], R],
    iterable: Iterable[T],
    *,
    ordered: bool = True,
    n_jobs: int | None = None,
    chunksize: int | None = None,
    buffer: int | None = None,
    executor: Literal["process", "thread"] = "process",
) -> Iterator[R]:
    """Streams results over an iterable of any length in bounded memory.

    >>> import itertools
    >>> list(itertools.islice(imap(abs, itertools.count(-2), executor="thread", buffer=8), 4))
    [2, 1, 0, 1]
    """
    with Pool(n_jobs, executor=executor) as pool:
        run = pool.imap if ordered else pool.imap_unordered
        yield from run(func, iterable, chunksize, buffer=buffer)
