"""What users do that no manual mentions: each of these broke some pool somewhere."""

import asyncio
import functools
import multiprocessing
import os
import pickle
import signal
import subprocess
import sys
import textwrap
import threading
import time

import hard
import pytest
import work

import amorsize
from amorsize import AmorsizeError, CannotTravel, Pool, WorkerLost, execute, optimize

pytestmark = pytest.mark.usefixtures("leaves_no_process")

CPUS = amorsize.system_info.get_usable_cpus()
TRAVELLERS = [
    (abs, lambda x: abs(x)),
    (hard.add_two, lambda x: x + 2),
    (functools.partial(pow, 2), lambda x: 2**x),
    (hard.Adder(3).add, lambda x: x + 3),
    (hard.Adder(3), lambda x: x - 3),
    (hard.Adder.twice, lambda x: 2 * x),
    (hard.Adder.thrice, lambda x: 3 * x),
    (str.upper, str.upper),
    (float, float),
]


@pytest.mark.parametrize("context", ["fork", "spawn", "forkserver"])
def test_every_kind_of_callable_travels_with_every_start_method(context):
    with Pool(2, context=context) as pool:
        for function, wanted in TRAVELLERS:
            data = ["a", "b"] if function is str.upper else list(range(20))
            assert pool.map(function, data, 3) == [wanted(x) for x in data]


@pytest.mark.parametrize("function", [lambda x: x, threading.Lock().acquire], ids=["lambda", "bound to a lock"])
def test_a_function_that_cannot_travel_is_named_and_the_pool_goes_on(function):
    with Pool(2) as pool:
        with pytest.raises(CannotTravel, match="the function .* cannot be sent to a worker") as caught:
            pool.map(function, range(3))
        assert isinstance(caught.value, (pickle.PicklingError, TypeError))
        assert pool.map(work.double, [1, 2]) == [2, 4]


def test_an_item_that_cannot_travel_is_named_and_the_pool_goes_on():
    with Pool(2) as pool:
        with pytest.raises(CannotTravel, match="item 7 .a lock. cannot be sent") as caught:
            pool.map(work.double, [*range(7), threading.Lock(), 8])
        assert caught.value.index == 7
        assert pool.map(work.double, [1, 2]) == [2, 4]


def test_execute_runs_here_what_cannot_be_sent():
    results = execute(hard.lock_or_number, hard.numbers_and_a_lock())
    assert results == [*range(200), "lock", *range(201, 400)]


@pytest.mark.skipif(CPUS < 2, reason="one CPU: everything is serial")
def test_execute_shares_out_lambdas_and_closures_where_workers_are_forked(usual_costs):
    if multiprocessing.get_start_method() != "fork":
        pytest.skip("workers are not forked here")
    by, lock = 3, threading.Lock()

    def closure(x):
        with lock:
            return hard.busy_ms(x) + by

    results, plan = execute(closure, list(range(400)), return_optimization_result=True)
    assert results == [x + 3 for x in range(400)]
    assert plan.n_jobs > 1
    locks = [threading.Lock() for _ in range(400)]
    assert execute(lambda one: hard.busy_text(one.locked()), locks) == ["False"] * 400
    assert optimize(closure, list(range(400)), use_cache=False).n_jobs == 1


def test_what_items_print_is_seen_even_if_the_run_fails(capfd):
    with Pool(2) as pool:
        pool.map(hard.prints, range(50), 5)
        # Two workers write at once: lines may run into each other, and nothing may be missing.
        assert capfd.readouterr().out.count("item ") == 50


@pytest.mark.parametrize(("function", "kind"), [(hard.leaves, SystemExit), (hard.interrupts, KeyboardInterrupt)])
@pytest.mark.parametrize("executor", ["process", "thread"])
def test_an_item_that_ends_the_program_ends_the_run_and_not_the_pool(function, kind, executor):
    with Pool(2, executor=executor) as pool:
        with pytest.raises(kind) as caught:
            pool.map(function, range(100), 1)
        assert caught.value.amorsize_index == 30
        assert pool.map(work.double, [4]) == [8]


def test_an_item_that_interrupts_its_own_worker_does_no_harm():
    with Pool(2) as pool:
        assert pool.map(hard.interrupts_itself, range(100), 1) == list(range(100))


