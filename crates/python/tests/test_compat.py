"""Every public name: signatures, defaults, fields and messages that programs rely on."""

import dataclasses
import inspect
import json

import pytest
import work

import amorsize
from amorsize import (
    BenchmarkResult,
    ComparisonConfig,
    ConfigData,
    compare_entries,
    compare_performance_results,
    compare_strategies,
    compare_with_optimizer,
    estimate_safe_batch_size,
    list_configs,
    list_results,
    load_config,
    load_result,
    optimize,
    optimize_streaming,
    process_in_batches,
    quick_tune,
    quick_validate,
    run_performance_benchmark,
    save_config,
    save_result,
    tune_parameters,
    validate_optimization,
    validate_system,
)

SIGNATURES = {
    "process_in_batches": "func data batch_size=None max_memory_percent=0.5 sample_size=5 verbose=False optimize_kwargs",
    "estimate_safe_batch_size": "result_size_bytes max_memory_percent=0.5",
    "optimize_streaming": "func data sample_size=5 target_chunk_duration=0.2 prefer_ordered=None buffer_size=None "
    "verbose=False use_spawn_benchmark=True use_chunking_benchmark=True profile=False",
    "validate_optimization": "func data optimization=None max_items=None timeout=60.0 verbose=False use_cache=True",
    "quick_validate": "func data sample_size=100 verbose=False use_cache=True",
    "compare_strategies": "func data configs max_items=None timeout=120.0 verbose=False",
    "compare_with_optimizer": "func data additional_configs=None max_items=None timeout=120.0 verbose=False",
    "save_result": "result name function_name='unknown' data_size=0 metadata=None",
    "list_results": "name_filter=None limit=None",
    "tune_parameters": "func data n_jobs_range=None chunksize_range=None use_optimizer_hint=True verbose=False "
    "timeout_per_config=None prefer_threads_for_io=False",
    "prewarm_cache": "func workload_profiles=None optimization_result=None force=False",
    "import_cache": "input_file merge_strategy='skip' validate_compatibility=True update_timestamps=False",
    "repair_cache": "dry_run=True cache_type='optimization'",
    "validate_system": "verbose=False",
}


@pytest.mark.parametrize("name", SIGNATURES)
def test_the_signature_is_the_known_one(name):
    shown = []
    for parameter in inspect.signature(getattr(amorsize, name)).parameters.values():
        default = "" if parameter.default is parameter.empty else f"={parameter.default!r}"
        shown.append(parameter.name + default)
    assert " ".join(shown) == SIGNATURES[name]


def fields(kind):
    return [field.name for field in dataclasses.fields(kind)]


def test_the_fields_of_results():
    assert fields(BenchmarkResult)[:9] == [
        "optimization", "serial_time", "parallel_time", "actual_speedup", "predicted_speedup", "accuracy_percent",
        "error_percent", "recommendations", "cache_hit",
    ]  # fmt: skip
    assert fields(ComparisonConfig) == ["name", "n_jobs", "chunksize", "executor_type"]
    assert fields(ConfigData) == [
        "n_jobs", "chunksize", "executor_type", "estimated_speedup", "function_name", "data_size", "avg_execution_time",
        "notes", "system_info", "timestamp", "source",
    ]  # fmt: skip
    assert fields(amorsize.CacheStats) == [
        "total_entries", "valid_entries", "expired_entries", "incompatible_entries", "total_size_bytes",
        "oldest_entry_age", "newest_entry_age", "cache_dir",
    ]  # fmt: skip
    result = optimize(work.double, [1, 2])
    for name in ("n_jobs", "chunksize", "reason", "estimated_speedup", "warnings", "data", "profile", "executor_type",
                 "function_profiler_stats", "cache_hit"):  # fmt: skip
        assert hasattr(result, name)
    assert "<table>" in result._repr_html_()
    assert "<svg" in result._repr_html_()


def test_batches(tmp_path):
    log = tmp_path / "log"
    pairs = ((str(log), x) for x in range(57))
    assert process_in_batches(work.log_and_double, pairs, batch_size=10) == [x * 2 for x in range(57)]
    assert len(log.read_text().split()) == 57
    assert process_in_batches(work.square, range(30)) == [x * x for x in range(30)]
    assert process_in_batches(work.square, []) == []
    for wrong in ({"batch_size": 0}, {"max_memory_percent": 0}, {"max_memory_percent": 1.5}, {"sample_size": 0}):
        with pytest.raises(ValueError):
            process_in_batches(work.square, [1], **wrong)
    with pytest.raises(TypeError, match="unexpected"):
        process_in_batches(work.square, [1], colour="red")
    assert estimate_safe_batch_size(1 << 50) == 1
    assert estimate_safe_batch_size(1_000) > 1_000
    with pytest.raises(ValueError):
        estimate_safe_batch_size(0)


