"""The two caches: keys, reasons, maintenance, and what must be impossible."""

import json
import os
import random
import subprocess
import sys
import time

import pytest
import work

import amorsize
from amorsize import cache, optimize
from amorsize.cache import (
    BenchmarkCacheEntry,
    CacheEntry,
    clear_benchmark_cache,
    clear_cache,
    compute_benchmark_cache_key,
    compute_cache_key,
    export_cache,
    get_benchmark_cache_stats,
    get_cache_dir,
    get_cache_stats,
    import_cache,
    load_benchmark_cache_entry,
    load_cache_entry,
    prewarm_cache,
    prune_expired_cache,
    repair_cache,
    save_benchmark_cache_entry,
    save_cache_entry,
    validate_cache,
    validate_cache_entry,
)

KEY = "func:0123456789abcdef_size:medium_time:moderate_v:1"


def save(key=KEY, n_jobs=2, **options):
    save_cache_entry(key, n_jobs, 50, "process", 1.8, "it pays", ["mind"], **options)


def test_constants_and_folders():
    assert (cache.CACHE_VERSION, cache.DEFAULT_TTL_SECONDS) == (1, 604_800)
    assert get_cache_dir().is_dir()
    assert get_cache_dir().parts[-2:] == ("amorsize", "optimization_cache")
    assert cache.get_benchmark_cache_dir().parts[-2:] == ("amorsize", "benchmark_cache")


def test_what_is_saved_is_loaded():
    save()
    entry, reason = load_cache_entry(KEY)
    assert reason == ""
    assert (entry.n_jobs, entry.chunksize, entry.executor_type) == (2, 50, "process")
    assert (entry.estimated_speedup, entry.reason, entry.warnings) == (1.8, "it pays", ["mind"])
    assert entry.cache_version == 1
    assert set(entry.system_info) == {"physical_cores", "available_memory", "start_method", "platform", "python_version"}
    assert abs(entry.timestamp - time.time()) < 10
    assert not entry.is_expired()
    assert entry.is_system_compatible()[0]
    again = CacheEntry.from_dict(entry.to_dict())
    assert again == entry


def test_what_is_measured_is_kept_apart():
    key = compute_benchmark_cache_key(work.slow, 1_000)
    assert load_benchmark_cache_entry(key)[1] == "No cached benchmark result found for this workload"
    save_benchmark_cache_entry(key, 2.0, 1.0, 2.0, 2, 10)
    entry, reason = load_benchmark_cache_entry(key)
    assert isinstance(entry, BenchmarkCacheEntry)
    assert (reason, entry.actual_speedup, entry.n_jobs) == ("", 2.0, 2)
    assert get_benchmark_cache_stats().total_entries == 1
    assert get_cache_stats().total_entries == 0
    assert clear_cache() == 0
    assert clear_benchmark_cache() == 1
    assert load_benchmark_cache_entry(key)[0] is None


def test_the_reasons_of_a_miss():
    entry, reason = load_cache_entry(KEY)
    assert (entry, reason) == (None, "No cached entry found for this workload")
    assert (reason.word, reason.detail) == ("absent", "absent: never stored")
    save()
    _, reason = load_cache_entry(KEY, ttl_seconds=0)
    assert reason == "Cache entry expired (age: 0.0 days, TTL: 0.0 days)"
    _, reason = load_cache_entry(KEY.replace("medium", "large"))
    assert reason == "No cached entry found for this workload"
    assert "items medium -> large" in reason.detail
    clear_cache()
    _, reason = load_cache_entry(KEY)
    assert reason.startswith("No cached entry found for this workload (deleted by ")
    assert reason.word == "deleted"


def age_entry(days, tmp_path, **changes):
    """Puts an entry of an age into the cache, as an import would."""
    clear_cache()
    save()
    export_cache(tmp_path / "aged.json")
    clear_cache()
    document = json.loads((tmp_path / "aged.json").read_text())
    document["entries"][0]["timestamp"] = time.time() - days * 86_400
    document["entries"][0].update(changes)
    (tmp_path / "aged.json").write_text(json.dumps(document))
    return import_cache(tmp_path / "aged.json", "overwrite", validate_compatibility=False)


