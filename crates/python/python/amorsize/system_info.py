"""The machine as it really is for this process, and what its workers cost.

Cores, memory and their limits are read by the compiled half along the whole path of control groups. What a worker
and a chunk cost is measured once in a process and remembered; what cannot be told from noise counts as zero.
"""

from __future__ import annotations

import os
import sys
import threading
import time
from typing import Any

from . import _native

_lock = threading.Lock()
_spawn_costs: dict[str, float] = {}
_chunk_costs: dict[str, float] = {}

# Reading the machine means reading a dozen files: what was read is good for a moment.
_MACHINE_KEPT_S = 0.5
_machine: tuple[float, dict[str, Any] | None] = (0.0, None)

_NUM_THREADS = (
    "OMP_NUM_THREADS",
    "MKL_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "NUMEXPR_NUM_THREADS",
    "VECLIB_MAXIMUM_THREADS",
    "NUMBA_NUM_THREADS",
)


def read_machine() -> dict[str, Any]:
    """Everything that is known about the machine, as this process may use it; ``None`` where the system is silent.

    >>> read_machine()["cpus_usable"] > 0
    True
    """
    global _machine
    at, known = _machine
    now = time.monotonic()
    if known is None or now - at > _MACHINE_KEPT_S:
        known = _native.machine()
        _machine = (now, known)
    return dict(known)


def get_physical_cores() -> int:
    """The physical cores among the CPUs this process may run on; at least one."""
    machine = read_machine()
    return max(1, int(machine["cores_physical"] or machine["cpus_allowed"] or 1))


def get_logical_cores() -> int:
    """The CPUs this process may run on, affinity included; at least one."""
    return max(1, int(read_machine()["cpus_allowed"] or 1))


def get_usable_cpus() -> float:
    """CPUs' worth of time this process can use, a quota included; may be a fraction."""
    return float(read_machine()["cpus_usable"])


def get_available_memory() -> int:
    """Bytes that may still be used: the least of what is free and what the limits leave."""
    machine = read_machine()
    headroom = machine["memory_headroom_bytes"]
    return int(headroom) if headroom else 1 << 30


def get_memory_limit() -> int:
    """Bytes this machine gives to this process in all: its memory or the tightest limit, whichever is less."""
    total = read_machine()["memory_total_bytes"]
    return max(int(total or 0), get_available_memory())


def get_multiprocessing_start_method() -> str:
    """How worker processes are started: ``fork``, ``spawn`` or ``forkserver``."""
    import multiprocessing

    # Asking without `allow_none` would fix the method for the whole program.
    method = multiprocessing.get_start_method(allow_none=True)
    if method is None:
        method = multiprocessing.get_all_start_methods()[0]
    return method


def get_swap_usage() -> tuple[float, int, int]:
    """Swap in use: percent, bytes used, bytes in all."""
    total = free = 0
    try:
        with open("/proc/meminfo", encoding="ascii") as lines:
            for line in lines:
                if line.startswith("SwapTotal:"):
                    total = int(line.split()[1]) * 1024
                elif line.startswith("SwapFree:"):
                    free = int(line.split()[1]) * 1024
    except OSError:
        return 0.0, 0, 0
    used = max(0, total - free)
    return (100.0 * used / total if total else 0.0), used, total


def calculate_max_workers(physical_cores: int, estimated_job_ram: int) -> int:
    """The workers that cores and memory leave room for; at least one.

    >>> calculate_max_workers(4, 0)
    4
    """
    workers = max(1, int(physical_cores))
    if estimated_job_ram > 0:
        workers = min(workers, int(0.8 * get_available_memory() / estimated_job_ram))
    percent = get_swap_usage()[0]
    if percent > 50:
        workers //= 2
    elif percent > 10:
        workers = int(workers * 0.75)
    return max(1, workers)


def get_spawn_cost(use_benchmark: bool = True) -> float:
    """Seconds that one more worker process costs, measured once in this process.

    >>> get_spawn_cost() > 0
    True
    """
    method = get_multiprocessing_start_method()
    if not use_benchmark:
        return _spawn_costs.get(method, get_spawn_cost_estimate())
    known = _spawn_costs.get(method)
    if known is not None:
        return known
    with _lock:
        if method not in _spawn_costs:
            _spawn_costs[method] = _measure_spawn(method)
        return _spawn_costs[method]


def get_spawn_cost_estimate() -> float:
    """Seconds a worker is taken to cost before one was ever started here, by the start method."""
    return {"fork": 0.015, "spawn": 0.2, "forkserver": 0.075}.get(get_multiprocessing_start_method(), 0.2)


def measure_spawn_cost(timeout: float = 2.0) -> float:
    """Measures again what one more worker process costs, in seconds."""
    del timeout
    _clear_spawn_cost_cache()
    return get_spawn_cost()


def note_spawn_cost(seconds: float) -> None:
    """Takes in what starting a worker really cost in a run."""
    method = get_multiprocessing_start_method()
    with _lock:
        known = _spawn_costs.get(method)
        _spawn_costs[method] = seconds if known is None else min(known, seconds)