def test_streams():
    result = optimize_streaming(work.slow, (x for x in range(500)), prefer_ordered=True, profile=True)
    assert list(result.data) == list(range(500))
    assert result.use_ordered
    assert result.method == "imap"
    assert "WORKLOAD ANALYSIS" in result.explain()
    assert optimize_streaming(work.double, range(10)).n_jobs == 1
    bounded = optimize_streaming(work.slow, range(5_000), buffer_size=6)
    assert bounded.n_jobs * bounded.chunksize <= max(6, bounded.n_jobs)
    for wrong in ({"prefer_ordered": 1}, {"buffer_size": 0}, {"sample_size": 0}):
        with pytest.raises(ValueError, match="^Invalid parameter"):
            optimize_streaming(work.double, [1], **wrong)


def test_a_recommendation_is_measured_and_the_measurement_remembered():
    plan = optimize(work.slow, range(120), use_cache=False)
    first = validate_optimization(work.slow, range(120), plan)
    assert not first.cache_hit
    assert 0 <= first.accuracy_percent <= 100
    assert first.serial_time > 0
    second = validate_optimization(work.slow, range(120), plan)
    assert second.cache_hit
    assert "(cached)" in str(second)
    assert second.serial_time == first.serial_time
    assert not validate_optimization(work.slow, range(1, 121), plan).cache_hit
    other = amorsize.OptimizationResult(plan.n_jobs + 1, plan.chunksize, "other")
    changed = validate_optimization(work.slow, range(120), other)
    assert not changed.cache_hit
    assert changed.miss_reason.startswith("Optimization parameters changed (")
    serial = amorsize.OptimizationResult(1, 1, "serial")
    assert validate_optimization(work.double, range(20), serial, use_cache=False).actual_speedup == 1.0
    assert quick_validate(work.double, range(1_000), sample_size=10, use_cache=False).is_accurate()
    for wrong in ({"max_items": 0}, {"timeout": 0}, {"verbose": 1}):
        with pytest.raises(ValueError):
            validate_optimization(work.double, [1], **wrong)
    with pytest.raises(ValueError):
        validate_optimization(work.double, [])


def test_comparisons_and_their_history():
    configs = [ComparisonConfig("loop", executor_type="serial"), ComparisonConfig("two", 2, 10, "thread")]
    result = compare_strategies(work.double, range(100), configs)
    assert result.speedups[0] == 1.0
    assert result.best_config in configs
    assert result.best_time == min(result.execution_times)
    assert result.get_sorted_configs()[0][0] is result.best_config
    _, plan = compare_with_optimizer(work.double, range(50))
    assert plan.n_jobs == 1
    for wrong in ({"n_jobs": 0}, {"chunksize": 0}, {"executor_type": "gpu"}):
        with pytest.raises(ValueError):
            ComparisonConfig("x", **wrong)
    with pytest.raises(ValueError):
        compare_strategies(work.double, [1], [])
    one, two = (save_result(result, name, "double", 100, {"k": 1}) for name in ("one", "two"))
    assert len(one) == 12
    assert load_result(one).result.execution_times == result.execution_times
    assert [entry.name for entry in list_results()] == ["two", "one"]
    assert [entry.name for entry in list_results("ON", 1)] == ["one"]
    found = compare_entries(one, two)
    assert found["comparison"]["same_system"] is True
    assert set(found["comparison"]) == {
        "speedup_delta", "time_delta_seconds", "time_delta_percent", "same_system", "is_regression",
    }  # fmt: skip
    assert load_result("nothing") is None
    assert compare_entries(one, "nothing") is None
    assert amorsize.delete_result(one) is True
    assert amorsize.delete_result(one) is False
    assert amorsize.clear_history() == 1


def test_configurations(tmp_path):
    path = tmp_path / "deep" / "config.json"
    config = ConfigData(2, 10, "thread", 1.5, "f", notes="note")
    save_config(config, path)
    assert load_config(path) == config
    assert json.loads(path.read_text())["amorsize_version"] == "0.1.0"
    with pytest.raises(FileExistsError):
        save_config(config, path)
    save_config(ConfigData(3, 1), path, overwrite=True)
    assert load_config(path).n_jobs == 3
    with pytest.raises(FileNotFoundError):
        load_config(tmp_path / "none.json")
    for text in ("{", "[]", '{"n_jobs": 2}', '{"n_jobs": 0, "chunksize": 1}'):
        path.write_text(text)
        with pytest.raises(ValueError):
            load_config(path)
    assert list_configs(path.parent) == [path]
    assert list_configs(tmp_path / "none") == []
    assert amorsize.get_default_config_dir().parts[-2:] == (".amorsize", "configs")
    optimize(work.double, range(5)).save_config(tmp_path / "own.json", function_name="double")
    assert load_config(tmp_path / "own.json").data_size == 5
    with pytest.raises(ValueError, match="format"):
        save_config(config, tmp_path / "x", format="xml")


