"""Crews: workers that take chunks and give back what came out. Processes and threads behind one face.

A crew knows nothing of order, sizes or decisions. It starts and ends workers, hands a chunk over, and reports what came
back or that a worker was lost. Nothing here waits without a limit for a worker that may be dead.
"""

from __future__ import annotations

import os
import pickle
import selectors
import signal
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from ._signals import no_interrupt, then
from ._worker import HEADER, NUMBER, Failure, Setup, Task, main, run_chunk
from .errors import AmorsizeError, CannotTravel
from .system_info import RunQueue

MAIN_GUARD = (
    "workers that are not forked import the program first: keep what starts them under "
    "`if __name__ == '__main__':`, in a file that can be imported"
)

# A chunk may wait in the pipe of a busy worker only if it surely fits, or both sides could wait for each other.
RESERVE_BYTES_MOST = 32_768
_GRACE_S = 0.5


@dataclass
class Chunk:
    """Some items on their way."""

    number: int
    first: int
    items: Sequence[Any] | None
    count: int
    sent_ns: int = 0
    tries: int = 0
    counted: bool = False
    # A worker began it before anything was known of the results.
    ahead: bool = False


@dataclass
class Done:
    """A chunk that came back, or was lost with its worker."""

    chunk: Chunk
    results: list[Any]
    failures: list[Failure]
    started_ns: int = 0
    at_ns: int = 0
    cpu_ns: int = 0
    delay_ns: int = 0
    lost: str | None = None
    # The worker was lost before it could take anything: it did not survive its own start.
    unborn: bool = False


@dataclass
class _Process:
    process: Any
    connection: Any
    pid: int
    watch: int = -1
    chunks: deque[Chunk] = field(default_factory=deque)
    knows: int = 0
    free_since_ns: int = 0
    leaving: bool = False
    answered: bool = False
    items: int = 0


