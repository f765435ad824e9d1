"""`optimize` and `execute`: signatures, decisions, and that no item runs twice."""

import inspect
import subprocess
import sys
import time

import pytest
import work

import amorsize
from amorsize import execute, optimize


def test_the_signatures_are_the_known_ones():
    assert str(inspect.signature(optimize)).split(") ->")[0].replace("'", "").split("data: Iterable[Any], ")[1] == (
        "sample_size: int = 5, target_chunk_duration: float = 0.2, verbose: bool = False, "
        "use_spawn_benchmark: bool = True, use_chunking_benchmark: bool = True, profile: bool = False, "
        "auto_adjust_for_nested_parallelism: bool = True, progress_callback: ProgressCallback | None = None, "
        "prefer_threads_for_io: bool = True, enable_function_profiling: bool = False, use_cache: bool = True"
    )
    assert list(inspect.signature(execute).parameters) == [
        "func",
        "data",
        "sample_size",
        "target_chunk_duration",
        "verbose",
        "use_spawn_benchmark",
        "use_chunking_benchmark",
        "profile",
        "auto_adjust_for_nested_parallelism",
        "progress_callback",
        "return_optimization_result",
        "prefer_threads_for_io",
        "on",
        "progress",
    ]


def test_importing_loads_next_to_nothing():
    program = "import sys, amorsize; print(sorted(m for m in sys.modules if m.split('.')[0] in ('amorsize', 'multiprocessing', 'sqlite3')))"
    out = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout
    assert out.strip() == "['amorsize']"


def test_every_public_name_is_there():
    for name in amorsize.__all__:
        assert getattr(amorsize, name) is not None
    assert amorsize.__version__ == "0.1.0"
    assert set(amorsize.__all__) <= set(dir(amorsize))
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        amorsize.nothing  # noqa: B018


@pytest.mark.parametrize(
    ("change", "text"),
    [
        ({"func": 3}, "func parameter must be callable"),
        ({"data": None}, "data parameter cannot be None"),
        ({"data": 7}, "data parameter must be iterable"),
        ({"sample_size": 0}, "sample_size must be positive"),
        ({"sample_size": 10_001}, "sample_size"),
        ({"sample_size": 2.5}, "sample_size must be an integer"),
        ({"sample_size": True}, "sample_size"),
        ({"target_chunk_duration": 0}, "target_chunk_duration must be positive"),
        ({"target_chunk_duration": float("nan")}, "target_chunk_duration"),
        ({"target_chunk_duration": 3601}, "target_chunk_duration"),
        ({"target_chunk_duration": "1"}, "target_chunk_duration must be a number"),
        ({"verbose": 1}, "verbose must be a boolean"),
        ({"profile": "yes"}, "profile must be a boolean"),
        ({"progress_callback": 3}, "progress_callback must be callable"),
    ],
)
@pytest.mark.parametrize("call", [optimize, execute])
def test_a_parameter_that_cannot_be_is_named(call, change, text):
    options = {"func": work.double, "data": [1, 2, 3], **change}
    with pytest.raises(ValueError, match=f"^Invalid parameter: .*{text}"):
        call(**options)


def test_computing_work_gets_every_cpu_and_little_work_none(usual_costs):
    busy = optimize(work.slow, range(5_000), use_cache=False)
    cpus = int(amorsize.system_info.get_usable_cpus())
    assert busy.n_jobs == (cpus if cpus > 1 else 1)
    assert busy.executor_type == "process"
    tiny = optimize(work.double, range(50), use_cache=False)
    assert (tiny.n_jobs, tiny.estimated_speedup) == (1, 1.0)
    assert 1 <= tiny.chunksize <= 50


def test_waiting_work_gets_threads_unless_they_are_not_wanted():
    result = optimize(work.waits, range(400), use_cache=False)
    assert result.executor_type == "thread"
    assert result.n_jobs > 2
    assert "I/O" in result.reason
    result = optimize(work.waits, range(400), use_cache=False, prefer_threads_for_io=False)
    assert result.executor_type == "process"


@pytest.mark.parametrize("use_cache", [False, True])
def test_a_generator_is_whole_again_in_the_result(use_cache):
    result = optimize(work.double, (x for x in range(100)), sample_size=7, use_cache=use_cache)
    assert list(result.data) == list(range(100))
    data = [1, 2, 3]
    assert optimize(work.double, data, use_cache=use_cache).data is data


def test_what_cannot_travel_is_run_serially_and_said():
    result = optimize(lambda x: x, range(1_000))
    assert (result.n_jobs, result.chunksize) == (1, 1)
    assert "not picklable" in result.reason
    result = optimize(work.waits, [lambda: 1] * 50, prefer_threads_for_io=False)
    assert (result.n_jobs, result.chunksize) == (1, 1)
    assert "Data item 0 is not picklable" in result.reason


def test_one_call_with_bad_items_does_not_spoil_later_ones(usual_costs):
    bad = optimize(work.waits, [lambda: 1] * 50, prefer_threads_for_io=False)
    assert bad.n_jobs == 1
    good = optimize(work.waits, list(range(50)), prefer_threads_for_io=False)
    assert not good.cache_hit
    assert good.n_jobs > 1


