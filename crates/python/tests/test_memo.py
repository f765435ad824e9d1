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


CALLS_OF = []


@cached(store="memory:top")
def top(x):
    CALLS_OF.append(x)
    return x + 1


def test_a_remembered_function_travels_by_its_name(tmp_path):
    import pickle

    from amorsize import Pool

    assert pickle.loads(pickle.dumps(top)) is top
    for context in ("fork", "spawn"):
        with Pool(2, context=context) as pool:
            assert pool.map(top, range(20)) == list(range(1, 21))


class Shop:
    """For methods: what a method is asked of is a part of its key."""

    def __init__(self, name, log):
        self.name = name
        self.log = log

    @cached(store="memory:shop")
    def price(self, item, *, loud=False):
        """What it costs."""
        self.log.append(item)
        return f"{self.name}:{item}{'!' if loud else ''}"

    @staticmethod
    @cached(store="memory:shop")
    def tax(item):
        return item * 2

    @cached(store="memory:shop")
    @staticmethod
    def duty(item):
        return item * 3

    @classmethod
    @cached(store="memory:shop")
    def kind(cls, item):
        return (cls.__name__, item)


class Quiet:
    """A list whose content is no part of a key."""

    def __init__(self):
        self.seen = []
        self.append = self.seen.append

    def __len__(self):
        return len(self.seen)

    def __eq__(self, other):
        return self.seen == other

    def __reduce_ex__(self, _):
        return (Quiet, ())


def test_methods_of_every_kind_are_remembered_and_can_be_asked_why():
    log = Quiet()
    one, other = Shop("one", log), Shop("other", log)
    assert [one.price(1), one.price(item=1), other.price(1), one.price(1, loud=True)] == [
        "one:1",
        "one:1",
        "other:1",
        "one:1!",
    ]
    assert len(log) == 3
    assert one.price.why(1) == "hit"
    assert one.price.why(2).word == "absent"
    assert one.price.forget(1)
    assert one.price.why(1).word == "deleted"
    assert one.price.__doc__ == "What it costs."
    for shop in (Shop, one):
        assert (shop.tax(3), shop.tax(3), shop.duty(3), shop.duty(3)) == (6, 6, 9, 9)
        assert shop.kind(1) == ("Shop", 1)
    with pytest.raises(ValueError, match="for functions"):
        cached(classmethod(len))


def test_coroutines_are_remembered_and_one_of_many_computes():
    import asyncio
    import inspect

    ran = Quiet()

    @cached(store="memory:later")
    async def later(x):
        ran.append(x)
        await asyncio.sleep(0.02)
        if x < 0:
            raise ValueError(x)
        return x * 2

    async def ask():
        assert await asyncio.gather(*(later(4) for _ in range(10))) == [8] * 10
        assert await later(4) == 8
        for _ in range(2):
            with pytest.raises(ValueError):
                await later(-1)
        gone = asyncio.ensure_future(later(5))
        await asyncio.sleep(0.005)
        gone.cancel()
        with pytest.raises(asyncio.CancelledError):
            await gone
        assert await asyncio.wait_for(later(5), 5) == 10

    asyncio.run(ask())
    assert ran == [4, -1, -1, 5, 5]
    assert later.why(4) == "hit"
    if hasattr(inspect, "markcoroutinefunction"):
        assert inspect.iscoroutinefunction(later)


def test_what_yields_is_refused_and_what_asks_for_itself_does_not_wait_for_ever():
    def numbers():
        yield 1

    async def later():
        yield 1

    for function in (numbers, later):
        with pytest.raises(ValueError, match="cannot remember what .* yields"):
            cached(function)

    @cached(store="memory:self", ignore=("depth",))
    def deep(x, depth=0):
        return x if depth == 3 else deep(x, depth + 1)

    assert deep(7) == 7

    @cached(store="memory:self")
    def fib(n):
        return n if n < 2 else fib(n - 1) + fib(n - 2)

    assert fib(30) == 832_040


def test_how_arguments_are_passed_makes_no_difference_and_what_they_are_does():
    numpy = pytest.importorskip("numpy")
    ran = Quiet()

    @cached(store="memory:arguments")
    def what(a, b=2, *rest, c=3, **more):
        ran.append(1)
        return repr((type(a).__name__, b, rest, c, sorted(more)))

    same = [((1,), {}), ((1, 2), {}), ((), {"b": 2, "a": 1}), ((1,), {"c": 3})]
    assert len({what(*args, **options) for args, options in same}) == 1
    assert len(ran) == 1
    what(1, d=1, e=2), what(1, e=2, d=1)
    others = [1.0, True, "1", b"1", None, [1], (1,), {1}, {"a": [1, {2}]}, {"a": [1, {3}]}, numpy.arange(3), numpy.arange(4)]
    for _ in range(2):
        for other in others:
            what(other)
    assert len(ran) == 2 + len(others)


def test_a_result_that_is_changed_afterwards_is_not_changed_in_the_store():
    @cached(store="memory:changed")
    def made():
        return {"a": [1]}

    first = made()
    first["a"].append(2)
    second = made()
    assert second == {"a": [1]}
    second.clear()
    assert made() == {"a": [1]}


@pytest.mark.parametrize("kind", ["redis", "postgres"])
def test_a_server_that_goes_away_costs_the_memory_and_not_the_program(kind, tmp_path):
    import servers

    ran = Quiet()
    with getattr(servers, kind)(tmp_path) as url:
        if url is None:
            pytest.skip(f"{kind} is not installed")

        @cached(store=url)
        def twice(x):
            ran.append(x)
            return 2 * x

        assert [twice(3), twice(3)] == [6, 6]
        assert ran == [3]
        assert twice.why(3) == "hit"
    assert [twice(3), twice(4)] == [6, 8]
    assert ran == [3, 3, 4]
    assert twice.why(3).word == "unavailable"


def test_a_thread_that_waits_for_another_gets_its_result(tmp_path):
    import threading

    ran, results = Quiet(), []
    begun = threading.Event()

    @cached(store=str(tmp_path / "memo.sqlite"))
    def slow(x):
        ran.append(x)
        begun.set()
        time.sleep(0.05)
        return x

    threads = [threading.Thread(target=lambda: results.append(slow(1))) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (ran, results) == ([1], [1] * 6)
