"""`cached`: what is a hit, what is not, and why."""

import multiprocessing
import os
import time

import pytest

from amorsize import cached
from amorsize._code import digest, name_of

CALLS = []
FACTOR = 2


def test_a_result_is_computed_once_and_a_miss_tells_why(tmp_path):
    log = tmp_path / "log"

    @cached(ttl=60, store=str(tmp_path / "memo.sqlite"))
    def add(a, b=1, *, c=0):
        """Adds."""
        with open(log, "a") as file:
            file.write("x")
        return a + b + c

    assert add.why(1).word == "absent"
    assert [add(1), add(1, 1), add(a=1, b=1, c=0)] == [2, 2, 2]
    assert add.why(1) == "hit"
    assert log.read_text() == "x"
    assert "inputs" in add.why(2).detail
    assert add.forget(1)
    assert add.why(1).word == "deleted"
    assert add.__doc__ == "Adds."


def test_an_expired_result_is_computed_again(tmp_path):
    @cached(ttl=0.05, store=str(tmp_path / "memo.sqlite"))
    def now():
        return time.time()

    first = now()
    assert now() == first
    time.sleep(0.06)
    assert now.why().word == "expired"
    assert now() != first


def test_constants_closures_defaults_and_globals_are_part_of_the_key():
    def make(k):
        return lambda x: x * k

    assert digest(lambda x: x * 2) == digest(lambda x: x * 2)
    assert digest(lambda x: x * 2) != digest(lambda x: x * 3)
    assert digest(make(2)) == digest(make(2))
    assert digest(make(2)) != digest(make(3))
    assert digest(make([1, {"a": 2}])) != digest(make([1, {"a": 3}]))
    assert digest(lambda x, y=1: x) != digest(lambda x, y=2: x)
    assert digest(lambda x: [n * 2 for n in x]) != digest(lambda x: [n * 3 for n in x])
    before = digest(uses_factor)
    globals()["FACTOR"] = 3
    try:
        assert digest(uses_factor) != before
    finally:
        globals()["FACTOR"] = 2
    assert digest(uses_factor) == before
    assert digest(make({"x", "y", "z"})) == digest(make({"z", "y", "x"}))
    assert digest(make(list(range(5_000)))) != digest(make([*range(4_999), -1]))


def uses_factor(x):
    return helper(x) * FACTOR


def helper(x):
    return x + 1


class Scale:
    def __init__(self, by):
        self.by = by

    def __call__(self, x):
        return x * self.by


def test_callable_objects_and_methods_are_told_apart_by_their_state():
    assert digest(Scale(2)) == digest(Scale(2))
    assert digest(Scale(2)) != digest(Scale(3))
    assert digest(Scale(2).__call__) != digest(Scale(3).__call__)
    assert name_of(Scale(2)).endswith("Scale")
    recursive = []
    recursive.append(recursive)
    assert digest(lambda: recursive)


def test_the_digest_is_the_same_in_every_process():
    import subprocess
    import sys

    program = (
        "import sys; sys.path.insert(0, sys.argv[1])\n"
        "import test_memo; from amorsize._code import digest\n"
        "print(digest(test_memo.uses_factor), digest(test_memo.Scale({'a', 'b', object})))"
    )
    seen = set()
    for seed in ("1", "2"):
        out = subprocess.run(
            [sys.executable, "-c", program, os.path.dirname(__file__)],
            capture_output=True,
            text=True,
            check=True,
            env={**os.environ, "PYTHONHASHSEED": seed},
        )
        seen.add(out.stdout)
    assert len(seen) == 1


def test_a_closure_that_changes_changes_the_key(tmp_path):
    seen = []

    @cached(store=str(tmp_path / "memo.sqlite"))
    def count():
        return len(seen)

    assert count() == 0
    seen.append(1)
    assert "code" in count.why().detail
    assert count() == 1


def test_errors_are_not_remembered_and_unpicklable_results_are_still_results(tmp_path):
    calls = []

    @cached(store=str(tmp_path / "memo.sqlite"))
    def fails(x):
        calls.append(x)
        raise ValueError(x)

    @cached(store=str(tmp_path / "memo.sqlite"))
    def gives():
        return lambda: 5

    for _ in range(2):
        with pytest.raises(ValueError):
            fails(1)
    assert calls == [1, 1]
    assert gives()() == 5
    assert gives()() == 5


def test_parameters_can_be_left_out_of_the_key_and_methods_work(tmp_path):
    log = tmp_path / "log"

    class Thing:
        def __init__(self, name):
            self.name = name

        @cached(store=str(tmp_path / "memo.sqlite"), ignore=("verbose",))
        def shout(self, verbose=False):
            with open(log, "a") as file:
                file.write(self.name)
            return self.name.upper()

    assert [Thing("a").shout(), Thing("a").shout(verbose=True), Thing("b").shout()] == ["A", "A", "B"]
    assert log.read_text() == "ab"
    with pytest.raises(ValueError, match="ignore names 'nothing'"):
        cached(ignore=("nothing",))(len)
    with pytest.raises(ValueError, match="ttl"):
        cached(ttl=0)


def _ask(path, log):
    @cached(store=path)
    def answer():
        with open(log, "a") as file:
            file.write("computed\n")
        time.sleep(0.1)
        return 42

    assert answer() == 42


def test_of_several_processes_one_computes_and_the_others_wait(tmp_path):
    log = tmp_path / "log"
    context = multiprocessing.get_context("fork")
    runners = [context.Process(target=_ask, args=(str(tmp_path / "memo.sqlite"), log)) for _ in range(4)]
    for runner in runners:
        runner.start()
    for runner in runners:
        runner.join()
    assert [runner.exitcode for runner in runners] == [0] * 4
    assert log.read_text() == "computed\n"


def test_a_store_opened_before_a_fork_is_opened_again(tmp_path):
    path = str(tmp_path / "memo.sqlite")
    _ask(path, tmp_path / "log")
    runner = multiprocessing.get_context("fork").Process(target=_ask, args=(path, tmp_path / "log"))
    runner.start()
    runner.join()
    assert runner.exitcode == 0
    assert (tmp_path / "log").read_text() == "computed\n"


def test_without_a_usable_store_the_function_still_runs(tmp_path):
    folder = tmp_path / "file"
    folder.write_text("")

    @cached(store=str(folder / "memo.sqlite"))
    def answer():
        return 42

    assert answer() == 42
    assert answer.why().word == "unavailable"