def test_tuning(tmp_path):
    result = tune_parameters(work.slow, range(60), [1, 2], [5, 10])
    assert set(result.all_results) == {(1, 5), (1, 10), (2, 5), (2, 10)}
    assert result.configurations_tested == 4
    assert result.best_time <= result.serial_time
    assert len(result.get_top_configurations(2)) == 2
    assert result.search_strategy == "grid"
    result.save_config(tmp_path / "tuned.json")
    assert quick_tune(work.double, range(20)).best_n_jobs == 1
    with pytest.raises(ValueError):
        tune_parameters(work.double, [1], [0])
    with pytest.raises(ValueError):
        tune_parameters(work.double, [])
    try:
        import skopt  # noqa: F401
    except ImportError:
        with pytest.warns(RuntimeWarning, match="scikit-optimize"):
            result = amorsize.bayesian_tune_parameters(work.double, range(20), 3)
        assert result.search_strategy == "grid"


def test_performance_and_the_system(tmp_path):
    names = [workload.name for workload in amorsize.get_standard_workloads()]
    assert len(names) == 5
    result = run_performance_benchmark(amorsize.get_standard_workloads()[-1])
    assert result.workload_name == names[-1]
    data = result.to_dict()
    data["benchmark_result"] = {"actual_speedup": 2.0}
    (tmp_path / "a.json").write_text(json.dumps({"w": data, "gone": data}))
    data["benchmark_result"] = {"actual_speedup": 1.0}
    (tmp_path / "b.json").write_text(json.dumps({"w": data}))
    report = compare_performance_results(tmp_path / "a.json", tmp_path / "b.json")
    assert [row["workload"] for row in report["regressions"]] == ["w"]
    assert report["missing_workloads"] == ["gone"]
    system = validate_system()
    assert system.checks_passed + system.checks_failed == 5
    assert system.overall_health in ("excellent", "good")


def test_pictures_need_matplotlib_and_say_so(tmp_path):
    result = compare_strategies(work.double, [1], [ComparisonConfig("loop", executor_type="serial")])
    if amorsize.check_matplotlib():
        paths = amorsize.visualize_comparison_result(result, tmp_path)
        assert set(paths) == {"times", "speedups"}
    else:
        with pytest.raises(ImportError, match="matplotlib"):
            amorsize.plot_comparison_times(result, tmp_path / "x.png")


def test_errors_have_hints_and_exit_codes():
    import pickle

    for kind in (amorsize.AmorsizeError, amorsize.InvalidParameter, amorsize.WorkerLost, amorsize.ItemTimeout, amorsize.CacheError):
        error = pickle.loads(pickle.dumps(kind("what", hint="do this")))
        assert error.hint == "do this"
        assert error.exit_code in (1, 2)
        assert "what" in str(error)
    assert issubclass(amorsize.InvalidParameter, ValueError)


def test_everything_a_notebook_shows_is_a_page_that_stands_alone():
    from html.parser import HTMLParser

    class Balanced(HTMLParser):
        def __init__(self):
            super().__init__()
            self.open = []

        def handle_starttag(self, tag, attrs):
            self.open.append(tag)

        def handle_endtag(self, tag):
            assert self.open.pop() == tag

    never_run = amorsize.ComparisonResult(
        [amorsize.ComparisonConfig("a <b> that is longer than there is room for", 1), amorsize.ComparisonConfig("late", 2)],
        [1.0, float("inf")],
        [1.0, 0.0],
        0,
    )
    shown = [
        amorsize.optimize(work.slow, range(50), profile=True),
        never_run,
        amorsize.get_cache_stats(),
        amorsize.validate_cache(),
        amorsize.validate_system(),
        amorsize.optimize_streaming(work.double, range(50)),
    ]
    for one in shown:
        text = one._repr_html_()
        page = Balanced()
        page.feed(text)
        page.close()
        assert page.open == []
        assert "nan" not in text and "inf'" not in text and "<b>" not in text
        assert "{'" not in text


def test_the_typed_sample_uses_every_public_name():
    import ast
    from pathlib import Path

    tree = ast.parse((Path(__file__).parent / "sample_typed.py").read_text())
    used = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    assert set(amorsize.__all__) - {"__version__"} <= used