class ProcessCrew:
    """Worker processes, each with its own pipe."""

    kind = "process"

    def __init__(
        self,
        context: Any,
        *,
        initializer: Callable[..., Any] | None = None,
        initargs: tuple[Any, ...] = (),
        items_most: int | None = None,
    ) -> None:
        self._context = context
        self._initializer = initializer
        self._initargs = initargs
        # A worker that has run so many items is replaced.
        self.items_most = items_most
        self._workers: list[_Process] = []
        self._selector = selectors.DefaultSelector()
        self.task: Task | None = None
        self._task_bytes: bytes | None = None
        self._task_number = 0
        self._owner = os.getpid()
        self.forks = context.get_start_method() == "fork"
        self.started = 0

    def begin(self, task: Task, *, inherit: bool) -> None:
        """From now on chunks belong to this task; workers that are started now know it without being told."""
        self.task = task
        self._task_number += 1
        self._task_bytes = None
        if not (inherit and self.forks):
            self._task_bytes = self._pickle_task(task)
        for worker in self._workers:
            worker.knows = 0

    def _pickle_task(self, task: Task) -> bytes:
        from multiprocessing.reduction import ForkingPickler

        try:
            return bytes(ForkingPickler.dumps(task))
        except Exception as error:  # noqa: BLE001 - pickling calls the user's own methods
            # Lambdas raise AttributeError, PicklingError or TypeError, by the version of Python.
            name = getattr(task.function, "__qualname__", None) or type(task.function).__qualname__
            raise CannotTravel(
                f"the function {name} cannot be sent to a worker process: {error}",
                hint="define it at the top level of a module, or use executor='thread'",
            ) from error

    def __len__(self) -> int:
        return sum(not worker.leaving for worker in self._workers)

    def in_flight(self) -> int:
        return sum(len(worker.chunks) for worker in self._workers)

    def resize(self, wanted: int) -> None:
        """Starts workers, or lets idle ones go."""
        while len(self) < wanted:
            self._start()
        if len(self) > wanted:
            for worker in list(self._workers):
                if len(self) <= wanted:
                    break
                if not worker.chunks and not worker.leaving:
                    self._dismiss(worker)

    def take_over(self, process: Any, connection: Any, chunk: Chunk) -> None:
        """Takes in a worker that was forked with the task and has begun a chunk of it by itself."""
        self._welcome(process, connection, knows=True)
        self._workers[-1].free_since_ns = chunk.sent_ns
        self._workers[-1].chunks.append(chunk)

    def _start(self) -> None:
        parent, child = self._context.Pipe(duplex=True)
        setup = Setup(initializer=self._initializer, initargs=self._initargs)
        if self.forks and self._task_bytes is None:
            setup.task = self.task
        if self.forks:
            setup.close = [parent.fileno(), *_open_ends()]
        process = self._context.Process(target=main, args=(child, setup), daemon=True)
        # A Ctrl-C in between waits until the worker is known, or nobody would ever end it.
        with no_interrupt():
            try:
                process.start()
                self._welcome(process, parent, knows=setup.task is not None)
            except BaseException as error:
                if process.pid is not None and process.is_alive():
                    process.kill()
                if _is_importing_main():
                    parent.close()
                    raise AmorsizeError(
                        "a worker process that was just started may not start workers of its own",
                        hint=MAIN_GUARD,
                    ) from error
                raise
            finally:
                child.close()

    def _welcome(self, process: Any, parent: Any, *, knows: bool) -> None:
        worker = _Process(process, parent, process.pid or 0)
        worker.knows = self._task_number if knows else 0
        worker.free_since_ns = time.perf_counter_ns()
        self._workers.append(worker)
        _ends.add(parent)
        self._selector.register(parent, selectors.EVENT_READ, worker)
        worker.watch = _pidfd(worker.pid)
        if worker.watch >= 0:
            self._selector.register(worker.watch, selectors.EVENT_READ, worker)
        self.started += 1

    def room(self, reserve: int) -> bool:
        """Whether a chunk can be handed over now; ``reserve`` is how many may wait at a busy worker."""
        if self.items_most is not None:
            # A worker that is to be replaced must not have anything waiting.
            reserve = 0
        return any(not w.leaving and len(w.chunks) <= reserve for w in self._workers)

    def _next(self) -> _Process | None:
        return min(
            (w for w in self._workers if not w.leaving), key=lambda w: (len(w.chunks), w.free_since_ns), default=None
        )

    def items_left(self) -> int | None:
        """The most items that may go to the next worker before it is replaced; ``None`` where there is no bound."""
        if self.items_most is None:
            return None
        worker = self._next()
        return self.items_most if worker is None else max(1, self.items_most - worker.items)

    def send(self, chunk: Chunk, reserve: int) -> bool:
        """Hands a chunk to the least busy worker; false when it has to wait until somebody is free."""
        if not self.room(reserve):
            return False
        worker = self._next()
        assert worker is not None, "there is room"
        new_task = None if worker.knows == self._task_number else self._task_bytes
        assert self.task is not None
        payload: Any = (chunk.first, chunk.first + chunk.count) if chunk.items is None else chunk.items
        try:
            body = self._pickle((new_task, payload))
        except Exception as error:  # noqa: BLE001 - pickling calls the user's own methods
            raise self._named(chunk, error) from error
        if worker.chunks and len(body) > RESERVE_BYTES_MOST:
            return False
        chunk.sent_ns = time.perf_counter_ns()
        worker.chunks.append(chunk)
        worker.knows = self._task_number
        try:
            worker.connection.send_bytes(NUMBER.pack(chunk.number, max(0, chunk.first)) + body)
        except (BrokenPipeError, ConnectionResetError):
            # It died before it could take it; `collect` will find it dead and report the chunk as lost.
            pass
        return True

    def _named(self, chunk: Chunk, error: Exception) -> CannotTravel:
        """The error for a chunk that cannot be pickled: which item it is, and what it is."""
        for at, item in enumerate(chunk.items or ()):
            try:
                self._pickle(item)
            except Exception as own:  # noqa: BLE001 - as above
                index, kind = chunk.first + at, type(item).__qualname__
                return CannotTravel(
                    f"item {index} (a {kind}) cannot be sent to a worker process: {own}",
                    index=index,
                    hint="use executor='thread', or send what the item is made from",
                )
        return CannotTravel(f"the items from {chunk.first} on cannot be sent to a worker process: {error}", index=chunk.first)

    def _pickle(self, value: Any) -> bytes:
        try:
            return pickle.dumps(value, protocol=5)
        except Exception:  # noqa: BLE001 - what plain pickle cannot do, multiprocessing's own may
            from multiprocessing.reduction import ForkingPickler

            return bytes(ForkingPickler.dumps(value))

    def watch(self, fd: int) -> None:
        """Lets `collect` return when something can be read from ``fd``, and reads it."""
        self._selector.register(fd, selectors.EVENT_READ, None)

    def collect(self, timeout: float | None) -> list[Done]:
        """What has come back, waiting for at most ``timeout`` seconds for the first."""
        done: list[Done] = []
        ended: list[_Process] = []
        for key, _ in self._selector.select(timeout):
            if key.data is None:
                os.read(key.fd, 4096)
                continue
            worker: _Process = key.data
            if key.fileobj is worker.connection:
                self._receive(worker, done, ended)
            elif worker not in ended:
                ended.append(worker)
        for worker in ended:
            if worker in self._workers:
                self._bury(worker, done)
        return done

    def _receive(self, worker: _Process, done: list[Done], ended: list[_Process]) -> None:
        try:
            message = worker.connection.recv_bytes()
        except (EOFError, ConnectionResetError, OSError):
            if worker not in ended:
                ended.append(worker)
            return
        now = time.perf_counter_ns()
        number, start, end, cpu, delay, _ = HEADER.unpack_from(message)
        results, failures = pickle.loads(memoryview(message)[HEADER.size :])
        if number == 0:
            # The initializer failed: nothing this worker could ever do.
            chunk = worker.chunks.popleft() if worker.chunks else Chunk(0, -1, None, 0)
            done.append(Done(chunk, [], failures))
            return
        chunk = worker.chunks.popleft()
        worker.answered = True
        worker.items += chunk.count
        if self.items_most is not None and worker.items >= self.items_most and not worker.chunks:
            self._dismiss(worker)
        started = max(chunk.sent_ns, worker.free_since_ns)
        if worker.free_since_ns < chunk.sent_ns and self.started > 0 and start > chunk.sent_ns:
            # The first chunk of a worker waits for the worker to be there; that is the worker's price, not its own.
            started = max(started, start - 100_000)
        worker.free_since_ns = now
        # Being handed over is not waiting that more workers could fill: it counts as wanting a CPU.
        delay += max(0, (now - started) - (end - start))
        done.append(Done(chunk, results, failures, started, now, cpu, delay))

    def _bury(self, worker: _Process, done: list[Done]) -> None:
        """A worker has ended: what it still sent is taken in, what it had is reported as lost."""
        while worker.chunks:
            try:
                if not worker.connection.poll(0):
                    break
            except (OSError, EOFError):
                break
            before = len(done)
            self._receive(worker, done, [worker])
            if len(done) == before:
                break
        self._forget(worker)
        worker.process.join(_GRACE_S)
        cause = _how_it_ended(worker.process.exitcode)
        unborn = not (worker.answered or self.forks) and worker.process.exitcode == 1
        for chunk in worker.chunks:
            done.append(Done(chunk, [], [], chunk.sent_ns, time.perf_counter_ns(), lost=cause, unborn=unborn))

    def _forget(self, worker: _Process) -> None:
        self._workers.remove(worker)
        self._selector.unregister(worker.connection)
        if worker.watch >= 0:
            self._selector.unregister(worker.watch)
            os.close(worker.watch)
        _ends.discard(worker.connection)
        worker.connection.close()

    def _dismiss(self, worker: _Process) -> None:
        worker.leaving = True
        try:
            worker.connection.send_bytes(b"")
        except (BrokenPipeError, ConnectionResetError):
            pass

    def overdue(self, limit_ns: int) -> list[Done]:
        """Ends workers whose chunk has run for longer than the limit; their chunks come back as lost."""
        done: list[Done] = []
        now = time.perf_counter_ns()
        for worker in list(self._workers):
            if worker.chunks and now - max(worker.chunks[0].sent_ns, worker.free_since_ns) > limit_ns:
                worker.process.kill()
                self._forget(worker)
                worker.process.join(_GRACE_S)
                for at, chunk in enumerate(worker.chunks):
                    lost = "timeout" if at == 0 else "unstarted"
                    done.append(Done(chunk, [], [], chunk.sent_ns, now, lost=lost))
        return done

    def stop(self) -> None:
        """Lets every worker end; those that are busy are ended. A Ctrl-C comes when nobody is left."""
        if os.getpid() != self._owner:
            return
        with no_interrupt():
            try:
                self._let_go(_GRACE_S)
            except BaseException:
                # A handler of the program's own has raised, for a timer or SIGTERM.
                self._let_go(0.0)
                raise
        self._selector.close()
        self._selector = selectors.DefaultSelector()

    def _let_go(self, grace: float) -> None:
        for worker in self._workers:
            if worker.chunks:
                worker.process.terminate()
            elif not worker.leaving:
                self._dismiss(worker)
        until = time.monotonic() + grace
        while self._workers:
            worker = self._workers[0]
            worker.process.join(max(0.0, until - time.monotonic()))
            if worker.process.exitcode is None:
                worker.process.kill()
                worker.process.join()
            self._forget(worker)
            worker.process.close()


