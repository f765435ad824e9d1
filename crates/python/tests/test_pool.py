"""The pool: results, order, bounds, failures, start methods."""

import itertools
import os
import signal
import subprocess
import sys
import textwrap
import threading
import time

import pytest
import work

import amorsize
from amorsize import ItemTimeout, Pool, WorkerLost, execute

pytestmark = pytest.mark.usefixtures("leaves_no_process")


@pytest.mark.parametrize("context", ["fork", "spawn", "forkserver"])
def test_map_gives_every_result_in_order_with_every_start_method(context):
    with Pool(2, context=context) as pool:
        assert pool.map(work.square, range(1_000)) == [x * x for x in range(1_000)]
        assert pool.map(work.double, iter(range(100))) == [x * 2 for x in range(100)]


@pytest.mark.parametrize("executor", ["process", "thread"])
def test_every_way_to_ask_gives_the_same_results(executor):
    wanted = [x * x for x in range(200)]
    with Pool(3, executor=executor) as pool:
        assert pool.map(work.square, range(200), 7) == wanted
        assert list(pool.imap(work.square, range(200))) == wanted
        assert sorted(pool.imap_unordered(work.square, range(200), 3)) == wanted
        assert pool.starmap(pow, [(x, 2) for x in range(200)]) == wanted
        assert pool.apply(pow, (2, 5), {"mod": 7}) == 4
        assert pool.map(work.square, []) == []
        assert pool.map(work.square, {3: 0}) == [9]


def test_an_exception_keeps_its_type_and_names_its_item_and_its_place_in_the_worker():
    with Pool(2) as pool:
        with pytest.raises(ValueError, match="thirty-seven") as caught:
            pool.map(work.raises_at_37, range(100))
        assert caught.value.amorsize_index == 37
        assert "item 37" in "".join(caught.value.__notes__)
        assert "raises_at_37" in str(caught.value.__cause__)
        assert pool.map(work.double, [1]) == [2]


def test_an_exception_of_a_thread_has_its_own_traceback():
    with Pool(2, executor="thread") as pool, pytest.raises(ValueError) as caught:
        pool.map(work.raises_at_37, range(100))
    assert caught.value.amorsize_index == 37
    assert caught.traceback[-1].name == "raises_at_37"


def test_exceptions_can_be_results():
    with Pool(2) as pool:
        results = pool.map(work.raises_at_37, range(100), return_exceptions=True)
    assert isinstance(results[37], ValueError)
    assert [x for x in results if not isinstance(x, Exception)] == [x for x in range(100) if x != 37]


def test_an_exception_that_cannot_be_pickled_keeps_its_type_and_what_can_travel():
    with Pool(2) as pool, pytest.raises(work.Strange, match="strange") as caught:
        pool.map(work.raises_strange, [1])
    assert caught.value.code == 1
    assert not hasattr(caught.value, "lock")
    assert caught.value.amorsize_index == 0


def test_an_exception_that_cannot_travel_at_all_says_what_it_was():
    with Pool(2) as pool, pytest.raises(RuntimeError, match="Hidden: nobody else knows this class"):
        pool.map(work.raises_hidden, [1])


def test_an_item_that_raises_stop_iteration_does_not_end_the_results():
    with Pool(2) as pool, pytest.raises(RuntimeError, match="item 3 raised StopIteration") as caught:
        pool.map(work.stops_at_3, range(10))
    assert caught.value.amorsize_index == 3
    with pytest.raises((StopIteration, RuntimeError)):
        execute(work.stops_at_3, range(10))
    for data in (range(1_000), (x for x in range(1_000))):
        with pytest.raises((StopIteration, RuntimeError)):
            execute(work.stops_at_300, data)


def test_a_function_that_a_spawned_worker_cannot_find_is_told_with_what_to_do():
    program = "import amorsize\ndef f(x): return x\nwith amorsize.Pool(1, context='spawn') as pool: pool.map(f, [1])"
    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=120)
    assert ended.returncode == 1
    assert "Can't get attribute 'f'" in ended.stderr
    if sys.version_info >= (3, 11):
        assert "in a file that can be imported" in ended.stderr


def test_a_length_that_cannot_be_told_is_an_unknown_length():
    class Items:
        def __iter__(self):
            return iter(range(10))

        def __len__(self):
            raise RuntimeError("not yet")

    assert execute(work.double, Items()) == [x * 2 for x in range(10)]


def test_a_result_that_cannot_travel_names_its_item():
    with Pool(2) as pool, pytest.raises(TypeError, match="cannot be sent back") as caught:
        pool.map(work.unpicklable_result, range(10), 4)
    assert caught.value.amorsize_index == 5


@pytest.mark.parametrize("context", ["fork", "spawn"])
def test_a_killed_worker_is_an_error_that_says_so(context):
    with Pool(2, context=context) as pool:
        with pytest.raises(WorkerLost, match="SIGKILL") as caught:
            pool.map(work.killed_at_11, range(100))
        assert caught.value.first <= 11 <= caught.value.last
        assert caught.value.hint
        assert pool.map(work.double, [4]) == [8]


def test_with_retries_the_item_that_kills_is_found():
    with Pool(2) as pool:
        results = pool.map(work.killed_at_11, range(40), 8, retries=1, return_exceptions=True)
    lost = [at for at, result in enumerate(results) if isinstance(result, WorkerLost)]
    assert lost == [11]
    assert results[10] == 10


