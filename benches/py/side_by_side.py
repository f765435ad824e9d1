"""Amorsize beside its peers on the same items in the same run: every contender with its defaults, and a grid.

Usage: python side_by_side.py [--rounds N] [--total SECONDS] [WORKLOAD ...]

An item burns CPU time by the thread's own clock, so that a busy machine does not change the work. A round runs every
contender once, in an order that turns; figures are medians over the rounds. Regret is the time over that of the best
point of the grid.
"""

from __future__ import annotations

import argparse
import math
import os
import random
import statistics
import sys
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

    return pqdm(data, func, n_jobs=CPUS, disable=True)


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
    points: dict[str, Callable[..., list[float]]] = {"serial": loop}
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


def measure(
    name: str, func: Callable[[float], float], data: list[float], rounds: int, peers: dict[str, Callable[..., list[float]]]
) -> dict[str, float]:
    points = grid(func is wait, data)
    contenders = {**peers, **{f"grid {label}": point for label, point in points.items()}}
    times: dict[str, list[float]] = {label: [] for label in contenders}
    labels = list(contenders)
    for turn in range(rounds):
        for label in labels[turn % len(labels) :] + labels[: turn % len(labels)]:
            times[label].append(seconds(contenders[label], func, data))
    medians = {label: statistics.median(taken) for label, taken in times.items()}
    best = min((value, label) for label, value in medians.items() if label.startswith("grid "))
    row = {label: value / best[0] for label, value in medians.items() if not label.startswith("grid ")}
    cells = "  ".join(f"{row.get(label, float('nan')):8.2f}" for label in CONTENDERS)
    serial = medians["grid serial"]
    print(f"{name:18} {len(data):6} {serial:8.3f} {best[0]:8.3f} {best[1][5:]:>10}  {cells}", flush=True)
    return row


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--total", type=float, default=1.0, help="seconds of work in a workload")
    parser.add_argument("names", nargs="*")
    args = parser.parse_args()
    chosen = {
        name: work
        for name, work in workloads(args.total).items()
        if not args.names or any(wanted in name for wanted in args.names)
    }
    print(f"{CPUS} CPUs, {args.rounds} rounds, medians; times over the best point of the grid (1.00 is that point)")
    heads = "  ".join(f"{label:>8.8}" for label in CONTENDERS)
    print(f"{'workload':18} {'items':>6} {'loop s':>8} {'best s':>8} {'grid best':>10}  {heads}")
    peers = available()
    rows = [measure(name, func, data, args.rounds, peers) for name, (func, data) in chosen.items()]
    for word, summary in (("median", statistics.median), ("worst", max)):
        cells = "  ".join(f"{summary([row[label] for row in rows if label in row] or [float('nan')]):8.2f}" for label in CONTENDERS)
        print(f"{word:18} {'':6} {'':8} {'':8} {'':>10}  {cells}")


if __name__ == "__main__":
    main()
