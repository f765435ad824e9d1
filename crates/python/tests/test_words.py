"""The words that existing programs match: messages, texts of results, what `verbose` prints, private names they patch."""

import json
import time
from unittest.mock import patch

import pytest
import work

import amorsize
from amorsize import (
    BenchmarkResult,
    CacheStats,
    CacheValidationResult,
    ComparisonConfig,
    ComparisonResult,
    compare_strategies,
    compare_with_optimizer,
    estimate_safe_batch_size,
    export_cache,
    history,
    import_cache,
    optimize,
    prewarm_cache,
    process_in_batches,
    repair_cache,
    validate_cache,
    validate_cache_entry,
    validate_optimization,
)
from amorsize.__main__ import load_data, load_function
from amorsize.cache import (
    AUTO_PRUNE_PROBABILITY,
    _compute_function_hash,
    _maybe_auto_prune_cache,
    clear_benchmark_cache,
    clear_cache,
    compute_cache_key,
    get_benchmark_cache_dir,
    get_cache_dir,
    load_benchmark_cache_entry,
    load_cache_entry,
    save_benchmark_cache_entry,
    save_cache_entry,
)

ONE = [ComparisonConfig("Serial")]
PLAN = amorsize.OptimizationResult(2, 10, "it pays", 1.8)


@pytest.mark.parametrize(
    ("call", "text"),
    [
        (lambda: optimize(None, [1]), "func parameter cannot be None"),
        (lambda: optimize("f", [1]), "func parameter must be callable"),
        (lambda: optimize(work.double, None), "data parameter cannot be None"),
        (lambda: optimize(work.double, 1), "data parameter must be iterable"),
        (lambda: validate_optimization("f", [1]), "func must be callable"),
        (lambda: validate_optimization(work.double, None), "data cannot be None"),
        (lambda: validate_optimization(work.double, []), "data cannot be empty"),
        (lambda: validate_optimization(work.double, [1], timeout=-1), "timeout must be positive"),
        (lambda: compare_strategies(work.double, [1], []), "configs cannot be empty"),
        (lambda: compare_strategies(work.double, [], ONE), "data cannot be empty"),
        (lambda: compare_strategies(work.double, [1], ONE, timeout=0), "timeout must be positive"),
        (lambda: compare_with_optimizer(work.double, []), "data cannot be empty"),
        (lambda: process_in_batches(None, [1]), "func must be callable"),
        (lambda: process_in_batches(work.double, [1], batch_size=2.5), "batch_size must be a positive integer"),
        (lambda: process_in_batches(work.double, [1], sample_size=0), "sample_size must be a positive integer"),
        (lambda: process_in_batches(work.double, [1], max_memory_percent=2), "max_memory_percent must be between 0 and 1"),
        (lambda: estimate_safe_batch_size(0), "result_size_bytes must be positive"),
        (lambda: ComparisonConfig("x", n_jobs=0), "n_jobs must be"),
        (lambda: ComparisonConfig("x", chunksize=0), "chunksize must be"),
        (lambda: ComparisonConfig("x", executor_type="gpu"), "executor_type must be"),
        (lambda: validate_cache(cache_type="x"), "Invalid cache_type"),
        (lambda: repair_cache(cache_type="x"), "Invalid cache_type"),
        (lambda: load_function("noseparator"), "Invalid function path"),
        (lambda: load_function("no_such_module.f"), "Cannot import module"),
        (lambda: load_function("math.no_such_function"), "has no function"),
        (lambda: load_function("math.pi"), "not a callable"),
    ],
)
def test_the_words_of_errors(call, text):
    with pytest.raises(ValueError, match=text):
        call()


@pytest.mark.parametrize(
    ("source", "text"),
    [({"data_file": "/nothing/here"}, "Cannot read data file"), ({}, "No data source specified")],
)
def test_the_words_of_data_that_is_not_there(source, text):
    import argparse

    with pytest.raises(ValueError, match=text):
        load_data(argparse.Namespace(**{"data_range": None, "data_file": None, "data_stdin": False, **source}))


def test_the_words_of_files_that_are_not_there(tmp_path):
    with pytest.raises(OSError, match="Import file not found"):
        import_cache(tmp_path / "nothing.json")
    (tmp_path / "file").touch()
    with pytest.raises(OSError, match="Failed to export cache"):
        export_cache(tmp_path / "file" / "export.json")


