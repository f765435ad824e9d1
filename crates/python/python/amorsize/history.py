"""Comparisons that were made, kept as files, to be compared with each other."""

from __future__ import annotations

import hashlib
import json
import platform
import re
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from ._files import publish
from .comparison import ComparisonConfig, ComparisonResult
from .system_info import describe, get_available_memory, get_multiprocessing_start_method, get_physical_cores

_ID = re.compile(r"[0-9a-f]{12}")
REGRESSION_BELOW = -0.1


def get_history_dir() -> Path:
    """The folder of the history, `~/.amorsize/history`; it is made when it is not there."""
    folder = Path.home() / ".amorsize" / "history"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def get_system_fingerprint() -> dict[str, Any]:
    """The machine that a comparison was made on, for people to read."""
    return {
        "platform": platform.platform(),
        "system": platform.system(),
        "machine": platform.machine(),
        "python_version": platform.python_version(),
        "physical_cores": get_physical_cores(),
        "available_memory_gb": get_available_memory() / 1024**3,
        "multiprocessing_start_method": get_multiprocessing_start_method(),
    }


@dataclass
class HistoryEntry:
    """A comparison with its circumstances."""

    id: str
    name: str
    timestamp: str
    function_name: str
    data_size: int
    system_info: dict[str, Any]
    result: ComparisonResult
    metadata: dict[str, Any] = field(default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        """As plain values."""
        data = {name: getattr(self, name) for name in ("id", "name", "timestamp", "function_name", "data_size", "system_info", "metadata")}
        result = self.result
        data["result"] = {
            "configs": [asdict(config) for config in result.configs],
            "execution_times": list(result.execution_times),
            "speedups": list(result.speedups),
            "best_config_index": result.best_config_index,
            "recommendations": list(result.recommendations),
        }
        return data

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> HistoryEntry:
        """From plain values."""
        raw = data["result"]
        result = ComparisonResult(
            [ComparisonConfig(**config) for config in raw["configs"]],
            [float(seconds) for seconds in raw["execution_times"]],
            [float(speedup) for speedup in raw["speedups"]],
            int(raw["best_config_index"]),
            [str(one) for one in raw.get("recommendations", [])],
        )
        result.best_config  # noqa: B018 - an index past the end shows here and not later
        return cls(
            str(data["id"]),
            str(data["name"]),
            str(data["timestamp"]),
            str(data["function_name"]),
            int(data["data_size"]),
            dict(data.get("system_info") or {}),
            result,
            dict(data.get("metadata") or {}),
        )


def _path(entry_id: str) -> Path | None:
    # An id is twelve digits and nothing else: never a part of a path.
    return get_history_dir() / f"{entry_id}.json" if isinstance(entry_id, str) and _ID.fullmatch(entry_id) else None


def save_result(
    result: ComparisonResult,
    name: str,
    function_name: str = "unknown",
    data_size: int = 0,
    metadata: dict[str, Any] | None = None,
) -> str:
    """Keeps a comparison under a name; its id."""
    timestamp = datetime.now().isoformat()
    entry_id = hashlib.sha256(f"{name}_{timestamp}".encode()).hexdigest()[:12]
    entry = HistoryEntry(entry_id, name, timestamp, function_name, data_size, describe(), result, dict(metadata or {}))
    publish(get_history_dir() / f"{entry_id}.json", json.dumps(entry.to_dict(), indent=2))
    return entry_id


def load_result(entry_id: str) -> HistoryEntry | None:
    """The comparison with an id, or `None` when there is none that can be read."""
    path = _path(entry_id)
    if path is None:
        return None
    try:
        return HistoryEntry.from_dict(json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, KeyError, TypeError, IndexError):
        return None


def list_results(name_filter: str | None = None, limit: int | None = None) -> list[HistoryEntry]:
    """The comparisons, newest first; those whose name contains the filter, at most so many."""
    entries = [load_result(path.stem) for path in get_history_dir().glob("*.json")]
    found = [entry for entry in entries if entry is not None]
    if name_filter is not None:
        found = [entry for entry in found if name_filter.lower() in entry.name.lower()]
    found.sort(key=lambda entry: entry.timestamp, reverse=True)
    return found if limit is None else found[: max(0, limit)]


def delete_result(entry_id: str) -> bool:
    """Removes a comparison; whether it was there."""
    path = _path(entry_id)
    if path is None:
        return False
    try:
        path.unlink()
    except FileNotFoundError:
        return False
    return True


def clear_history() -> int:
    """Removes all comparisons; how many."""
    return sum(delete_result(path.stem) for path in list(get_history_dir().glob("*.json")))


def compare_entries(entry_id1: str, entry_id2: str) -> dict[str, Any] | None:
    """What changed from the first comparison to the second, or `None` when one of them is not there."""
    one, two = load_result(entry_id1), load_result(entry_id2)
    if one is None or two is None:
        return None
    before, after = one.result.best_time, two.result.best_time
    speedups = (one.result.best_speedup, two.result.best_speedup)
    delta = speedups[1] - speedups[0]

    def shown(entry: HistoryEntry) -> dict[str, Any]:
        return {
            "id": entry.id,
            "name": entry.name,
            "timestamp": entry.timestamp,
            "best_strategy": entry.result.best_config.name,
            "speedup": entry.result.best_speedup,
            "execution_time": entry.result.best_time,
            "system": entry.system_info,
        }

    same = all(
        one.system_info.get(name) == two.system_info.get(name)
        for name in ("physical_cores", "start_method", "platform", "python_version")
    )
    return {
        "entry1": shown(one),
        "entry2": shown(two),
        "comparison": {
            "speedup_delta": delta,
            "time_delta_seconds": after - before,
            "time_delta_percent": 100.0 * (after - before) / before if before > 0 else 0.0,
            "same_system": same,
            "is_regression": delta < REGRESSION_BELOW * max(speedups[0], 1e-9) or (before > 0 and after > 1.1 * before),
        },
    }