@pytest.mark.parametrize("prune", [False, True])
def test_an_expired_entry_says_so_before_and_after_somebody_else_has_pruned(tmp_path, prune):
    assert age_entry(8.2, tmp_path) == (1, 0, 0)
    assert get_cache_stats().expired_entries == 1
    if prune:
        program = "import amorsize; print(amorsize.prune_expired_cache())"
        out = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
        assert out.stdout.strip() == "1"
        assert get_cache_stats().total_entries == 0
    _, reason = load_cache_entry(KEY)
    assert reason == "Cache entry expired (age: 8.2 days, TTL: 7.0 days)"
    assert ("body pruned" in reason.detail) is prune


def test_another_machine_is_named(tmp_path):
    cores = amorsize.system_info.get_physical_cores()
    info = {**amorsize.system_info.describe(), "physical_cores": cores + 6}
    age_entry(0, tmp_path, system_info=info)
    _, reason = load_cache_entry(KEY)
    assert reason == f"Physical core count changed (cached: {cores + 6}, current: {cores})"
    assert get_cache_stats().incompatible_entries == 1
    age_entry(0, tmp_path, system_info={**amorsize.system_info.describe(), "start_method": "carrier pigeon"})
    assert load_cache_entry(KEY)[1].startswith("Multiprocessing start method changed (cached: carrier pigeon, current: ")


def test_another_format_is_named(tmp_path):
    age_entry(0, tmp_path, cache_version=7)
    assert load_cache_entry(KEY)[1] == "Cache format version mismatch (cached: v7, current: v1)"


def test_an_entry_judges_itself():
    info = amorsize.system_info.describe()
    entry = CacheEntry(2, 5, "process", 1.5, "", [], time.time() - 100, info)
    assert entry.is_expired(99)
    assert not entry.is_expired(200)
    entry.timestamp = float("nan")
    assert entry.is_expired()
    entry = CacheEntry(2, 5, "process", 1.5, "", [], time.time(), {**info, "available_memory": 1})
    assert entry.is_system_compatible()[1].startswith("Available memory changed significantly (cached: 0.00GB, current: ")


def test_nothing_is_pruned_by_looking_and_no_random_number_is_drawn(tmp_path):
    age_entry(9, tmp_path)
    random.seed(4)
    state = random.getstate()
    for _ in range(50):
        assert load_cache_entry(KEY)[1].word == "expired"
        load_cache_entry("nothing")
    assert random.getstate() == state
    assert get_cache_stats().expired_entries == 1


def test_a_shorter_limit_given_to_prune_removes_and_says_so():
    save()
    assert prune_expired_cache() == 0
    assert prune_expired_cache(ttl_seconds=0) == 1
    entry, reason = load_cache_entry(KEY)
    assert entry is None
    assert reason.word == "deleted"


def test_keys_see_what_changes_the_answer():
    assert compute_cache_key(lambda x: x * 2, 50, 0.001) != compute_cache_key(lambda x: x * 3, 50, 0.001)
    assert compute_cache_key(work.slow, 100, 0.001) == compute_cache_key(work.slow, 999, 0.001)
    sizes = [compute_cache_key(work.slow, size, 0.001).split("_size:")[1].split("_")[0] for size in (9, 99, 999, 9_999, 10_000)]
    assert sizes == ["tiny", "small", "medium", "large", "xlarge"]
    times = [compute_cache_key(work.slow, 9, t).split("_time:")[1].split("_v")[0] for t in (1e-5, 5e-4, 5e-3, 0.05, 1)]
    assert times == ["instant", "fast", "moderate", "slow", "very_slow"]
    assert compute_cache_key(work.slow, 9, 1).startswith("func:")
    key = compute_benchmark_cache_key(work.slow, 123)
    assert key.startswith("benchmark_")
    assert key.endswith("_123_v1")
    assert "0x" not in compute_cache_key(work.Strange, 1, 1)


def test_an_optimization_is_remembered_and_fitted():
    first = optimize(work.waits, range(99))
    assert not first.cache_hit
    assert first.miss_reason == "No cached entry found for this workload"
    second = optimize(work.waits, range(99))
    assert second.cache_hit
    assert second.reason == f"{first.reason} (cached)"
    assert str(second).count("(cached)") == 1
    assert (second.n_jobs, second.chunksize) == (first.n_jobs, first.chunksize)
    fewer = optimize(work.waits, range(10))
    assert fewer.n_jobs <= 10
    fitted = optimize(work.waits, range(20))
    assert fitted.cache_hit
    assert fitted.n_jobs <= 20
    assert fitted.n_jobs * fitted.chunksize <= 40


@pytest.mark.parametrize("options", [{"use_cache": False}, {"profile": True}, {"enable_function_profiling": True}])
def test_the_cache_can_be_left_out(options):
    for _ in range(2):
        assert not optimize(work.waits, range(60), **options).cache_hit
    assert get_cache_stats().total_entries == 0
    assert not optimize(work.waits, iter(range(60))).cache_hit