BENCHMARK = BenchmarkResult(PLAN, 1.0, 0.5, 2.0, 1.8, 90.0, 11.1, ["use more items"])
COMPARISON = ComparisonResult([*ONE, ComparisonConfig("Two", 2, 50)], [2.0, 1.0], [1.0, 2.0], 1, ["use more items"])
STATS = CacheStats(5, 4, 1, 0, 2048, 86_400.0, 3_600.0, "/tmp/there")
SOUND = CacheValidationResult(True, 10, 10, 0, [], 100.0)
UNSOUND = CacheValidationResult(False, 10, 7, 3, ["Entry expired"], 75.0)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (repr(BENCHMARK), ["actual_speedup=2.00x", "predicted=1.80x", "accuracy=90.0%"]),
        (
            str(BENCHMARK),
            ["Benchmark Validation Results", "Serial execution time", "Parallel execution time", "Actual speedup:",
             "Predicted speedup:", "Accuracy:", "use more items"],
        ),
        (repr(COMPARISON), ["Two", "1.0000s", "2.00x"]),
        (str(COMPARISON), ["Strategy Comparison Results", "Serial", "Two", "FASTEST", "use more items"]),
        (str(ONE[0]), ["Serial", "Serial execution"]),
        (repr(ComparisonConfig("Two", 2, 10)), ["Two", "n_jobs=2", "chunksize=10"]),
        (repr(STATS), ["CacheStats", "total=5", "valid=4", "expired=1", "incompatible=0", "KB"]),
        (str(STATS), ["=== Cache Statistics ===", "Total entries: 5", "Expired entries: 1", "/tmp/there", "day", "hour"]),
        (
            str(SOUND),
            ["=== Cache Validation Report ===", "Total entries examined: 10", "Valid entries: 10",
             "Health score: 100.0/100", "✓ HEALTHY"],
        ),
        (str(UNSOUND), ["✗ ISSUES FOUND", "Issues found:", "Entry expired"]),
        (repr(UNSOUND), ["CacheValidationResult", "valid=7/10", "health=75.0"]),
    ],
)  # fmt: skip
def test_the_words_of_results(text, words):
    for word in words:
        assert word in text


def test_the_advice_of_results():
    assert optimize(work.double, []).warnings
    measured = validate_optimization(work.double, range(20), amorsize.OptimizationResult(1, 1, "serial"), use_cache=False)
    assert "Serial execution is optimal" in str(measured.recommendations)
    assert CacheStats().cache_dir is None
    assert [CacheStats._format_age(seconds).split()[1] for seconds in (30, 120, 7_200, 172_800)] == [
        "seconds", "minutes", "hours", "days",
    ]  # fmt: skip
    assert set(history.get_system_fingerprint()) == {
        "platform", "system", "machine", "python_version", "physical_cores", "available_memory_gb",
        "multiprocessing_start_method",
    }  # fmt: skip


def test_what_is_said_while_it_is_measured(capsys):
    compare_with_optimizer(work.double, range(20), verbose=True)
    said = capsys.readouterr().out
    for word in ("Computing optimizer recommendation", "Optimizer recommends", "Predicted speedup", "Comparing", "Testing:",
                 "Execution time:"):  # fmt: skip
        assert word in said


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"n_jobs": "two"}, "invalid type"),
        ({"n_jobs": -1}, "invalid n_jobs"),
        ({"chunksize": 0}, "invalid chunksize"),
        ({"executor_type": "gpu"}, "invalid executor_type"),
        ({"estimated_speedup": -0.5}, "invalid speedup"),
        ({"cache_version": 999}, "version mismatch"),
        ({"timestamp": 1.0}, "expired"),
    ],
)
def test_the_words_of_checked_files(change, word, tmp_path):
    record = {
        "n_jobs": 2, "chunksize": 5, "executor_type": "process", "estimated_speedup": 1.5, "reason": "", "warnings": [],
        "timestamp": time.time(), "system_info": amorsize.system_info.describe(), "cache_version": 1,
    }  # fmt: skip
    path = tmp_path / "entry.json"
    path.write_text(json.dumps({**record, **change}))
    valid, issues = validate_cache_entry(path)
    assert not valid
    assert any(word in issue.lower() for issue in issues), issues


def save_plan(key):
    save_cache_entry(key, 2, 10, "process", 1.5, "it pays", [])


def save_measurement(key):
    save_benchmark_cache_entry(key, 2.0, 1.0, 2.0, 2, 10)


CACHES = [
    pytest.param(save_plan, load_cache_entry, clear_cache, get_cache_dir, id="plans"),
    pytest.param(save_measurement, load_benchmark_cache_entry, clear_benchmark_cache, get_benchmark_cache_dir, id="measurements"),
]


@pytest.mark.parametrize(("save", "load", "clear", "folder"), CACHES)
def test_the_words_of_misses_whoever_prunes(save, load, clear, folder):
    _, reason = load("never stored")
    assert "No cached" in reason and "found" in reason
    save("key")
    for _ in range(2):
        _, reason = load("key", ttl_seconds=0)
        assert "expired" in reason.lower() and "TTL" in reason
        _maybe_auto_prune_cache(folder, probability=1.0, ttl_seconds=0)
    entry, reason = load("key")
    assert entry is not None and reason == "", "another caller's limit takes nothing away"
    with patch("amorsize.system_info.get_physical_cores", return_value=9_999):
        _, reason = load("key")
    assert reason.startswith("Physical core count changed (cached: ")
    with patch("amorsize.system_info.get_multiprocessing_start_method", return_value="other"):
        _, reason = load("key")
    assert reason.startswith("Multiprocessing start method changed (cached: ")
    with patch("amorsize.system_info.get_memory_limit", return_value=1 << 20):
        _, reason = load("key")
    assert reason.startswith("Available memory changed significantly (cached: ")
    assert clear() == 1
    assert load("key")[0] is None


def test_names_that_programs_patch_or_count_on():
    assert 0 < AUTO_PRUNE_PROBABILITY <= 0.1
    _maybe_auto_prune_cache(lambda: pytest.fail("zero asks for nothing"), probability=0.0)
    assert len(_compute_function_hash(len)) == 16
    key = compute_cache_key(work.double, data_size=100, avg_time_per_item=0.001)
    assert prewarm_cache(work.double, [{"data_size": 100, "avg_time": 0.001}]) == 1
    assert any("prewarmed" in warning.lower() for warning in load_cache_entry(key)[0].warnings)
