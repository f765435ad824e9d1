"""Checks that this system can do what the recommendations assume."""

from __future__ import annotations

import pickle
import time
from dataclasses import dataclass, field
from typing import Any

from . import system_info
from .result import format_bytes, format_time, table


@dataclass
class ValidationResult:
    """What the checks have shown."""

    checks_passed: int = 0
    checks_failed: int = 0
    warnings: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    details: dict[str, Any] = field(default_factory=dict)
    overall_health: str = "unknown"

    def add_check(self, name: str, passed: bool, details: Any = None) -> None:
        """Counts a check."""
        if passed:
            self.checks_passed += 1
        else:
            self.checks_failed += 1
        self.details[name] = details

    def compute_health(self) -> None:
        """Sets the word for the share of checks that passed."""
        total = self.checks_passed + self.checks_failed
        percent = 100.0 * self.checks_passed / total if total else 0.0
        if total == 0:
            self.overall_health = "unknown"
        elif percent >= 95:
            self.overall_health = "excellent"
        elif percent >= 80:
            self.overall_health = "good"
        elif percent >= 60:
            self.overall_health = "poor"
        else:
            self.overall_health = "critical"

    def __str__(self) -> str:
        total = self.checks_passed + self.checks_failed
        lines = [
            "=== Amorsize System Validation ===",
            f"Overall health: {self.overall_health.upper()}",
            f"Checks passed: {self.checks_passed}/{total}",
        ]
        for name, details in self.details.items():
            lines.append(f"  {name}: {details}")
        for title, points in (("Warnings", self.warnings), ("Errors", self.errors)):
            if points:
                lines += [f"{title}:", *(f"  - {point}" for point in points)]
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        rows = [("Health", self.overall_health)]
        for name, details in self.details.items():
            shown = [f"{what.replace('_', ' ')} {value}" for what, value in details.items()] if isinstance(details, dict) else [str(details)]
            rows.append((name.replace("_", " ").capitalize(), ", ".join(shown)))
        rows += [("Warning", warning) for warning in self.warnings]
        rows += [("Error", error) for error in self.errors]
        return table(rows)


def _square(number: int) -> int:
    return number * number


def _check_workers(result: ValidationResult) -> dict[str, Any]:
    from .pool import Pool

    with Pool(2) as pool:
        found = pool.map(_square, range(20))
    if found != [number * number for number in range(20)]:
        raise AssertionError("workers gave wrong results")
    return {"start_method": system_info.get_multiprocessing_start_method()}


def _check_resources(result: ValidationResult) -> dict[str, Any]:
    machine = system_info.read_machine()
    memory = system_info.get_available_memory()
    if memory < 256 << 20:
        result.warnings.append(f"Only {format_bytes(memory)} of memory are available")
    if machine["cpus_usable"] < 2:
        result.warnings.append(f"Computing work cannot gain here: {machine['cpu_limited_by']}")
    return {
        "physical_cores": system_info.get_physical_cores(),
        "usable_cpus": machine["cpus_usable"],
        "limited_by": machine["cpu_limited_by"],
        "available_memory": format_bytes(memory),
    }


def _check_spawn(result: ValidationResult) -> dict[str, Any]:
    cost = system_info.get_spawn_cost()
    if not 0 < cost < 10:
        raise AssertionError(f"a worker costs {cost} s")
    if cost > 1:
        result.warnings.append(f"Starting a worker is slow: {format_time(cost)}")
    return {"worker": format_time(cost)}


def _check_chunk(result: ValidationResult) -> dict[str, Any]:
    cost = system_info.get_chunking_overhead()
    if not 0 < cost < 1:
        raise AssertionError(f"a chunk costs {cost} s")
    return {"chunk": format_time(cost)}


def _check_pickle(result: ValidationResult) -> dict[str, Any]:
    value = {"numbers": list(range(1_000)), "text": "x" * 10_000}
    start = time.perf_counter()
    if pickle.loads(pickle.dumps(value)) != value:
        raise AssertionError("a pickled value came back different")
    return {"time": format_time(time.perf_counter() - start)}


_CHECKS = {
    "multiprocessing_basic": _check_workers,
    "system_resources": _check_resources,
    "spawn_cost_measurement": _check_spawn,
    "chunking_overhead_measurement": _check_chunk,
    "pickle_overhead_measurement": _check_pickle,
}


def validate_system(verbose: bool = False) -> ValidationResult:
    """Runs the five checks: workers, resources, their costs, and pickling."""
    result = ValidationResult()
    for name, check in _CHECKS.items():
        try:
            details: Any = check(result)
            passed = True
        except Exception as error:  # noqa: BLE001 - whatever is wrong with the system is the result
            details, passed = f"{type(error).__name__}: {error}", False
            result.errors.append(f"{name}: {details}")
        result.add_check(name, passed, details)
        if verbose:
            print(f"{'✓' if passed else '✗'} {name}: {details}")
    result.compute_health()
    return result
