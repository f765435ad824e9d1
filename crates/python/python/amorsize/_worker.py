"""What runs inside a worker process: take a chunk, run it, send back what came out and what it cost.

A worker never decides anything. It ignores Ctrl-C (the parent tells it when to end), ends when its parent is gone,
and turns whatever an item raises into a value that always reaches the parent.
"""

from __future__ import annotations

import os
import pickle
import signal
import struct
import sys
import time
import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from .system_info import RunQueue

# chunk number, start and end on the monotonic clock, CPU and run-queue delay, all in nanoseconds; whether it failed.
HEADER = struct.Struct("!QQQQQB")
# Before every task: chunk number and index of its first item, readable even when the rest is not.
NUMBER = struct.Struct("!QQ")


@dataclass
class Task:
    """What every chunk of a run has in common."""

    function: Callable[..., Any]
    star: bool = False
    retries: int = 0
    collect_errors: bool = False
    # Known to every worker before the run: chunks are then sent as a pair of indexes.
    data: Sequence[Any] | None = None


@dataclass
class Setup:
    """What a worker is started with."""

    task: Task | None = None
    initializer: Callable[..., Any] | None = None
    initargs: tuple[Any, ...] = ()
    close: list[int] = field(default_factory=list)
    # The index of an item of the task's data that the worker begins with.
    own: int | None = None


class Failure:
    """One item that raised, fit to travel: the exception where it can be pickled, and its traceback as text."""

    def __init__(self, index: int, error: BaseException, attempts: int = 1, kind: str = "item") -> None:
        self.index = index
        self.kind = kind
        self.attempts = attempts
        self.text = "".join(traceback.format_exception(type(error), error, error.__traceback__))
        self.summary = f"{type(error).__name__}: {_text(error)}"
        self.error: BaseException | None = error
        self.travelled = False

    def __getstate__(self) -> dict[str, Any]:
        state = dict(self.__dict__)
        state["error"] = None
        state["pickled"] = _pickled_error(self.error)
        return state

    def __setstate__(self, state: dict[str, Any]) -> None:
        pickled = state.pop("pickled", None)
        self.__dict__.update(state)
        self.travelled = True
        if pickled is not None:
            self.error = pickle.loads(pickled)


def _text(error: BaseException) -> str:
    try:
        return str(error)
    except Exception:  # noqa: BLE001 - the user's __str__ may raise anything
        return "(its text could not be made)"


def _pickled_error(error: BaseException | None) -> bytes | None:
    """The exception as bytes, if it also survives being read back; without the attributes that cannot travel, if need be."""
    if error is None:
        return None
    for shape in (error, _Parts(error)):
        try:
            pickled = pickle.dumps(shape)
            pickle.loads(pickled)
        except Exception:  # noqa: BLE001 - exceptions of users fail to pickle in every way there is
            continue
        return pickled
    return None


class _Parts:
    """An exception that is put together again without its ``__init__``, which may ask for more than its arguments."""

    def __init__(self, error: BaseException) -> None:
        self._error = error

    def __reduce__(self) -> tuple[Any, ...]:
        error = self._error
        kept = {name: value for name, value in error.__dict__.items() if _is_picklable(value)}
        return _put_together, (type(error), tuple(value for value in error.args if _is_picklable(value)), kept)


def _put_together(kind: type[BaseException], args: tuple[Any, ...], attributes: dict[str, Any]) -> BaseException:
    error = kind.__new__(kind, *args)
    error.args = args
    error.__dict__.update(attributes)
    return error


def _is_picklable(value: Any) -> bool:
    try:
        pickle.dumps(value)
    except Exception:  # noqa: BLE001 - as above
        return False
    return True


def run_chunk(task: Task, first: int, items: Sequence[Any]) -> tuple[list[Any], list[Failure]]:
    """Runs the items in order; without ``collect_errors`` the first failure ends the chunk."""
    results: list[Any] = []
    failures: list[Failure] = []
    function = task.function
    append = results.append
    at = 0
    total = len(items)
    while at < total:
        try:
            if task.star:
                while at < total:
                    append(function(*items[at]))
                    at += 1
            else:
                while at < total:
                    append(function(items[at]))
                    at += 1
        except Exception as error:  # noqa: BLE001 - it is handed to the caller, whatever it is
            failed, value = _again(task, first + at, items[at], error)
            at += 1
            if failed is None:
                append(value)
                continue
            failures.append(failed)
            if not task.collect_errors:
                break
            append(None)
    return results, failures


def _again(task: Task, index: int, item: Any, error: Exception) -> tuple[Failure | None, Any]:
    """Tries an item as often as allowed; the failure of the last try, or the value."""
    for _ in range(task.retries):
        try:
            return None, task.function(*item) if task.star else task.function(item)
        except Exception as later:  # noqa: BLE001 - as above
            error = later
    return Failure(index, error, task.retries + 1), None