def test_an_error_while_sampling_is_a_serial_answer():
    result = optimize(work.raises_at_37, [37, 38])
    assert (result.n_jobs, result.chunksize) == (1, 1)
    assert result.reason.startswith("Error during sampling: ")
    assert not optimize(work.raises_at_37, [37, 38]).cache_hit


def test_a_look_at_long_items_is_a_short_one():
    result = optimize(work.waits_long, (x for x in range(8)), profile=True, use_cache=False)
    assert result.profile.sample_count == 2
    assert result.sampled_results == [0, 1]
    assert list(result.data) == list(range(8))


def test_no_data_is_an_answer():
    assert optimize(work.double, []).n_jobs == 1
    assert execute(work.double, []) == []


def test_progress_is_told_and_a_broken_callback_does_no_harm():
    seen = []
    optimize(work.double, range(10), progress_callback=lambda phase, done: seen.append((phase, done)), use_cache=False)
    assert seen == [
        ("Starting optimization", 0.0),
        ("Sampling function", 0.1),
        ("Sampling complete", 0.3),
        ("Analyzing system", 0.5),
        ("Calculating optimal parameters", 0.7),
        ("Estimating speedup", 0.9),
        ("Optimization complete", 1.0),
    ]
    assert execute(work.double, [1], progress_callback=lambda *_: 1 / 0) == [2]


def test_the_profile_has_the_figures():
    result = optimize(work.slow, range(500), profile=True)
    profile = result.profile
    assert profile.sample_count == 5
    assert profile.total_items == 500
    assert profile.avg_execution_time > 0
    assert profile.spawn_cost > 0
    text = result.explain()
    for part in ("WORKLOAD ANALYSIS", "SYSTEM RESOURCES", "OPTIMIZATION DECISION", "Physical CPU cores"):
        assert part in text
    assert "not enabled" in optimize(work.double, [1]).explain()
    small = optimize(work.double, range(100), profile=True)
    assert small.profile.rejection_reasons
    unknown = optimize(work.slow, iter(range(100)), profile=True)
    assert unknown.profile.total_items == -1
    assert "unknown" in " ".join(unknown.profile.constraints)


def test_function_profiling_can_be_shown_and_saved(tmp_path, capsys):
    result = optimize(work.slow, range(10), enable_function_profiling=True)
    result.show_function_profile()
    assert "slow" in capsys.readouterr().out
    result.save_function_profile(tmp_path / "profile.txt")
    assert "slow" in (tmp_path / "profile.txt").read_text()
    with pytest.raises(ValueError, match="profiling"):
        optimize(work.double, [1]).show_function_profile()


@pytest.mark.parametrize("kind", ["list", "range", "generator", "set"])
def test_every_item_runs_exactly_once(tmp_path, kind):
    log = tmp_path / "log"
    pairs = [(str(log), x) for x in range(300)]
    data = {"list": pairs, "range": pairs, "generator": (p for p in pairs), "set": set(pairs)}[kind]
    results = execute(work.log_and_double, data)
    assert sorted(results) == [x * 2 for x in range(300)]
    assert sorted(map(int, log.read_text().split())) == list(range(300))


def test_execute_keeps_the_order_and_shares_out_what_pays(usual_costs):
    results, plan = execute(work.slow, list(range(800)), return_optimization_result=True)
    assert results == [work.slow(x) for x in range(800)]
    if amorsize.system_info.get_usable_cpus() >= 2:
        assert plan.n_jobs >= 2
    results, plan = execute(work.waits, range(200), return_optimization_result=True)
    assert results == list(range(200))
    assert plan.executor_type == "thread"


def test_execute_raises_what_an_item_raises():
    with pytest.raises(ValueError, match="thirty-seven"):
        execute(work.raises_at_37, range(100))


def test_execute_in_a_worker_of_a_pool_is_serial():
    with amorsize.Pool(1) as pool:
        assert pool.map(_nested, [1]) == [[work.slow(x) for x in range(200)]]


def _nested(_):
    return execute(work.slow, range(200))


def test_the_closed_formula():
    speedup = amorsize.calculate_amdahl_speedup(10.0, 0.001, 0.05, 0.0005, 4, 10, 1_000)
    assert speedup == pytest.approx(10 / (0.2 + 2.5 + 1.0 + 0.05))
    assert amorsize.calculate_amdahl_speedup(-1, 0, 0, 0, 4, 1, 1) == 1.0


def test_a_run_of_small_items_costs_little_more_than_the_loop():
    data = list(range(200_000))
    execute(work.double, data[:10])
    start = time.perf_counter()
    assert execute(work.double, data) == [x * 2 for x in data]
    # No timing is asserted beyond what tells a wrong algorithm: per-item measuring would take seconds.
    assert time.perf_counter() - start < 5


def test_a_stretch_in_which_the_cpu_was_lost_between_two_readings_says_nothing():
    from amorsize.sampling import Meter
    from amorsize.system_info import Span

    class Queue:
        def __init__(self, *readings):
            self.delay_ns = iter(readings).__next__

    calm = Span(Queue(5, 5, 5, 5)).start().stop()
    assert calm.clear
    lost = Span(Queue(5, 5, 5, 50_000_000)).start().stop()
    assert not lost.clear
    meter = Meter()
    meter.add(lost)
    assert (meter.clear_s, meter.cpu_share) == (0.0, 1.0)
