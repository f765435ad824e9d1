"""Export, import, warming, checking and mending of the two caches.

An import trusts nothing in its file: keys are taken apart and built anew, records are checked, and all of them are
written in one step. A repair removes what is damaged and nothing else.
"""

from __future__ import annotations

import json
import math
import platform
from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal

from . import _native, cache
from ._files import publish
from ._entries import CACHE_VERSION, DEFAULT_TTL_SECONDS, CacheEntry, fingerprint
from ._spaces import Space
from ._store import calling
from .errors import CacheError
from .system_info import (
    get_available_memory,
    get_multiprocessing_start_method,
    get_physical_cores,
    get_spawn_cost_estimate,
)

EXPORT_VERSION = 1
_MERGES = {"skip": "skip", "overwrite": "overwrite", "update": "newer"}
_KEY_MOST = 500

DEFAULT_PROFILES = (
    {"data_size": 5, "avg_time": 5e-5},
    {"data_size": 50, "avg_time": 5e-4},
    {"data_size": 500, "avg_time": 0.003},
    {"data_size": 2_000, "avg_time": 0.007},
    {"data_size": 5_000, "avg_time": 0.03},
    {"data_size": 15_000, "avg_time": 0.07},
    {"data_size": 20_000, "avg_time": 0.15},
)


def export_cache(
    output_file: Any,
    include_expired: bool = False,
    include_incompatible: bool = False,
    ttl_seconds: float = DEFAULT_TTL_SECONDS,
) -> int:
    """Writes the optimization cache to a JSON file, which appears whole or not at all; how many entries."""
    entries = []
    try:
        for _, _, look in cache.plans().looks(ttl_seconds):
            word = look.reason.word
            wanted = (
                look.entry is not None
                or (word == "expired" and include_expired)
                or (word == "incompatible" and include_incompatible)
            )
            if wanted and isinstance(look.raw, dict) and "cache_key" in look.raw:
                entries.append(look.raw)
        document = {
            "version": EXPORT_VERSION,
            "export_timestamp": _native.Store.now_ns() / 1e9,
            "export_system": {
                "platform": platform.system(),
                "physical_cores": get_physical_cores(),
                "available_memory": get_available_memory(),
                "start_method": get_multiprocessing_start_method(),
            },
            "entries": sorted(entries, key=lambda entry: str(entry["cache_key"])),
        }
        publish(Path(output_file), json.dumps(document, indent=2))
    except OSError as error:
        raise OSError(f"Failed to export cache: {error}") from error
    return len(entries)


def import_cache(
    input_file: Any,
    merge_strategy: Literal["skip", "overwrite", "update"] = "skip",
    validate_compatibility: bool = True,
    update_timestamps: bool = False,
) -> tuple[int, int, int]:
    """Takes entries over from a file that `export_cache` wrote: imported, skipped, incompatible."""
    merge = _MERGES.get(merge_strategy)
    if merge is None:
        raise ValueError(f"Invalid merge_strategy: {merge_strategy!r}. Must be 'skip', 'overwrite' or 'update'")
    entries = _read_export(Path(input_file))
    space = cache.plans()
    lines: dict[str, str] = {}
    incompatible = malformed = 0
    now_ns = _native.Store.now_ns()
    for data in entries:
        text = data.get("cache_key") if isinstance(data, dict) else None
        if not isinstance(text, str) or not text or len(text) > _KEY_MOST or CacheEntry.issues_of(data):
            malformed += 1
            continue
        entry = CacheEntry.from_dict(data)
        if validate_compatibility and not entry.is_system_compatible()[0]:
            incompatible += 1
            continue
        created_ns = now_ns if update_timestamps else min(int(entry.timestamp * 1e9), now_ns)
        name = _native.Store.name_of(space.key(text))
        lines[name] = _line(space, name, {**entry.to_dict(), "cache_key": text}, created_ns)
    if not lines:
        return 0, malformed, incompatible
    header = json.dumps({"schema": "amorsize-cache-export", "version": 1})
    footer = json.dumps({"entries": len(lines)})
    body = "\n".join([header, *lines.values(), footer, ""]).encode()
    found, stored = calling(lambda: space.store().import_lines(body, merge=merge))
    return stored, malformed + found - stored, incompatible


def _line(space: Space[CacheEntry], name: str, data: dict[str, Any], created_ns: int) -> str:
    return json.dumps(
        {
            "key": json.loads(name),
            "fmt": int(data.get("cache_version", CACHE_VERSION)),
            "created_ns": created_ns,
            "ttl_ns": int(DEFAULT_TTL_SECONDS * 1e9),
            "cost_ns": 0,
            "fingerprint": _fields(space, data["system_info"]),
            "text": json.dumps({**data, "timestamp": created_ns / 1e9}),
        }
    )


