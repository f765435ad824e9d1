"""Amorsize beside its peers on the same items in the same run: every contender with its defaults, and a grid.

Usage: python side_by_side.py [--rounds N] [--total SECONDS] [--no-gates] [WORKLOAD ...]

An item burns CPU time by the thread's own clock, so that a busy machine does not change the work. A round runs every
contender once, in an order that turns; figures are medians over the rounds. Regret is the time over that of the best
point of the grid; between two contenders it is the median of the ratios within a round. The last table holds what
is promised against what was measured. The defaults take about seven minutes on two CPUs.
"""

from __future__ import annotations

import argparse
import math
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import Pool

CPUS = len(os.sched_getaffinity(0))


def burn(milliseconds: float) -> float:
    end = time.thread_time_ns() + int(milliseconds * 1e6)
    while time.thread_time_ns() < end:
        pass
    return milliseconds


def wait(milliseconds: float) -> float:
    time.sleep(milliseconds / 1e3)
    return milliseconds


def items(kind: str, mean: float, total: float) -> list[float]:
    count = max(8, round(total * 1e3 / mean))
    chance = random.Random(7)
    if kind == "fixed":
        return [mean] * count
    if kind == "lognormal":
        return [mean * chance.lognormvariate(-0.5, 1.0) for _ in range(count)]
    if kind == "bimodal":
        return [mean * (4.2 if chance.random() < 0.2 else 0.2) for _ in range(count)]
    if kind == "heavy-end":
        return [mean * 0.5] * (count - count // 10) + [mean * 5.5] * (count // 10)
    raise ValueError(kind)


def workloads(total: float) -> dict[str, tuple[Callable[[float], float], list[float]]]:
    found: dict[str, tuple[Callable[[float], float], list[float]]] = {}
    for mean in (0.1, 1.0, 10.0, 100.0):
        for kind in ("fixed", "lognormal", "bimodal"):
            found[f"{mean:g} ms {kind}"] = (burn, items(kind, mean, total))
    found["1 ms heavy-end"] = (burn, items("heavy-end", 1.0, total))
    found["wait 10 ms"] = (wait, [10.0] * 400)
    found["tiny"] = (burn, [0.001] * 500)
    return found


def loop(func: Callable[[float], float], data: list[float]) -> list[float]:
    return [func(item) for item in data]


def pool_map(func: Callable[[float], float], data: list[float]) -> list[float]:
    with Pool() as pool:
        return pool.map(func, data)


def executor_map(func: Callable[[float], float], data: list[float]) -> list[float]:
    with ProcessPoolExecutor() as pool:
        return list(pool.map(func, data))


def joblib_default(func: Callable[[float], float], data: list[float]) -> list[float]:
    import joblib

    return joblib.Parallel(n_jobs=-1)(joblib.delayed(func)(item) for item in data)


def mpire_map(func: Callable[[float], float], data: list[float]) -> list[float]:
    from mpire import WorkerPool

    with WorkerPool() as pool:
        return pool.map(func, data)


def pqdm_processes(func: Callable[[float], float], data: list[float]) -> list[float]:
    from pqdm.processes import pqdm

    return pqdm(data, func, n_jobs=CPUS, disable=True, exception_behaviour="immediate")


def amorsize_execute(func: Callable[[float], float], data: list[float]) -> list[float]:
    from amorsize import execute

    return execute(func, data)


CONTENDERS = {
    "amorsize": amorsize_execute,
    "Pool.map": pool_map,
    "Executor.map": executor_map,
    "joblib": joblib_default,
    "mpire": mpire_map,
    "pqdm": pqdm_processes,
}


def available() -> dict[str, Callable[..., list[float]]]:
    found = {}
    for name, contender in CONTENDERS.items():
        try:
            contender(wait, [0.0] * 4)
        except ImportError as error:
            print(f"not measured: {name} ({error})", file=sys.stderr)
            continue
        found[name] = contender
    return found


def seconds(contender: Callable[..., list[float]], func: Callable[[float], float], data: list[float]) -> float:
    start = time.perf_counter()
    results = contender(func, data)
    taken = time.perf_counter() - start
    assert results == data, "every contender gives every result in order"
    return taken


def grid(waits: bool, data: list[float]) -> dict[str, Callable[..., list[float]]]:
    # Serial waiting is many times the best, and only costs time here.
    points: dict[str, Callable[..., list[float]]] = {} if waits else {"serial": loop}
    for workers in (64, 200) if waits else (CPUS, 2 * CPUS):
        for share in (1, 4, 16, 64):
            chunk = max(1, math.ceil(len(data) / (workers * share)))

            def point(func, some, workers=workers, chunk=chunk):
                if waits:
                    from multiprocessing.pool import ThreadPool

                    with ThreadPool(workers) as pool:
                        return pool.map(func, some, chunk)
                with Pool(workers) as pool:
                    return pool.map(func, some, chunk)

            points[f"{workers} x {chunk}"] = point
    return points


class Row:
    """What one workload took: medians, and ratios within the rounds."""

    def __init__(self, times: dict[str, list[float]]) -> None:
        self.times = times
        self.medians = {label: statistics.median(taken) for label, taken in times.items()}
        self.best_s, self.best = min((s, label) for label, s in self.medians.items() if label.startswith("grid "))

    def regret(self, label: str) -> float:
        return self.medians[label] / self.best_s

    def over(self, label: str, other: str) -> float:
        """The time of one over that of another, paired."""
        return statistics.median(a / b for a, b in zip(self.times[label], self.times[other], strict=True))


def measure(
    name: str, func: Callable[[float], float], data: list[float], rounds: int, peers: dict[str, Callable[..., list[float]]]
) -> Row:
    points = grid(func is wait, data)
    contenders = {**peers, **{f"grid {label}": point for label, point in points.items()}}
    times: dict[str, list[float]] = {label: [] for label in contenders}
    labels = list(contenders)
    for turn in range(rounds):
        # Steps that share no factor with the number of contenders, so that nobody always follows the same one.
        at = turn * 7 % len(labels)
        for label in labels[at:] + labels[:at]:
            times[label].append(seconds(contenders[label], func, data))
    row = Row(times)
    cells = "  ".join(f"{row.regret(label) if label in times else float('nan'):8.2f}" for label in CONTENDERS)
    serial = row.medians.get("grid serial", math.nan)
    print(f"{name:18} {len(data):6} {serial:8.3f} {row.best_s:8.3f} {row.best[5:]:>10}  {cells}", flush=True)
    return row


def tiny_over_loop() -> float:
    """One millisecond of work, 201 pairs back to back: after a pool of somebody else, both would measure cold caches."""
    func, data = workloads(1.0)["tiny"]
    ratios = []
    for turn in range(201):
        pair = [("ours", amorsize_execute), ("loop", loop)][:: 1 if turn % 2 else -1]
        taken = {label: seconds(contender, func, data) for label, contender in pair}
        ratios.append(taken["ours"] / taken["loop"])
    return statistics.median(ratios)


def import_ms() -> float:
    """What `import amorsize` adds to the start of a program: paired, the median of eleven."""
    program = "import time; a = time.perf_counter(); import amorsize; print((time.perf_counter() - a) * 1e3)"
    return statistics.median(
        float(subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout)
        for _ in range(11)
    )


def cached_optimize_us() -> float:
    """A remembered `optimize`: the median of 500 calls."""
    import amorsize

    with tempfile.TemporaryDirectory() as folder:
        before, os.environ["XDG_CACHE_HOME"] = os.environ.get("XDG_CACHE_HOME"), folder
        data = range(10_000)
        amorsize.optimize(burn_little, data)
        taken = []
        for _ in range(500):
            start = time.perf_counter()
            result = amorsize.optimize(burn_little, data)
            taken.append(time.perf_counter() - start)
            assert result.cache_hit
        if before is None:
            del os.environ["XDG_CACHE_HOME"]
        else:
            os.environ["XDG_CACHE_HOME"] = before
    return statistics.median(taken) * 1e6


def burn_little(number: int) -> float:
    return burn(0.05 + number * 0)


def gates(rows: dict[str, Row], peers: list[str]) -> None:
    """What is promised, and what was measured in this run."""
    computing = {name: row for name, row in rows.items() if name not in ("wait 10 ms", "tiny")}
    lines: list[tuple[str, float, float, bool]] = []
    if computing:
        regrets = [row.regret("amorsize") for row in computing.values()]
        lines.append(("regret, median", statistics.median(regrets), 1.03, True))
        lines.append(("regret, worst", max(regrets), 1.10, True))
    if "wait 10 ms" in rows:
        lines.append(("regret where items wait, first run", rows["wait 10 ms"].regret("amorsize"), 1.8, True))
    if "tiny" in rows:
        lines.append(("tiny work over the plain loop, alone", tiny_over_loop(), 1.05, True))
    for peer in peers:
        ratios = [row.over("amorsize", peer) for row in rows.values()]
        lines.append((f"time over that of {peer}, worst", max(ratios), 1.05, True))
    if "joblib" in peers:
        quicker = statistics.median(row.over("joblib", "amorsize") for row in rows.values())
        lines.append(("joblib's time over ours, median", quicker, 1.4, False))
    lines.append(("import amorsize, ms", import_ms(), 20.0, True))
    lines.append(("optimize, remembered, us", cached_optimize_us(), 100.0, True))
    print(f"\n{'promise':42} {'measured':>9}  gate")
    for what, measured, gate, below in lines:
        held = measured <= gate if below else measured >= gate
        print(f"{what:42} {measured:9.2f}  {'<=' if below else '>='} {gate:<6g} {'' if held else 'NOT HELD'}".rstrip())


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--total", type=float, default=0.7, help="seconds of work in a workload")
    parser.add_argument("--no-gates", action="store_true", help="only the times")
    parser.add_argument("names", nargs="*")
    args = parser.parse_args()
    chosen = {
        name: work
        for name, work in workloads(args.total).items()
        if not args.names or any(wanted in name for wanted in args.names)
    }
    began = time.perf_counter()
    print(f"{CPUS} CPUs, {args.rounds} rounds, medians; times over the best point of the grid (1.00 is that point)")
    heads = "  ".join(f"{label:>8.8}" for label in CONTENDERS)
    print(f"{'workload':18} {'items':>6} {'loop s':>8} {'best s':>8} {'grid best':>10}  {heads}")
    peers = available()
    if "amorsize" not in peers:
        sys.exit("amorsize is not installed for this Python; `cargo xtask bench py` installs it")
    rows = {name: measure(name, func, data, args.rounds, peers) for name, (func, data) in chosen.items()}
    for word, summary in (("median", statistics.median), ("worst", max)):
        cells = "  ".join(
            f"{summary(row.regret(label) for row in rows.values()) if label in peers else float('nan'):8.2f}"
            for label in CONTENDERS
        )
        print(f"{word:18} {'':6} {'':8} {'':8} {'':>10}  {cells}")
    if not args.no_gates:
        gates(rows, [label for label in peers if label != "amorsize"])
    print(f"\n{time.perf_counter() - began:.0f} s in all")


if __name__ == "__main__":
    main()