def _measure_spawn(method: str) -> float:
    from ._crew import probe_process

    best = probe_process(method)
    return best if best > 0 else get_spawn_cost_estimate()


def get_chunking_overhead(use_benchmark: bool = True) -> float:
    """Seconds that handing over one more chunk costs, measured once in this process."""
    method = get_multiprocessing_start_method()
    if not use_benchmark:
        return _chunk_costs.get(method, 0.0005)
    known = _chunk_costs.get(method)
    if known is not None:
        return known
    from ._crew import probe_chunk

    with _lock:
        if method not in _chunk_costs:
            _chunk_costs[method] = probe_chunk()
        return _chunk_costs[method]


def measure_chunking_overhead(timeout: float = 2.0) -> float:
    """Measures again what handing over one more chunk costs, in seconds."""
    del timeout
    _clear_chunking_overhead_cache()
    return get_chunking_overhead()


def _clear_spawn_cost_cache() -> None:
    with _lock:
        _spawn_costs.clear()


def _clear_chunking_overhead_cache() -> None:
    with _lock:
        _chunk_costs.clear()


def check_parallel_environment_vars() -> dict[str, str]:
    """The variables that set how many threads a numeric library starts, where they are set."""
    return {name: os.environ[name] for name in _NUM_THREADS if name in os.environ}


def get_current_thread_count() -> int:
    """The threads of this process, those of libraries included."""
    try:
        return len(os.listdir("/proc/self/task"))
    except OSError:
        return threading.active_count()


def resident_bytes() -> int:
    """The memory of this process that is resident now; 0 where the system does not say."""
    try:
        with open("/proc/self/statm", "rb") as pages:
            return int(pages.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except (OSError, IndexError, ValueError):
        return 0


def estimate_internal_threads(threads_before: int, threads_after: int, env_vars: dict[str, str]) -> int:
    """The threads a library starts inside each call, by what is set and what was seen.

    >>> estimate_internal_threads(1, 1, {"OMP_NUM_THREADS": "3"})
    3
    """
    for value in env_vars.values():
        if value.isdigit() and int(value) > 0:
            return int(value)
    if threads_after > threads_before:
        return threads_after - threads_before + 1
    return 4


def get_system_info() -> tuple[int, float, int]:
    """Physical cores, the cost of a worker in seconds, and available memory in bytes."""
    return get_physical_cores(), get_spawn_cost(), get_available_memory()


def describe() -> dict[str, Any]:
    """The fingerprint that remembered results are judged by."""
    return {
        "physical_cores": get_physical_cores(),
        "available_memory": get_available_memory(),
        "start_method": get_multiprocessing_start_method(),
        "platform": sys.platform,
        "python_version": f"{sys.version_info.major}.{sys.version_info.minor}",
    }


class RunQueue:
    """How long the thread that made it has been ready without having a CPU."""

    __slots__ = ("_fd",)

    def __init__(self) -> None:
        try:
            self._fd = os.open("/proc/thread-self/schedstat", os.O_RDONLY | os.O_CLOEXEC)
        except OSError:
            self._fd = -1

    def delay_ns(self) -> int:
        """Nanoseconds since the thread began; 0 where the system does not say."""
        if self._fd < 0:
            return 0
        try:
            return int(os.pread(self._fd, 96, 0).split()[1])
        except (OSError, IndexError, ValueError):
            return 0

    def close(self) -> None:
        fd, self._fd = self._fd, -1
        if fd >= 0:
            try:
                os.close(fd)
            except OSError:
                # Somebody has closed all files of this process.
                pass

    __del__ = close


class Span:
    """Wall time of a stretch of one thread, and how much of it the thread would compute on an idle machine.

    On a busy machine a computing thread waits for a CPU and would look as if it waited for something else, and a
    sleeping thread waits for one after it has woken and would look as if it computed. So the time in which the thread was
    ready and had no CPU is left out. It is read just inside and just outside of the stretch: where the two differ, the
    thread lost its CPU between two readings, and nothing can be said (``clear``).
    """

    __slots__ = ("_cpu", "_inside", "_outside", "_process", "_queue", "_start", "clear", "cpu_s", "process_s", "wall_s")

    def __init__(self, queue: RunQueue | None = None) -> None:
        self._queue = queue if queue is not None else RunQueue()

    def start(self) -> Span:
        self._outside = self._queue.delay_ns()
        self._start = time.perf_counter_ns()
        self._inside = self._queue.delay_ns()
        self._process = time.process_time_ns()
        self._cpu = time.thread_time_ns()
        return self

    def stop(self) -> Span:
        cpu = time.thread_time_ns() - self._cpu
        process = time.process_time_ns() - self._process
        inside = self._queue.delay_ns() - self._inside
        wall = time.perf_counter_ns() - self._start
        outside = self._queue.delay_ns() - self._outside
        own = max(1, wall - inside)
        self.wall_s = wall / 1e9
        self.clear = outside - inside <= own // 20
        self.cpu_s = min(1.0, cpu / own) * self.wall_s
        self.process_s = process / own * self.wall_s
        return self