# The parent's ends of all pipes of this process: a forked worker closes its copies.
_ends: set[Any] = set()


def _open_ends() -> list[int]:
    return [end.fileno() for end in list(_ends) if not end.closed]


def _pidfd(pid: int) -> int:
    opener = getattr(os, "pidfd_open", None)
    if opener is None:
        return -1
    try:
        return int(opener(pid))
    except OSError:
        return -1


def _is_importing_main() -> bool:
    """Whether this process is a worker that is still importing the program it belongs to."""
    import multiprocessing

    return bool(getattr(multiprocessing.current_process(), "_inheriting", False))


def _how_it_ended(code: int | None) -> str:
    if code is None:
        return "stopped answering"
    if code < 0:
        try:
            name = signal.Signals(-code).name
        except ValueError:
            name = f"signal {-code}"
        return f"was killed by {name}"
    return f"exited with code {code}"


class ThreadCrew:
    """Threads of this process that share one queue."""

    kind = "thread"
    forks = False

    def __init__(self, *, initializer: Callable[..., Any] | None = None, initargs: tuple[Any, ...] = ()) -> None:
        import queue

        self._initializer = initializer
        self._initargs = initargs
        self._tasks: queue.SimpleQueue[tuple[Chunk, Task] | None] = queue.SimpleQueue()
        self._done: queue.SimpleQueue[Done | None] = queue.SimpleQueue()
        self._threads: list[threading.Thread] = []
        self._wanted = 0
        self._flying = 0
        self._running: dict[tuple[int, int], Chunk] = {}
        self.task: Task | None = None
        self._stopped = False
        self._late: set[int] = set()
        self.started = 0

    def begin(self, task: Task, *, inherit: bool) -> None:
        del inherit
        self.task = task

    def __len__(self) -> int:
        return self._wanted

    def in_flight(self) -> int:
        return self._flying

    def resize(self, wanted: int) -> None:
        while self._wanted < wanted:
            thread = threading.Thread(target=self._serve, name=f"amorsize-{self.started}", daemon=True)
            self.started += 1
            self._wanted += 1
            self._threads.append(thread)
            thread.start()
        while self._wanted > max(1, wanted):
            self._wanted -= 1
            self._tasks.put(None)

    def room(self, reserve: int) -> bool:
        # The queue is shared, so nothing waits behind a long chunk while somebody is free.
        return self._flying < self._wanted + (self._wanted + 1) // 2 * min(1, reserve)

    def items_left(self) -> int | None:
        return None

    def send(self, chunk: Chunk, reserve: int) -> bool:
        if not self.room(reserve):
            return False
        assert self.task is not None
        chunk.sent_ns = time.perf_counter_ns()
        self._flying += 1
        self._tasks.put((chunk, self.task))
        return True

    def _serve(self) -> None:
        queue = RunQueue()
        me = threading.get_ident()
        try:
            if self._initializer is not None:
                try:
                    self._initializer(*self._initargs)
                except BaseException as error:  # noqa: BLE001 - it is handed to the caller
                    failure = Failure(-1, error, kind="start")
                    self._done.put(Done(Chunk(0, -1, None, 0), [], [failure]))
                    return
            while True:
                taken = self._tasks.get()
                if taken is None or self._stopped:
                    return
                chunk, task = taken
                start, delay, cpu = time.perf_counter_ns(), queue.delay_ns(), time.thread_time_ns()
                # By its start, too: who gives up one chunk of a thread must not forget its next one.
                self._running[(me, start)] = chunk
                items = chunk.items
                if items is None:
                    assert task.data is not None
                    items = task.data[chunk.first : chunk.first + chunk.count]
                try:
                    results, failures = run_chunk(task, chunk.first, items)
                except BaseException as error:  # noqa: BLE001 - SystemExit in a thread ends the run, not the thread
                    results, failures = [], [Failure(chunk.first, error, kind="exit")]
                end = time.perf_counter_ns()
                self._running.pop((me, start), None)
                costs = (time.thread_time_ns() - cpu, queue.delay_ns() - delay)
                self._done.put(Done(chunk, results, failures, start, end, *costs))
        finally:
            queue.close()

    def collect(self, timeout: float | None) -> list[Done]:
        import queue

        done: list[Done] = []
        try:
            self._take(self._done.get(timeout=timeout), done)
            while True:
                self._take(self._done.get_nowait(), done)
        except queue.Empty:
            return done

    def _take(self, one: Done | None, done: list[Done]) -> None:
        if one is None:
            return
        if one.chunk.number:
            if one.chunk.number in self._late:
                self._late.discard(one.chunk.number)
                return
            self._flying -= 1
        done.append(one)

    def overdue(self, limit_ns: int) -> list[Done]:
        """A thread cannot be ended: its chunk is given up, and another thread takes its place."""
        now = time.perf_counter_ns()
        late = [one for one in list(self._running.items()) if now - one[0][1] > limit_ns]
        done = []
        for (me, start), chunk in late:
            if self._running.pop((me, start), None) is None:
                continue
            # amorsize: allow(CTA120) only the thread that runs the crew asks what is overdue
            self._late.add(chunk.number)
            self._flying -= 1
            self._wanted -= 1
            done.append(Done(chunk, [], [], start, now, lost="timeout"))
        return done

    def stop(self) -> None:
        self._stopped = True
        for _ in self._threads:
            self._tasks.put(None)
        if not self._running:
            for thread in self._threads:
                thread.join(_GRACE_S)
        self._threads.clear()
        self._wanted = 0