def test_options_that_change_the_answer_have_keys_of_their_own():
    optimize(work.waits, range(60))
    assert not optimize(work.waits, range(60), prefer_threads_for_io=False).cache_hit
    assert not optimize(work.waits, range(60), target_chunk_duration=1.0).cache_hit
    assert optimize(work.waits, range(60)).cache_hit


def test_verbose_tells_of_hits_and_misses(capsys):
    optimize(work.waits, range(60), verbose=True)
    out = capsys.readouterr().out
    assert "✗ Cache miss - No cached entry found for this workload" in out
    assert "Performing dry run sampling..." in out
    optimize(work.waits, range(60), verbose=True)
    assert "✓ Cache hit!" in capsys.readouterr().out


def test_export_and_import(tmp_path):
    save()
    save(KEY.replace("medium", "large"), n_jobs=4)
    path = tmp_path / "deep" / "export.json"
    assert export_cache(path) == 2
    document = json.loads(path.read_text())
    assert document["version"] == 1
    assert set(document["export_system"]) == {"platform", "physical_cores", "available_memory", "start_method"}
    assert {entry["cache_key"] for entry in document["entries"]} == {KEY, KEY.replace("medium", "large")}
    assert import_cache(path) == (0, 2, 0)
    assert import_cache(path, merge_strategy="overwrite") == (2, 0, 0)
    clear_cache()
    assert import_cache(path) == (2, 0, 0)
    assert load_cache_entry(KEY)[0].n_jobs == 2
    save(n_jobs=3)
    assert import_cache(path, merge_strategy="update") == (0, 2, 0)
    assert load_cache_entry(KEY)[0].n_jobs == 3


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (None, "not found"),
        ("{", "Invalid JSON in import file"),
        ("[]", "Invalid export file format"),
        ('{"version": 1}', "Invalid export file format"),
        ('{"version": 2, "entries": []}', "Incompatible export version"),
        ('{"version": 1, "entries": 5}', "must be a list"),
    ],
)
def test_a_file_that_is_no_export_is_an_error(tmp_path, text, message):
    path = tmp_path / "bad.json"
    if text is not None:
        path.write_text(text)
    with pytest.raises(OSError, match=message):
        import_cache(path)
    with pytest.raises(ValueError, match="merge_strategy"):
        import_cache(path, merge_strategy="guess")


def test_an_import_trusts_nothing(tmp_path):
    save()
    export_cache(tmp_path / "good.json")
    good = json.loads((tmp_path / "good.json").read_text())
    entry = good["entries"][0]
    bad = [
        {**entry, "n_jobs": -5},
        {**entry, "n_jobs": True},
        {**entry, "timestamp": None},
        {**entry, "estimated_speedup": float("inf")},
        {key: value for key, value in entry.items() if key != "cache_key"},
        {**entry, "cache_key": 5},
        [],
        None,
        "entry",
    ]
    good["entries"] = [*bad, {**entry, "cache_key": "../../outside"}]
    (tmp_path / "bad.json").write_text(json.dumps(good))
    clear_cache()
    assert import_cache(tmp_path / "bad.json") == (1, len(bad), 0)
    assert load_cache_entry("../../outside")[0].n_jobs == 2
    assert not list(tmp_path.rglob("outside*"))


def test_an_import_leaves_out_other_machines_when_asked(tmp_path):
    save()
    export_cache(tmp_path / "x.json")
    document = json.loads((tmp_path / "x.json").read_text())
    document["entries"][0]["system_info"]["physical_cores"] = 999
    (tmp_path / "x.json").write_text(json.dumps(document))
    clear_cache()
    assert import_cache(tmp_path / "x.json") == (0, 0, 1)


def test_prewarming():
    assert prewarm_cache(work.slow) == 7
    assert prewarm_cache(work.slow) == 0
    assert prewarm_cache(work.slow, force=True) == 7
    assert prewarm_cache(work.slow, []) == 0
    assert prewarm_cache(work.double, [{"data_size": 0, "avg_time": 1}, {"data_size": 5}, 7, {"data_size": 5, "avg_time": 1e-6}]) == 1
    entry, _ = load_cache_entry(compute_cache_key(work.double, 5, 1e-6))
    assert (entry.n_jobs, entry.estimated_speedup) == (1, 1.0)
    assert "too fast" in entry.reason
    result = optimize(work.waits, range(300), use_cache=False)
    assert prewarm_cache(work.waits, optimization_result=result, force=True) == 1