def test_too_much_memory_in_a_worker_is_a_memory_error_here():
    with Pool(1, hard.bound_memory, (2 << 30,)) as pool:
        with pytest.raises(MemoryError) as caught:
            pool.map(hard.takes_memory, [1, 8 << 30], 1)
        assert caught.value.amorsize_index == 1


def test_global_state_that_items_change_is_that_of_their_worker():
    before = hard.COUNT
    with Pool(2) as pool:
        assert pool.map(hard.counts, range(40)) == list(range(40))
    assert hard.COUNT == before


@pytest.mark.parametrize("data", [[], (), {}, set(), iter([]), "", range(0), b""], ids=lambda data: type(data).__name__)
def test_no_items_of_any_kind_give_an_empty_list(data):
    assert execute(work.double, data) == []
    assert optimize(work.double, data, use_cache=False).n_jobs == 1
    with Pool(2) as pool:
        assert pool.map(work.double, data) == []


class NoLength:
    def __iter__(self):
        return iter(range(100))


class LyingLength(NoLength):
    def __len__(self):
        return 7


class OldStyle:
    def __iter__(self):
        return iter(range(3))

    def __len__(self):
        raise OSError("length of a file that is gone")


@pytest.mark.parametrize("data", [NoLength(), LyingLength(), [1], (1,), {1: 2}, "one", range(5, 50, 3)])
def test_data_of_every_kind_gives_what_a_loop_gives(data):
    assert execute(hard.busy_text, data) == [str(x) for x in data]


def test_an_iterable_that_raises_is_its_own_error():
    def breaks():
        yield from range(50)
        raise OSError("the disk is gone")

    with pytest.raises(OSError, match="the disk is gone"):
        execute(hard.busy_ms, breaks())
    with Pool(2) as pool, pytest.raises(OSError, match="the disk is gone"):
        pool.map(hard.busy_ms, breaks())


def test_arrays_travel_and_are_told_apart():
    numpy = pytest.importorskip("numpy")
    arrays = [numpy.full(50_000, x, dtype="float32") for x in range(40)]
    with Pool(2) as pool:
        assert pool.map(hard.array_sum, arrays) == [50_000.0 * x for x in range(40)]
        rows = pool.map(hard.array_sum, numpy.ones((30, 10)))
    assert rows == [10.0] * 30
    assert execute(hard.array_sum, arrays) == [50_000.0 * x for x in range(40)]
    assert execute(hard.array_sum, numpy.ones((30, 10))) == rows


@pytest.mark.skipif(CPUS < 2, reason="one CPU: everything is serial")
def test_a_loaded_numeric_library_is_no_reason_to_be_serial(monkeypatch, usual_costs):
    pytest.importorskip("numpy")
    monkeypatch.delenv("AMORSIZE_TESTING", raising=False)
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
        monkeypatch.delenv(name, raising=False)
    result = optimize(hard.busy_ms, range(2_000), use_cache=False)
    assert result.n_jobs > 1, result.reason


def test_threads_inside_each_call_are_measured_and_leave_less_room():
    from amorsize.sampling import SamplingResult, internal_threads

    inside = SamplingResult(sample_count=5, busy_threads=3.8, thread_activity={"before": 1, "after": 4, "delta": 3})
    assert internal_threads(inside) == 4
    inside = SamplingResult(sample_count=5, busy_threads=1.02, thread_activity={"before": 1, "after": 4, "delta": 3})
    assert internal_threads(inside) == 1


def test_numeric_threads_inside_forked_workers_do_not_hang():
    numpy = pytest.importorskip("numpy")
    assert numpy.ones((300, 300)) @ numpy.ones(300) is not None
    assert hard.multiply(400) == 400.0
    with Pool(2) as pool:
        assert pool.map(hard.multiply, [400] * 20) == [400.0] * 20


def test_huge_items_and_results_pass_whole():
    items = [bytes([x]) * 20_000_000 for x in range(4)]
    with Pool(2) as pool:
        assert pool.map(bytes.upper, items, 1) == [item.upper() for item in items]


@pytest.mark.parametrize("context", ["fork", "spawn"])
def test_workers_are_replaced_after_so_many_items(context):
    with Pool(2, maxtasksperchild=5, context=context) as pool:
        seen = [pid for pid, in pool.map(_pids, [[x] for x in range(60)])]
        assert max(seen.count(pid) for pid in seen) <= 5
        assert len(set(seen)) >= 12
    with pytest.raises(ValueError, match="maxtasksperchild"):
        Pool(2, maxtasksperchild=0)


