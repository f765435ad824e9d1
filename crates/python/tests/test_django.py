"""The backend for Django: Django's own tests, and what they do not ask for."""

import multiprocessing
import os
import re
import subprocess
import sys
import tarfile
import time
from pathlib import Path

import pytest
import servers

django = pytest.importorskip("django")

HERE = Path(__file__).parent
ROUNDS = 300
PROCESSES = 4


@pytest.fixture(scope="session")
def django_tests():
    """The tests of this very version of Django, out of its source distribution."""
    folder = HERE.parents[2] / "target" / "python-django"
    tests = folder / f"django-{django.__version__}" / "tests"
    if not tests.is_dir():
        folder.mkdir(parents=True, exist_ok=True)
        quiet = ["-q", "--disable-pip-version-check", "--no-deps", "--no-binary", "django", "-d", str(folder)]
        command = [sys.executable, "-m", "pip", "download", *quiet, f"Django=={django.__version__}"]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode and not os.environ.get("AMORSIZE_STRICT"):
            pytest.skip(f"the source distribution of Django cannot be had: {done.stderr[-200:]}")
        assert done.returncode == 0, done.stderr
        (archive,) = folder.glob(f"[dD]jango-{django.__version__}.tar.gz")
        with tarfile.open(archive) as file:
            file.extractall(folder, filter="data")
    return tests


def test_djangos_own_tests_of_a_backend_pass(django_tests, tmp_path):
    command = [sys.executable, str(HERE / "django_suite.py"), str(django_tests), str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stderr[-4_000:]
    ran = re.search(r"Ran (\d+) tests", done.stderr)
    assert ran is not None and int(ran[1]) >= 50


def _settings():
    from django.conf import settings

    if not settings.configured:
        settings.configure(CACHES={}, SECRET_KEY="tests")


def backend(location):
    _settings()
    from amorsize.django import TruthfulCache

    return TruthfulCache(str(location), {"TIMEOUT": 60, "OPTIONS": {"MAX_ENTRIES": 10_000}})


@pytest.fixture(params=["sqlite", "redis", "postgres"])
def location(request, tmp_path):
    """Where a cache is: a file, or a private server that ends with the test."""
    if request.param == "sqlite":
        yield str(tmp_path / "race.sqlite")
        return
    start = servers.redis if request.param == "redis" else servers.postgres
    with start(tmp_path) as url:
        if url is None:
            assert not os.environ.get("AMORSIZE_STRICT"), f"{request.param} is not installed"
            pytest.skip(f"{request.param} is not installed")
        yield url


def _race(path, rounds, barrier, results):
    cache = backend(path)
    for number in range(rounds):
        barrier.wait(60)
        if cache.add(f"key{number}", os.getpid(), 60):
            results.put(number)
    results.put(None)


def test_of_four_processes_that_add_an_expired_key_one_wins_every_time(location):
    cache = backend(location)
    for number in range(ROUNDS):
        cache.set(f"key{number}", "old", 0.001)
    time.sleep(0.01)
    context = multiprocessing.get_context("spawn")
    barrier, results = context.Barrier(PROCESSES), context.SimpleQueue()
    runners = [context.Process(target=_race, args=(location, ROUNDS, barrier, results)) for _ in range(PROCESSES)]
    for runner in runners:
        runner.start()
    winners, ended = [], 0
    while ended < PROCESSES:
        won = results.get()
        ended += won is None
        winners += [] if won is None else [won]
    for runner in runners:
        runner.join()
    assert sorted(winners) == list(range(ROUNDS))
    assert cache.why("key0") == "hit"
    assert cache.why("other").word == "absent"


def _count(path):
    cache = backend(path)
    for _ in range(100):
        cache.incr("visits")


def test_no_increment_of_four_processes_is_lost(tmp_path):
    path = tmp_path / "count.sqlite"
    cache = backend(path)
    cache.set("visits", 0)
    context = multiprocessing.get_context("fork")
    runners = [context.Process(target=_count, args=(path,)) for _ in range(PROCESSES)]
    for runner in runners:
        runner.start()
    for runner in runners:
        runner.join()
    assert cache.get("visits") == 100 * PROCESSES


def _compute(path, log):
    def default():
        with open(log, "a") as file:
            file.write("computed\n")
        time.sleep(0.05)
        return 42

    assert backend(path).get_or_set("answer", default) == 42


def test_one_of_four_processes_computes_a_default(tmp_path):
    path, log = tmp_path / "lease.sqlite", tmp_path / "log"
    context = multiprocessing.get_context("fork")
    runners = [context.Process(target=_compute, args=(path, log)) for _ in range(PROCESSES)]
    for runner in runners:
        runner.start()
    for runner in runners:
        runner.join()
    assert [runner.exitcode for runner in runners] == [0] * PROCESSES
    assert log.read_text() == "computed\n"


def test_a_miss_tells_why(tmp_path):
    cache = backend(tmp_path / "why.sqlite")
    assert cache.why("a").word == "absent"
    cache.set("a", 1, 0.001)
    time.sleep(0.01)
    assert cache.why("a").word == "expired"
    cache.set("a", 1)
    assert cache.why("a") == "hit"
    cache.delete("a")
    assert cache.why("a").word == "deleted"


def test_incr_keeps_the_time_to_live(tmp_path):
    cache = backend(tmp_path / "ttl.sqlite")
    cache.set("n", 1, 0.2)
    assert cache.incr("n", 5) == 6
    time.sleep(0.25)
    assert cache.get("n") is None
    with pytest.raises(ValueError, match="not found"):
        cache.incr("n")


def test_no_increment_of_many_coroutines_is_lost_and_one_computes_a_default(tmp_path):
    import asyncio

    cache = backend(tmp_path / "async.sqlite")
    cache.set("visits", 0)
    computed = []

    def default():
        computed.append(1)
        return 42

    async def ask():
        await asyncio.gather(*(cache.aincr("visits") for _ in range(40)))
        assert await cache.adecr("visits", 10) == 30
        assert await asyncio.gather(*(cache.aget_or_set("answer", default) for _ in range(10))) == [42] * 10

    asyncio.run(ask())
    assert len(computed) == 1