def _fields(space: Space[CacheEntry], info: dict[str, Any]) -> dict[str, Any]:
    """The fingerprint of the machine an entry names, in the form of an export of the store."""
    fields: dict[str, Any] = {}
    for name, value, tolerance in fingerprint(space.tolerance):
        if name == "memory":
            # What was free there then is no measure of that machine; the check above has looked at it.
            then: Any = value
        else:
            then = info.get({"python": "python_version"}.get(name, name), value)
        if not isinstance(then, (int, float, str)) or isinstance(then, bool):
            then = value
        kind: Any = "ignored" if tolerance < 0 else ({"ratio": tolerance} if tolerance > 0 else "exact")
        fields[name] = {"value": float(then) if isinstance(then, (int, float)) else then, "tolerance": kind}
    return fields


def _read_export(path: Path) -> list[Any]:
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError as error:
        raise OSError(f"Import file not found: {path}") from error
    except (OSError, UnicodeDecodeError) as error:
        raise OSError(f"Failed to import cache: {error}") from error
    try:
        document = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise OSError(f"Invalid JSON in import file: {error}") from error
    if not isinstance(document, dict) or "version" not in document or "entries" not in document:
        raise OSError("Invalid export file format: 'version' and 'entries' are needed")
    if document["version"] != EXPORT_VERSION:
        raise OSError(
            f"Incompatible export version: {document['version']!r} (this program reads version {EXPORT_VERSION})"
        )
    if not isinstance(document["entries"], list):
        raise OSError("Invalid export file format: 'entries' must be a list")
    return document["entries"]


def prewarm_cache(
    func: Callable[..., Any],
    workload_profiles: list[dict[str, Any]] | None = None,
    optimization_result: Any = None,
    force: bool = False,
) -> int:
    """Remembers recommendations for workloads that are expected; how many were written.

    A profile says how many items (``data_size``) of what cost (``avg_time``); without profiles seven usual ones are
    taken. With ``optimization_result`` its recommendation is remembered instead of a computed one.
    """
    if optimization_result is not None:
        profiles = _profiles_of_result(optimization_result, workload_profiles)
    elif workload_profiles is None:
        profiles = [dict(profile) for profile in DEFAULT_PROFILES]
    else:
        profiles = list(workload_profiles)
    written = 0
    for profile in profiles:
        size, seconds = _profile(profile)
        if size is None or seconds is None:
            continue
        key = cache.compute_cache_key(func, size, seconds)
        space = cache.plans()
        if not force and space.look(space.key(key), DEFAULT_TTL_SECONDS, nearest=False).entry is not None:
            continue
        try:
            values = _recommended(size, seconds, optimization_result)
            space.save(key, values, DEFAULT_TTL_SECONDS)
        except (CacheError, ValueError, TypeError, AttributeError):
            continue
        written += 1
    return written


def _profile(profile: Any) -> tuple[int | None, float | None]:
    if not isinstance(profile, dict):
        return None, None
    size, seconds = profile.get("data_size"), profile.get("avg_time")
    if isinstance(size, bool) or not isinstance(size, int) or size <= 0:
        return None, None
    if isinstance(seconds, bool) or not isinstance(seconds, (int, float)) or not 0 < seconds < math.inf:
        return None, None
    return size, float(seconds)


def _profiles_of_result(result: Any, profiles: list[dict[str, Any]] | None) -> list[dict[str, Any]]:
    if profiles is not None:
        return list(profiles)
    try:
        size = len(result.data)
    except (TypeError, AttributeError):
        return []
    profile = getattr(result, "profile", None)
    seconds = getattr(profile, "avg_execution_time", 0.0) or 0.01
    return [{"data_size": size, "avg_time": seconds}]


def _recommended(size: int, seconds: float, result: Any) -> dict[str, Any]:
    if result is not None:
        return {
            "n_jobs": result.n_jobs,
            "chunksize": result.chunksize,
            "executor_type": result.executor_type,
            "estimated_speedup": result.estimated_speedup,
            "reason": result.reason.removesuffix(" (cached)"),
            "warnings": list(result.warnings),
        }
    from .pool import limits

    bounds = limits("process")
    plan = _native.plan(
        {
            "items": size,
            "item_s": [seconds, seconds],
            "start_s": get_spawn_cost_estimate(),
            "overhead_s": 0.0005,
            "dispatcher_s": 0.0001,
            "cpu_share": 1.0,
            "memory_bytes": None,
            "cpus": bounds["cpus"],
            "workers_most": bounds["workers_most"],
            "memory_most": None,
            "threads": False,
            "workers": None,
            "chunk": None,
            "chunk_most": max(1, min(size, int(0.2 / seconds))),
        }
    )
    serial = plan["workers"] <= 1
    return {
        "n_jobs": int(plan["workers"]),
        "chunksize": int(plan["chunk"]),
        "executor_type": "process",
        "estimated_speedup": 1.0 if serial else float(plan["speedup"]),
        "reason": f"Prewarmed: {'too fast for workers: ' if serial else ''}{plan['reason']}",
        "warnings": ["Prewarmed: the figures are those of the profile, nothing was measured"],
    }


