"""`execute(..., on=...)`: the items run on what somebody else runs, and nowhere else."""

import concurrent.futures
import itertools
import multiprocessing
import multiprocessing.pool
import os
import subprocess
import sys

import pytest
import work

import amorsize
from amorsize import CannotTravel, WorkerLost, execute


@pytest.fixture(params=["threads", "processes", "spawned", "ours", "pool", "thread pool"])
def workers(request):
    """Everything of the standard library that takes calls, with two workers."""
    spawn = multiprocessing.get_context("spawn")
    made = {
        "threads": lambda: concurrent.futures.ThreadPoolExecutor(2),
        "processes": lambda: concurrent.futures.ProcessPoolExecutor(2),
        "spawned": lambda: concurrent.futures.ProcessPoolExecutor(2, mp_context=spawn),
        "ours": lambda: amorsize.Executor(2),
        "pool": lambda: multiprocessing.Pool(2),
        "thread pool": lambda: multiprocessing.pool.ThreadPool(2),
    }[request.param]()
    with made:
        yield made


def test_every_result_comes_back_in_order_and_the_workers_live_on(workers):
    data = list(range(500))
    results, plan = execute(work.square, data, on=workers, return_optimization_result=True)
    assert results == [x * x for x in data]
    assert plan.n_jobs == 2
    assert "Run on" in plan.reason
    assert execute(work.double, (x for x in range(7)), on=workers) == [0, 2, 4, 6, 8, 10, 12]
    assert execute(work.double, [], on=workers) == []
    assert execute(work.double, {3}, on=workers) == [6]


def test_an_exception_keeps_its_type_and_names_its_item(workers):
    with pytest.raises(ValueError, match="thirty-seven") as caught:
        execute(work.raises_at_37, range(100), on=workers)
    assert caught.value.amorsize_index == 37
    assert "raises_at_37" in str(caught.value.__cause__)
    assert execute(work.double, [1], on=workers) == [2]


def _where(_):
    return os.getpid()


def test_nothing_runs_here_and_progress_is_told():
    told = []
    with concurrent.futures.ProcessPoolExecutor(2) as workers:
        pids = execute(_where, range(50), on=workers, progress=told.append)
    assert os.getpid() not in pids
    assert told[-1] == 50
    assert told == sorted(told)


def test_what_cannot_travel_and_who_is_lost_are_clear_errors():
    with concurrent.futures.ProcessPoolExecutor(1) as workers:
        with pytest.raises(CannotTravel, match="cannot be sent to the ProcessPoolExecutor"):
            execute(lambda x: x, range(3), on=workers)
        assert execute(work.double, [1], on=workers) == [2]
        with pytest.raises(WorkerLost, match="gave up"):
            execute(work.killed_at_11, range(100), on=workers)
    with multiprocessing.Pool(1) as pool, pytest.raises(RuntimeError, match="Strange"):
        execute(work.raises_strange, [1], on=pool)


def test_an_endless_iterable_is_taken_from_only_as_far_as_answers_come():
    taken = []

    def numbers():
        for number in itertools.count():
            taken.append(number)
            yield number

    def stops(x):
        if x == 200:
            raise StopAsyncIteration
        return x

    with concurrent.futures.ThreadPoolExecutor(2) as workers, pytest.raises(StopAsyncIteration):
        execute(stops, numbers(), on=workers, target_chunk_duration=0.0001)
    assert len(taken) < 100_000


def test_what_is_no_place_to_run_is_named():
    for wrong in (3, "dask", object()):
        with pytest.raises(ValueError, match="Invalid parameter: on cannot be"):
            execute(work.double, [1], on=wrong)


@pytest.fixture(scope="module")
def dask():
    """A Dask cluster of two processes on the loopback address."""
    distributed = pytest.importorskip("distributed")
    place = {"host": "127.0.0.1", "dashboard_address": None, "n_workers": 2, "threads_per_worker": 1}
    with distributed.LocalCluster(processes=True, silence_logs="ERROR", **place) as cluster:
        with distributed.Client(cluster) as client:
            yield client


@pytest.mark.filterwarnings("ignore")
def test_a_dask_client_gets_the_items(dask):
    results, plan = execute(work.square, list(range(2_000)), on=dask, return_optimization_result=True)
    assert results == [x * x for x in range(2_000)]
    assert plan.n_jobs == 2
    assert "Dask" in plan.reason
    assert plan.chunksize > 1
    k = 3
    assert execute(lambda x: x * k, range(50), on=dask) == [x * 3 for x in range(50)]
    assert os.getpid() not in execute(_where, range(20), on=dask)
    with pytest.raises(ValueError, match="thirty-seven") as caught:
        execute(work.raises_at_37, range(100), on=dask)
    assert caught.value.amorsize_index == 37


def test_a_machine_of_a_cluster_needs_no_amorsize():
    cloudpickle = pytest.importorskip("cloudpickle")
    from amorsize._elsewhere import _portable

    program = (
        "import sys, pickle; call = pickle.loads(bytes.fromhex(sys.argv[1]))\n"
        "print(call([1, 2])[0], 'amorsize' in sys.modules)"
    )
    sent = cloudpickle.dumps(_portable(lambda x: x + 1)).hex()
    done = subprocess.run([sys.executable, "-c", program, sent], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[2, 3] False"


@pytest.mark.filterwarnings("ignore")
def test_an_asynchronous_dask_client_is_refused(dask):
    import asyncio

    import distributed

    async def ask():
        async with distributed.Client(dask.scheduler.address, asynchronous=True) as client:
            with pytest.raises(ValueError, match="asynchronous"):
                execute(work.double, [1], on=client)

    asyncio.run(ask())


@pytest.mark.filterwarnings("ignore")
def test_ray_gets_the_items():
    ray = pytest.importorskip("ray")
    with pytest.raises(amorsize.AmorsizeError, match="not connected"):
        execute(work.double, [1], on=ray)
    ray.init(
        num_cpus=2,
        include_dashboard=False,
        configure_logging=False,
        _node_ip_address="127.0.0.1",
        runtime_env={"env_vars": {"PYTHONPATH": os.path.dirname(__file__)}},
    )
    try:
        results, plan = execute(work.square, list(range(500)), on=ray, return_optimization_result=True)
        assert results == [x * x for x in range(500)]
        assert (plan.n_jobs, "Ray" in plan.reason) == (2, True)
        k = 3
        assert execute(lambda x: x * k, range(50), on=ray) == [x * 3 for x in range(50)]
        with pytest.raises(ValueError, match="thirty-seven") as caught:
            execute(work.raises_at_37, range(100), on=ray)
        assert caught.value.amorsize_index == 37
        with pytest.raises(WorkerLost, match="gave up"):
            execute(_dies, range(2), on=ray)
    finally:
        ray.shutdown()


def _dies(_):
    os._exit(3)
