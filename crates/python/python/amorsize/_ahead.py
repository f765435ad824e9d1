"""Workers that stand by while the first item of few runs here.

Nothing is known before the first item has ended. Where items are few and long, the other CPUs would idle for a good part
of the run. So some processes are forked before it begins, each with one of the next items for its own, which it
begins by itself when the first takes longer than a worker costs. A shorter first item ends them all, and its function is
remembered as quick: at the next call nobody stands by. An item runs once, whoever gets it.

A process that stands by has loaded nothing for it, so that little work stays cheap: only one that begins becomes a worker
like any other.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
import weakref
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, NoReturn

from ._signals import no_interrupt
from .system_info import (
    get_current_thread_count,
    get_multiprocessing_start_method,
    note_spawn_cost,
    read_machine,
    resident_bytes,
)

if TYPE_CHECKING:
    from ._crew import Chunk, ProcessCrew

# A process begins its item when the first has run for so long: some times what forking a worker costs.
AFTER_S = 0.005
# With more items for every CPU, the first is a small part of all.
ITEMS_PER_CPU_MOST = 32
# Standing by may cost so much in all, and forking a large process costs more than it is worth.
_PROCESSES_MOST = 7
_FORKING_MOST_S = 0.003
_RESIDENT_MOST = 256 << 20
_LOOK_AGAIN_S = 0.0005
# Until a worker has answered for the first time takes so many times what forking it took.
_WORKER_OVER_FORK = 5

_quick: weakref.WeakSet[Any] = weakref.WeakSet()


class Ahead:
    """The processes that stand by, each for one of the items after the first."""

    def __init__(self, func: Callable[[Any], Any], data: Sequence[Any], cpus: int) -> None:
        self._func = func
        self._data = data
        self._waiting: list[StandBy] = []
        self._called_back = False
        self._crew: ProcessCrew | None = None
        self.begun: list[Chunk] = []
        # The index of the first item that was nobody's own, and those before it that nobody has begun.
        self.next = 1
        self.left: list[int] = []
        # What was printed is not to be printed again by a copy of this process.
        for stream in (sys.stdout, sys.stderr):
            try:
                stream.flush()
            except (OSError, ValueError, AttributeError):
                pass
        start = time.perf_counter()
        try:
            with no_interrupt():
                while self.next < min(len(data), cpus, _PROCESSES_MOST + 1):
                    self._waiting.append(StandBy(func, data, self.next))
                    self.next += 1
                    if time.perf_counter() - start > _FORKING_MOST_S:
                        break
        except OSError:
            # No process or no file is to be had now: then the first item runs alone.
            pass
        except BaseException:
            self.stop()
            raise

    def call_back(self) -> bool:
        """Ends who has not begun; true when somebody has."""
        if not self._called_back:
            self._called_back = True
            with no_interrupt():
                for one in self._waiting:
                    if one.end():
                        self.left.append(one.index)
                waiting, self._waiting = self._waiting, []
                for one in waiting:
                    if one.index not in self.left:
                        self._take_over(one)
        return bool(self.begun)

    def _take_over(self, one: StandBy) -> None:
        from multiprocessing.connection import Connection

        from ._crew import Chunk

        note_spawn_cost(_WORKER_OVER_FORK * one.forking_s)
        chunk = Chunk(one.index, one.index, None, 1, sent_ns=one.since_ns + int(AFTER_S * 1e9), ahead=True)
        self.begun.append(chunk)
        self.crew.take_over(one, Connection(one.detach()), chunk)

    @property
    def crew(self) -> ProcessCrew:
        """The workers that have begun."""
        if self._crew is None:
            import multiprocessing

            from ._crew import ProcessCrew
            from ._worker import Task

            self._crew = ProcessCrew(multiprocessing.get_context("fork"))
            self._crew.begin(Task(self._func, data=self._data), inherit=True)
        return self._crew

    def stop(self) -> None:
        """Leaves nobody behind."""
        with no_interrupt():
            for one in self._waiting:
                if not one.end():
                    one.kill()
                    one.join()
                    os.close(one.detach())
            self._waiting.clear()
        if self._crew is not None:
            self._crew.stop()


class StandBy:
    """A forked process with an item of its own; the face of ``multiprocessing.Process`` that a crew needs.

    A pipe holds one byte. Whoever reads it, the process or its parent, has the item. It is made while Ctrl-C is held back.
    """

    def __init__(self, func: Callable[[Any], Any], data: Sequence[Any], index: int) -> None:
        import _socket

        self.index = index
        self.exitcode: int | None = None
        self._claim, put = os.pipe()
        os.set_blocking(self._claim, False)
        os.write(put, b"x")
        os.close(put)
        ours, theirs = _socket.socketpair()
        self._end = ours.detach()
        ended = theirs.detach()
        start = time.perf_counter()
        try:
            parent = os.getpid()
            self.pid = os.fork()
            if self.pid == 0:
                self._stand_by(func, data, ended, parent)
        except OSError:
            self._close()
            raise
        finally:
            os.close(ended)
        self.since_ns = time.perf_counter_ns()
        self.forking_s = time.perf_counter() - start

    def _stand_by(self, func: Callable[[Any], Any], data: Sequence[Any], end: int, parent: int) -> NoReturn:
        code = 1
        try:
            # This is the forked process: nothing of the program it is a copy of may go on here.
            os.close(self._end)
            time.sleep(AFTER_S)
            if os.getppid() == parent and self._has_claimed():
                code = _begin(func, data, self.index, end)
        finally:
            os._exit(code)

    def _has_claimed(self) -> bool:
        try:
            return os.read(self._claim, 1) == b"x"
        except BlockingIOError:
            return False

    def end(self) -> bool:
        """Ends it, unless it has begun; whether it is gone."""
        if not self._has_claimed():
            return False
        self.kill()
        self.join()
        self._close()
        return True

    def detach(self) -> int:
        """The end of the connection to it; closing that is the caller's from now on."""
        end, self._end = self._end, -1
        self._close()
        return end

    def _close(self) -> None:
        for fd in (self._claim, self._end):
            if fd >= 0:
                os.close(fd)
        self._claim = self._end = -1

    def is_alive(self) -> bool:
        self.join(0)
        return self.exitcode is None

    def join(self, timeout: float | None = None) -> None:
        """Waits for its end, at most so many seconds."""
        until = None if timeout is None else time.monotonic() + timeout
        while self.exitcode is None:
            try:
                pid, status = os.waitpid(self.pid, 0 if until is None else os.WNOHANG)
            except ChildProcessError:
                # Somebody else has waited for it; how it ended is not to be known.
                self.exitcode = 255
                return
            if pid:
                self.exitcode = os.waitstatus_to_exitcode(status)
            elif until is not None:
                if time.monotonic() >= until:
                    return
                time.sleep(_LOOK_AGAIN_S)

    def kill(self) -> None:
        self._signal(signal.SIGKILL)

    def terminate(self) -> None:
        self._signal(signal.SIGTERM)

    def _signal(self, number: int) -> None:
        if self.is_alive():
            os.kill(self.pid, number)

    def close(self) -> None:
        """Nothing is held once it has ended."""