def _pids(_):
    return (os.getpid(),)


def test_progress_is_told_to_a_function_a_bar_or_a_new_bar():
    class Bar:
        made = []

        def __init__(self, total=None):
            self.total, self.done, self.closed = total, 0, False
            self.made.append(self)

        def update(self, count):
            self.done += count

        def close(self):
            self.closed = True

    told = []
    with Pool(2) as pool:
        pool.map(work.double, range(100), progress=told.append)
        assert told[-1] == 100
        bar = Bar()
        pool.map(work.double, range(100), progress=bar)
        assert (bar.done, bar.closed) == (100, False)
        pool.map(work.double, range(100), progress=Bar)
        assert [(bar.total, bar.done, bar.closed) for bar in Bar.made[1:]] == [(100, 100, True)]
        with pytest.raises(ValueError, match="progress must be"):
            pool.map(work.double, [1], progress=3)
    for function, count in ((work.double, 50), (hard.busy_ms, 400)):
        told.clear()
        execute(function, range(count), progress=told.append)
        assert told[-1] == count
        assert told == sorted(told)


def test_tqdm_shows_the_progress(capsys):
    tqdm = pytest.importorskip("tqdm").tqdm
    with Pool(2) as pool:
        assert pool.map(work.double, range(100), progress=tqdm) == [x * 2 for x in range(100)]
        assert "100/100" in capsys.readouterr().err
        assert list(tqdm(pool.imap(work.double, range(30)), total=30)) == [x * 2 for x in range(30)]
    assert execute(work.double, tqdm(range(30))) == [x * 2 for x in range(30)]
    assert "30/30" in capsys.readouterr().err


def test_a_daemonic_process_runs_serially():
    queue = multiprocessing.get_context("fork").SimpleQueue()
    child = multiprocessing.get_context("fork").Process(target=_in_a_daemon, args=(queue,), daemon=True)
    child.start()
    assert queue.get() == (list(range(300)), "a worker of a pool may not start processes of its own")
    child.join()


def _in_a_daemon(queue):
    try:
        Pool(2)
    except AmorsizeError as error:
        queue.put((execute(hard.busy_ms, range(300)), str(error)))


def test_from_a_coroutine_and_from_a_thread():
    async def ask():
        here = execute(hard.busy_ms, range(200))
        there = await asyncio.to_thread(execute, hard.busy_ms, range(200))
        return here, there

    assert asyncio.run(ask()) == (list(range(200)), list(range(200)))


def test_several_threads_fork_at_once_and_nobody_hangs():
    results = {}

    def ask(number):
        results[number] = execute(hard.busy_ms, list(range(150 + number)))

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results == {number: list(range(150 + number)) for number in range(4)}


def _program(tmp_path, text, name="program.py"):
    path = tmp_path / name
    path.write_text(textwrap.dedent(text))
    return path