def probe_process(method: str) -> float:
    """Seconds from asking for one more worker process until it has answered; the better of two."""
    import multiprocessing

    best = 0.0
    for _ in range(2 if method == "fork" else 1):
        crew = ProcessCrew(multiprocessing.get_context(method))
        taken = then(lambda crew=crew: _first_answer_s(crew), crew.stop)  # type: ignore[misc]
        if taken > 0:
            best = taken if best <= 0 else min(best, taken)
    return best


def _first_answer_s(crew: ProcessCrew) -> float:
    crew.begin(Task(abs), inherit=True)
    start = time.perf_counter()
    crew.resize(1)
    crew.send(Chunk(1, 0, [1], 1), 0)
    answered = crew.collect(5.0)
    taken = time.perf_counter() - start
    return taken if answered and answered[0].lost is None else 0.0


def probe_chunk() -> float:
    """Seconds that one more chunk costs a worker process that is already there."""
    import multiprocessing

    crew = ProcessCrew(multiprocessing.get_context())
    times = then(lambda: _answer_times_s(crew), crew.stop)
    steady = sorted(times[3:])
    return steady[len(steady) // 2] if steady else 0.0005


def _answer_times_s(crew: ProcessCrew) -> list[float]:
    crew.begin(Task(abs), inherit=True)
    times: list[float] = []
    crew.resize(1)
    for number in range(1, 24):
        start = time.perf_counter()
        crew.send(Chunk(number, 0, [1], 1), 0)
        if not crew.collect(5.0):
            break
        times.append(time.perf_counter() - start)
    return times