def test_a_worker_that_exits_is_an_error():
    with Pool(2) as pool, pytest.raises(WorkerLost, match="exited with code 7"):
        pool.map(work.exits, range(10), 1)


@pytest.mark.parametrize("executor", ["process", "thread"])
def test_an_item_past_its_time_is_ended_and_the_others_go_on(executor):
    with Pool(2, executor=executor) as pool:
        if executor == "process":
            results = pool.map(work.hangs_at_3, range(8), timeout=0.3, return_exceptions=True)
            assert isinstance(results[3], ItemTimeout)
            assert results[3].index == 3
            assert [x for x in results if isinstance(x, int)] == [0, 1, 2, 4, 5, 6, 7]
        else:
            with pytest.raises(ItemTimeout):
                pool.map(work.waits_long, range(8), timeout=0.02)


def test_retries_run_an_item_again(tmp_path):
    with Pool(2) as pool:
        assert pool.map(work.raises_once, [str(tmp_path / "one")], retries=1) == ["done"]
        with pytest.raises(OSError, match="the first time"):
            pool.map(work.raises_once, [str(tmp_path / "two")])


def test_the_initializer_runs_in_every_worker_and_its_failure_is_an_error():
    with Pool(2, work.start, ("ready",)) as pool:
        assert pool.map(work.started, range(4), 1) == [["ready"]] * 4
    with Pool(2, work.bad_start) as pool, pytest.raises(RuntimeError, match="cannot start"):
        pool.map(work.double, range(4))


def test_an_endless_iterable_is_consumed_only_as_far_as_its_results_are_taken():
    taken = []

    def numbers():
        for number in itertools.count():
            taken.append(number)
            yield number

    with Pool(2) as pool:
        results = pool.imap(work.double, numbers(), buffer=50)
        assert list(itertools.islice(results, 200)) == [x * 2 for x in range(200)]
        assert len(taken) <= 300
        results.close()
        assert pool.map(work.double, [1]) == [2]


def test_large_items_and_results_do_not_block_each_other():
    with Pool(2) as pool:
        results = pool.map(work.big, [bytes(300_000)] * 60, 1)
    assert len(results) == 60


def test_a_lambda_is_refused_with_its_own_error():
    import pickle

    with Pool(2) as pool, pytest.raises((pickle.PicklingError, AttributeError)):
        pool.map(lambda x: x, range(3))


@pytest.mark.parametrize(
    ("make", "text"),
    [
        (lambda: Pool(0), "processes"),
        (lambda: Pool(True), "processes"),
        (lambda: Pool(2, context="vfork"), "context"),
        (lambda: Pool(2, executor="gpu"), "executor"),
    ],
)
def test_parameters_that_cannot_be_are_named(make, text):
    with pytest.raises(ValueError, match=f"Invalid parameter: {text}"):
        make()


def test_calls_that_cannot_be_are_named():
    with Pool(2) as pool:
        for options in ({"chunksize": 0}, {"timeout": -1}, {"retries": -1}):
            with pytest.raises(ValueError, match="Invalid parameter"):
                pool.map(work.double, [1], **options)
    with pytest.raises(amorsize.AmorsizeError, match="closed"):
        pool.map(work.double, [1])


def test_one_pool_can_be_used_from_several_threads():
    results = {}
    with Pool(2) as pool:

        def ask(number):
            results[number] = pool.map(work.double, range(number))

        threads = [threading.Thread(target=ask, args=(number,)) for number in range(5)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert results == {number: [x * 2 for x in range(number)] for number in range(5)}


def test_ctrl_c_ends_the_workers_and_the_program():
    program = textwrap.dedent(
        """
        import os, sys, time
        from amorsize import Pool

        def sleep(x):
            os.write(1, b"up %d\\n" % os.getpid())
            time.sleep(60)

        with Pool(2) as pool:
            pool.map(sleep, range(4), 1)
        """
    )
    child = subprocess.Popen(
        [sys.executable, "-c", program], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True
    )
    workers = [int(child.stdout.readline().split()[1]) for _ in range(2)]
    os.killpg(child.pid, signal.SIGINT)
    _, errors = child.communicate(timeout=20)
    assert child.returncode in (-signal.SIGINT, 130, 1)
    assert errors.count("KeyboardInterrupt") == 1, errors
    for pid in workers:
        _gone(pid)


def test_workers_end_when_their_parent_is_killed():
    program = textwrap.dedent(
        """
        import os, time
        from amorsize import Pool

        def pid(x):
            time.sleep(0.05)
            return os.getpid()

        pool = Pool(2)
        print(*sorted(set(pool.map(pid, range(6), 1))), flush=True)
        os.kill(os.getpid(), 9)
        """
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=30, check=False)
    for pid in done.stdout.split():
        _gone(int(pid))


def _gone(pid):
    """Waits until a process has ended; a zombie has."""
    until = time.monotonic() + 20
    while time.monotonic() < until:
        try:
            with open(f"/proc/{pid}/stat") as stat:
                if stat.read().rsplit(")", 1)[1].split()[0] == "Z":
                    return
        except (FileNotFoundError, ProcessLookupError):
            return
        time.sleep(0.01)
    raise AssertionError(f"process {pid} still runs")