@pytest.mark.parametrize("method", ["spawn", "forkserver"])
def test_a_program_without_its_guard_is_told_so_and_ends(tmp_path, method):
    path = _program(
        tmp_path,
        f"""
        import multiprocessing, amorsize
        multiprocessing.set_start_method({method!r}, force=True)
        def double(x):
            return 2 * x
        with amorsize.Pool(2) as pool:
            print(pool.map(double, range(10)))
        """,
    )
    done = subprocess.run([sys.executable, path], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 1
    assert done.stdout == ""
    last = done.stderr.strip().splitlines()
    assert any("WorkerLost" in line and "__main__" in line for line in last), done.stderr[-2_000:]


def test_a_program_with_its_guard_runs_with_every_start_method(tmp_path):
    path = _program(
        tmp_path,
        """
        import multiprocessing, sys, time, amorsize
        def double(x):
            time.sleep(0)
            end = time.thread_time_ns() + 1_000_000
            while time.thread_time_ns() < end:
                pass
            return 2 * x
        if __name__ == "__main__":
            multiprocessing.set_start_method(sys.argv[1])
            assert amorsize.execute(double, list(range(700))) == [2 * x for x in range(700)]
            print("good")
        """,
    )
    for method in ("fork", "spawn", "forkserver"):
        done = subprocess.run([sys.executable, path, method], capture_output=True, text=True, timeout=60, check=False)
        assert (done.stdout, done.stderr) == ("good\n", ""), method


def test_ctrl_c_in_the_middle_of_execute_ends_everything_with_one_traceback(tmp_path):
    path = _program(
        tmp_path,
        """
        import os, time, amorsize
        def slow(x):
            if x == 0:
                print("up", flush=True)
            end = time.thread_time_ns() + 20_000_000
            while time.thread_time_ns() < end:
                pass
        try:
            amorsize.execute(slow, range(10_000))
        except KeyboardInterrupt:
            import multiprocessing
            print("left", len(multiprocessing.active_children()))
            raise
        """,
    )
    child = subprocess.Popen(
        [sys.executable, path], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True
    )
    assert child.stdout.readline() == "up\n"
    _until_it_has_children(child.pid)
    os.killpg(child.pid, signal.SIGINT)
    out, errors = child.communicate(timeout=30)
    assert out == "left 0\n"
    assert errors.count("Traceback") == 1, errors


def test_ctrl_c_at_any_instant_leaves_nobody_behind(tmp_path):
    path = _program(
        tmp_path,
        """
        import os, signal, time, amorsize
        from amorsize._crew import probe_process
        def busy(x, s):
            end = time.thread_time() + s
            while time.thread_time() < end:
                pass
        def short(x):
            busy(x, 0.001)
        def long(x):
            busy(x, 0.03)
        works = [
            lambda: amorsize.execute(short, range(2_000)),
            lambda: amorsize.execute(long, range(8)),
            lambda: [probe_process("fork") for _ in range(40)],
        ]
        for one in works:
            # Whatever an import or __del__ does with a Ctrl-C is Python's own.
            one()
        signal.signal(signal.SIGALRM, lambda *_: os.kill(os.getpid(), signal.SIGINT))
        caught = 0
        for number in range(60):
            try:
                signal.setitimer(signal.ITIMER_REAL, 0.001 + 0.0013 * number)
                works[number % 3]()
            except KeyboardInterrupt:
                caught += 1
            finally:
                signal.setitimer(signal.ITIMER_REAL, 0)
            with open(f"/proc/self/task/{os.getpid()}/children") as children:
                left = children.read()
            assert not left, (number, left)
            assert signal.pthread_sigmask(signal.SIG_BLOCK, ()) == set(), number
        print("caught", caught > 20)
        """,
    )
    done = subprocess.run([sys.executable, path], capture_output=True, text=True, timeout=120, check=False)
    assert done.stdout == "caught True\n", done.stderr


def test_ctrl_c_ends_the_commands_that_items_have_started(tmp_path):
    path = _program(
        tmp_path,
        """
        import subprocess, amorsize
        def item(x):
            return subprocess.run(["sh", "-c", "echo up; exec sleep 1000"], check=False).returncode
        with amorsize.Pool(2) as pool:
            pool.map(item, range(4), chunksize=1)
        """,
    )
    child = subprocess.Popen(
        [sys.executable, path], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True
    )
    for _ in range(2):
        assert child.stdout.readline() == "up\n"
    os.killpg(child.pid, signal.SIGINT)
    # A command that still ran would hold the pipes open.
    _, errors = child.communicate(timeout=30)
    assert errors.count("Traceback") == 1, errors


def _until_it_has_children(pid):
    until = time.monotonic() + 20
    while time.monotonic() < until:
        with open(f"/proc/{pid}/task/{pid}/children") as children:
            if children.read().split():
                return
        time.sleep(0.005)


def test_a_worker_killed_in_execute_is_named_and_the_next_call_works():
    with pytest.raises(WorkerLost, match="SIGKILL") as caught:
        execute(_killed_late, list(range(1_000)))
    assert caught.value.first <= 700 <= caught.value.last
    assert execute(hard.busy_ms, range(200)) == list(range(200))


def _killed_late(x):
    hard.busy_ms(x)
    if x == 700 and multiprocessing.parent_process() is not None:
        os.kill(os.getpid(), signal.SIGKILL)
    return x


def test_with_or_without_the_global_lock_the_results_are_the_same():
    with Pool(2, executor="thread") as pool:
        assert pool.map(work.square, range(500)) == [x * x for x in range(500)]


def test_exceptions_that_bring_their_traceback_along_still_tell_of_the_worker():
    pickling = pytest.importorskip("tblib.pickling_support")
    pickling.install()
    with Pool(2) as pool, pytest.raises(ValueError, match="thirty-seven") as caught:
        pool.map(work.raises_at_37, range(100))
    assert "raises_at_37" in str(caught.value.__cause__)
