"""The executor of futures, and the backend for joblib."""

import concurrent.futures
import os
import signal
import time

import pytest
import work

from amorsize import Executor, WorkerLost

pytestmark = pytest.mark.usefixtures("leaves_no_process")


@pytest.mark.parametrize("kind", ["process", "thread"])
def test_futures_give_results_and_exceptions(kind):
    with Executor(2, executor=kind) as executor:
        futures = [executor.submit(work.raises_at_37, x) for x in range(30, 40)]
        assert len(list(concurrent.futures.as_completed(futures))) == 10
        assert isinstance(futures[7].exception(), ValueError)
        assert futures[8].result() == 38
        assert list(executor.map(pow, range(50), [2] * 50)) == [x * x for x in range(50)]
        assert list(executor.map(work.double, range(50), chunksize=7)) == [x * 2 for x in range(50)]
    with pytest.raises(RuntimeError, match="after shutdown"):
        executor.submit(work.double, 1)


def test_a_killed_worker_fails_one_call_and_the_executor_goes_on():
    with Executor(1) as executor:
        lost = executor.submit(os.kill, os.getpid(), 0)
        assert lost.result() is None
        lost = executor.submit(work.killed_at_11, 11)
        with pytest.raises(WorkerLost, match="SIGKILL"):
            lost.result()
        assert executor.submit(work.double, 4).result() == 8
    assert signal.SIGKILL


def test_what_waits_can_be_cancelled():
    with Executor(1) as executor:
        running = executor.submit(time.sleep, 0.2)
        waiting = [executor.submit(work.double, x) for x in range(5)]
        assert waiting[4].cancel()
        executor.shutdown(cancel_futures=True)
        assert running.done()
        assert all(future.cancelled() or future.done() for future in waiting)


def test_a_call_that_cannot_travel_is_its_own_exception():
    with Executor(1) as executor:
        with pytest.raises(Exception, match="pickle|local"):
            executor.submit(lambda: 1).result()
        assert executor.submit(work.double, 1).result() == 2


def test_parameters_that_cannot_be_are_named():
    with pytest.raises(ValueError, match="Invalid parameter: max_workers"):
        Executor(0)


def test_the_initializer_runs_and_its_failure_reaches_every_waiting_call():
    with Executor(1, initializer=work.start, initargs=("up",)) as executor:
        assert executor.submit(work.started, 0).result() == ["up"]
    with Executor(1, initializer=work.bad_start) as executor:
        with pytest.raises(RuntimeError, match="cannot start"):
            executor.submit(work.double, 1).result(timeout=20)


def test_joblib_runs_on_these_workers():
    joblib = pytest.importorskip("joblib")
    import amorsize.joblib  # noqa: F401 - importing registers the backend

    with joblib.parallel_config("amorsize", n_jobs=2):
        assert joblib.Parallel()(joblib.delayed(work.square)(x) for x in range(50)) == [x * x for x in range(50)]
        stream = joblib.Parallel(return_as="generator")(joblib.delayed(work.double)(x) for x in range(20))
        assert list(stream) == [x * 2 for x in range(20)]
        more = 3
        assert joblib.Parallel()(joblib.delayed(lambda x: x + more)(x) for x in range(20)) == list(range(3, 23))
        with pytest.raises(ValueError, match="thirty-seven"):
            joblib.Parallel()(joblib.delayed(work.raises_at_37)(x) for x in range(50))
        pids = set(joblib.Parallel()(joblib.delayed(os.getpid)() for _ in range(8)))
        assert os.getpid() not in pids