def validate_cache_entry(
    cache_entry: Any, ttl_seconds: float = DEFAULT_TTL_SECONDS
) -> tuple[bool, list[str]]:
    """Whether an entry is whole and usable, and what is wrong: by its key, or in a file of the old layout."""
    if isinstance(cache_entry, Path) or (isinstance(cache_entry, str) and cache_entry.endswith(".json")):
        return _validate_file(Path(cache_entry), ttl_seconds)
    space = cache.plans()
    look = space.look(space.key(str(cache_entry)), ttl_seconds)
    return look.entry is not None, [] if look.entry is not None else [str(look.reason)]


def _validate_file(path: Path, ttl_seconds: float) -> tuple[bool, list[str]]:
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return False, [f"Cache file does not exist: {path}"]
    except (OSError, UnicodeDecodeError) as error:
        return False, [f"Cannot read file: {error}"]
    try:
        data = json.loads(text)
    except (ValueError, RecursionError) as error:
        return False, [f"Invalid JSON: {error}"]
    if not isinstance(data, dict):
        return False, [f"Invalid record: an object is needed, not {type(data).__name__}"]
    issues = CacheEntry.issues_of(data)
    version = data.get("cache_version", 1)
    if version != CACHE_VERSION:
        issues.append(f"Cache format version mismatch (cached: v{version}, current: v{CACHE_VERSION})")
    if not issues:
        entry = CacheEntry.from_dict(data)
        if entry.is_expired(ttl_seconds):
            age = (_native.Store.now_ns() / 1e9 - entry.timestamp) / 86_400
            issues.append(f"Cache entry expired (age: {age:.1f} days, TTL: {ttl_seconds / 86_400:.1f} days)")
        fits, why = entry.is_system_compatible()
        if not fits:
            issues.append(f"Incompatible system: {why}")
    return not issues, issues


def validate_cache(
    ttl_seconds: float = DEFAULT_TTL_SECONDS, cache_type: str = "optimization"
) -> cache.CacheValidationResult:
    """Checks every entry of a cache and the structure of its store.

    The score is the share of valid entries in percent, less 5 (at most 20) for each damaged one; 90 is healthy.
    """
    space: Space[Any] = cache._space(cache_type)
    result = cache.CacheValidationResult()
    critical = 0
    try:
        looks = list(space.looks(ttl_seconds))
        problems = json.loads(calling(lambda: space.store().verify()))["problems"]
    except CacheError as error:
        return cache.CacheValidationResult(False, issues=[f"{space.location()}: {error}"], health_score=0.0)
    for name, id, look in looks:
        result.total_entries += 1
        if look.entry is not None:
            result.valid_entries += 1
            continue
        result.invalid_entries += 1
        critical += look.reason.word in ("corrupt", "unavailable")
        result.issues.append(f"{_shown(name, look.raw) or id}: {look.reason}")
    for problem in problems:
        if problem.get("id") is None:
            critical += 1
            result.issues.append(f"{space.location()}: {problem['what']}")
    if result.total_entries:
        share = 100.0 * result.valid_entries / result.total_entries
        result.health_score = max(0.0, share - min(20.0, 5.0 * critical))
    elif critical:
        result.health_score = max(0.0, 100.0 - 5.0 * critical)
    result.is_valid = result.health_score >= 90.0
    return result


def _shown(name: str, raw: dict[str, Any] | None) -> str:
    if isinstance(raw, dict) and isinstance(raw.get("cache_key"), str):
        return str(raw["cache_key"])
    return name


def repair_cache(dry_run: bool = True, cache_type: str = "optimization") -> dict[str, int]:
    """Removes entries that are damaged; what is merely old or of another machine stays."""
    space: Space[Any] = cache._space(cache_type)
    counts = {"examined": 0, "deleted": 0, "kept": 0}
    store = space.store()
    damaged = []
    for _, id, look in list(space.looks(float("inf"))):
        counts["examined"] += 1
        if look.entry is None and look.reason.word == "corrupt":
            damaged.append(id)
        else:
            counts["kept"] += 1
    counts["deleted"] = len(damaged)
    if not dry_run and damaged:
        calling(store.repair)
        for id in damaged:
            # Whole for the store, and still no record of this cache.
            calling(lambda id=id: store.remove_id(id))
    return counts