def _leave_to_parent(_number: int, _frame: object) -> None:
    """Ctrl-C reaches the parent too, and the parent ends its workers."""


def main(connection: Any, setup: Setup) -> None:
    """The life of a worker process."""
    if signal.getsignal(signal.SIGINT) is not signal.SIG_IGN:
        # Not SIG_IGN: a command that an item starts would inherit that, and outlive a Ctrl-C.
        signal.signal(signal.SIGINT, _leave_to_parent)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    if hasattr(signal, "pthread_sigmask"):
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT, signal.SIGTERM})
    for fd in setup.close:
        # The parent's ends of the other workers: while one copy is open, they would never see their parent go.
        try:
            os.close(fd)
        except OSError:
            pass
    try:
        _serve(connection, setup)
    except (EOFError, BrokenPipeError, ConnectionResetError):
        # The parent is gone; nobody is left to be told.
        pass
    finally:
        _flush()


def _flush() -> None:
    """Lets what items print be seen when their results are there, even if this worker is ended later."""
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except (OSError, ValueError, AttributeError):
            pass


def _serve(connection: Any, setup: Setup) -> None:
    if setup.initializer is not None:
        try:
            setup.initializer(*setup.initargs)
        except BaseException as error:  # noqa: BLE001 - also SystemExit: a worker that cannot start says so
            failure = Failure(-1, error, kind="start")
            _send_bytes(connection, 0, (0, 0, 0, 0), _dump(([], [failure]), 0), True)
            return
    task = setup.task
    queue = RunQueue()
    if setup.own is not None:
        assert task is not None and task.data is not None, "its own item is one of its task"
        costs = _Costs(queue)
        outcome = _outcome(task, setup.own, _slice(task.data, setup.own, setup.own + 1))
        _answer(connection, setup.own, setup.own, costs, outcome)
    while True:
        message = connection.recv_bytes()
        if not message:
            return
        costs = _Costs(queue)
        number, first = NUMBER.unpack_from(message)
        try:
            new_task, payload = pickle.loads(memoryview(message)[NUMBER.size :])
            if new_task is not None:
                task = pickle.loads(new_task)
            assert task is not None, "the first chunk brings its task"
            items = payload if task.data is None else _slice(task.data, *payload)
        except Exception as error:  # noqa: BLE001 - reading an item calls the user's own methods
            outcome = ([], [Failure(first, error, kind="read")])
        else:
            outcome = _outcome(task, first, items)
        _answer(connection, number, first, costs, outcome)


class _Costs:
    """What a chunk costs its worker, from now on."""

    def __init__(self, queue: RunQueue) -> None:
        self._queue = queue
        self._start, self._delay, self._cpu = time.perf_counter_ns(), queue.delay_ns(), time.thread_time_ns()

    def read(self) -> tuple[int, int, int, int]:
        end = time.perf_counter_ns()
        # An item may have closed what the delay is read from.
        delay = max(0, self._queue.delay_ns() - self._delay)
        return self._start, end, time.thread_time_ns() - self._cpu, delay


def _outcome(task: Task, first: int, items: Sequence[Any]) -> tuple[list[Any], list[Failure]]:
    try:
        return run_chunk(task, first, items)
    except BaseException as error:  # noqa: BLE001 - SystemExit and KeyboardInterrupt of an item are its answer
        return [], [Failure(first, error, kind="exit")]


def _answer(
    connection: Any, number: int, first: int, costs: _Costs, outcome: tuple[list[Any], list[Failure]]
) -> None:
    payload = _dump(outcome, first)
    _flush()
    _send_bytes(connection, number, costs.read(), payload, bool(outcome[1]))


def _slice(data: Sequence[Any], start: int, stop: int) -> Sequence[Any]:
    if isinstance(data, (list, tuple, range)):
        return data[start:stop]
    return [data[index] for index in range(start, stop)]


def _dump(outcome: tuple[list[Any], list[Failure]], first: int) -> bytes:
    from multiprocessing.reduction import ForkingPickler

    try:
        return bytes(ForkingPickler.dumps(outcome))
    except Exception as error:  # noqa: BLE001 - pickling calls the user's own methods
        at, result, cause = 0, None, error
        for at, result in enumerate(outcome[0]):
            try:
                ForkingPickler.dumps(result)
            except Exception as own:  # noqa: BLE001 - as above
                cause = own
                break
        kind = type(result).__qualname__
        problem = TypeError(f"the result (a {kind}) cannot be sent back from a worker: {cause}")
        return bytes(ForkingPickler.dumps(([], [Failure(first + at, problem, kind="result")])))


def _send_bytes(
    connection: Any, number: int, costs: tuple[int, int, int, int], payload: bytes, failed: bool
) -> None:
    connection.send_bytes(HEADER.pack(number, *costs, failed) + payload)