def _begin(func: Callable[[Any], Any], data: Sequence[Any], index: int, end: int) -> int:
    """The life of a process that has become a worker; its exit code."""
    import multiprocessing
    from multiprocessing.connection import Connection

    from ._crew import _open_ends
    from ._worker import Setup, Task, main

    setup = Setup(task=Task(func, data=data), own=index, close=_open_ends())
    process = multiprocessing.get_context("fork").Process(target=main, args=(Connection(end), setup), daemon=True)
    # This process becomes what `process` would have started.
    code: int = process._bootstrap()  # type: ignore[attr-defined]
    return code


def stand_by(func: Callable[[Any], Any], data: Any) -> Ahead | None:
    """Processes that stand by, where forking them before anything is known is safe and little beside what it may save."""
    if type(data) not in (list, tuple, range) or not 2 <= len(data) <= ITEMS_PER_CPU_MOST * (os.cpu_count() or 1):
        return None
    if _core(func) in _quick or not _forks() or not _may_fork():
        return None
    cpus = int(float(read_machine()["cpus_usable"]) + 0.999)
    if cpus < 2 or len(data) > ITEMS_PER_CPU_MOST * cpus or resident_bytes() > _RESIDENT_MOST:
        return None
    return Ahead(func, data, cpus)


def _forks() -> bool:
    if "multiprocessing" in sys.modules:
        return get_multiprocessing_start_method() == "fork"
    # Nobody can have chosen another way, and loading it costs more than a process.
    return sys.platform == "linux" and sys.version_info < (3, 14)


def _may_fork() -> bool:
    process = sys.modules.get("multiprocessing.process")
    if process is not None and process.current_process().daemon:
        return False
    # Threads of others may hold locks that a forked process would never see released.
    return threading.active_count() == 1 and (sys.version_info < (3, 12) or get_current_thread_count() == 1)


def note_first(func: Callable[[Any], Any], seconds: float) -> None:
    """Remembers whether the first item of a function was quick."""
    core = _core(func)
    try:
        (_quick.add if seconds < AFTER_S else _quick.discard)(core)
    except TypeError:
        # Nothing can be remembered of what has no weak references.
        pass


def _core(func: Callable[..., Any]) -> Any:
    """What stays the same where a function is made anew for every call: a lambda, a method, a partial, an object."""
    for _ in range(8):
        inner = getattr(func, "func", None) or getattr(func, "__func__", None)
        if inner is None:
            break
        func = inner
    code = getattr(func, "__code__", None)
    if code is not None:
        return code
    return func if isinstance(func, type) or hasattr(func, "__name__") else type(func)