def test_checking_and_mending(tmp_path):
    save()
    save_benchmark_cache_entry("benchmark_0123456789abcdef_5_v1", 2.0, 1.0, 2.0, 2, 1)
    for kind in ("optimization", "benchmark"):
        found = validate_cache(cache_type=kind)
        assert (found.is_valid, found.total_entries, found.health_score) == (True, 1, 100.0)
        assert repair_cache(dry_run=False, cache_type=kind) == {"examined": 1, "deleted": 0, "kept": 1}
    with pytest.raises(ValueError, match="cache_type"):
        validate_cache(cache_type="other")
    assert validate_cache_entry(KEY) == (True, [])
    assert validate_cache_entry("nothing")[0] is False
    age_entry(9, tmp_path)
    assert not validate_cache().is_valid
    assert repair_cache(dry_run=False)["deleted"] == 0


@pytest.mark.parametrize(
    "body",
    [b"[]", b"null", b"{}", b"\xff", b'{"n_jobs": -5}', b"5" * 100],
)
def test_a_record_that_is_none_is_a_miss_and_can_be_mended(body):
    space = cache.plans()
    space.store().put(space.key(KEY), body, fmt=1, ttl_s=1_000.0)
    save(KEY.replace("medium", "large"))
    entry, reason = load_cache_entry(KEY)
    assert entry is None
    assert reason.word in ("corrupt", "incompatible")
    space.store().put(space.key(KEY), body, fmt=1, ttl_s=1_000.0, fingerprint=[])
    assert not optimize(work.waits, range(60)).cache_hit


def test_a_damaged_store_is_never_a_crash_and_never_absent():
    save()
    path = cache.plans().location()
    program = f"from amorsize.cache import *; entry, why = load_cache_entry({KEY!r}); print(entry is None, why.word)"
    with open(path, "rb") as file:
        data = file.read()
    for wal in (f"{path}-wal", f"{path}-shm"):
        if os.path.lexists(wal):
            os.unlink(wal)
    with open(path, "wb") as file:
        file.write(b"not a database at all" + data[21:])
    out = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout
    assert out.split()[0] == "True"
    assert out.split()[1] in ("unavailable", "corrupt")


def test_old_files_can_be_checked(tmp_path):
    path = tmp_path / "old.json"
    record = {
        "n_jobs": 2,
        "chunksize": 5,
        "executor_type": "process",
        "estimated_speedup": 1.5,
        "reason": "",
        "warnings": [],
        "timestamp": time.time(),
        "system_info": amorsize.system_info.describe(),
        "cache_version": 1,
    }
    path.write_text(json.dumps(record))
    assert validate_cache_entry(path) == (True, [])
    for change in ({"n_jobs": 0}, {"executor_type": "gpu"}, {"estimated_speedup": -1}, {"timestamp": 0}, {"cache_version": 9}):
        path.write_text(json.dumps({**record, **change}))
        assert validate_cache_entry(path)[0] is False
    path.write_text("[]")
    assert validate_cache_entry(path)[0] is False
    assert validate_cache_entry(tmp_path / "none.json")[0] is False


def test_records_that_cannot_be_are_not_saved():
    with pytest.raises(ValueError, match="n_jobs"):
        save(n_jobs=-5)


def test_stats_are_shown_as_text_and_as_html():
    save()
    stats = get_cache_stats()
    assert (stats.total_entries, stats.valid_entries) == (1, 1)
    assert stats.total_size_bytes > 100
    assert 0 <= stats.oldest_entry_age < 100
    assert "Total entries: 1" in str(stats)
    assert "<table>" in stats._repr_html_()
    assert get_cache_stats(ttl_seconds=0).expired_entries == 1


def test_a_folder_of_ones_own_gets_a_store_of_its_own(tmp_path, monkeypatch):
    save()
    monkeypatch.setattr(cache, "get_cache_dir", lambda: tmp_path)
    assert load_cache_entry(KEY)[0] is None
    save()
    assert clear_cache() == 1


def test_a_place_that_cannot_be_used_is_told_and_does_no_harm(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    entry, reason = load_cache_entry(KEY)
    assert entry is None
    assert reason.word == "unavailable"
    assert reason.startswith("Failed to load cache: ")
    save()
    result = optimize(work.waits, range(60))
    assert not result.cache_hit
    assert result.miss_reason.startswith("Failed to load cache: ")
