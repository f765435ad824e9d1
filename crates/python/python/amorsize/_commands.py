"""What each command of `python -m amorsize` does."""

from __future__ import annotations

import argparse
import contextlib
import sys
from collections.abc import Iterator
from typing import Any

from ._cli import load_data, load_function, show_json
from .errors import AmorsizeError

# So many results are shown where not all of them are asked for.
_SHOWN = 10


def _options(args: argparse.Namespace) -> dict[str, Any]:
    return {
        "sample_size": args.sample_size,
        "target_chunk_duration": args.target_chunk_duration,
        "verbose": args.verbose and not args.json,
        "use_spawn_benchmark": not args.no_spawn_benchmark,
        "use_chunking_benchmark": not args.no_chunking_benchmark,
        "profile": args.profile,
        "auto_adjust_for_nested_parallelism": not args.no_auto_adjust,
    }


@contextlib.contextmanager
def _quiet_items(json: bool) -> Iterator[None]:
    """While JSON is asked for, what the user's function prints goes to standard error."""
    if json:
        with contextlib.redirect_stdout(sys.stderr):
            yield
    else:
        yield


def _shown(result: Any) -> dict[str, Any]:
    data = {
        "n_jobs": result.n_jobs,
        "chunksize": result.chunksize,
        "executor_type": result.executor_type,
        "estimated_speedup": result.estimated_speedup,
        "reason": result.reason,
        "warnings": result.warnings,
        "cache_hit": result.cache_hit,
    }
    if result.profile is not None:
        data["profile"] = vars(result.profile)
    return data


def optimize(args: argparse.Namespace) -> int:
    from .optimizer import optimize as run

    func, data = load_function(args.function), load_data(args)
    with _quiet_items(args.json):
        result = run(func, data, **_options(args), use_cache=not args.no_cache)
    if args.json:
        show_json({"mode": "optimize", **_shown(result)})
    else:
        print(f"OPTIMIZATION ANALYSIS\n{result}")
        if args.profile:
            print(result.explain())
    if args.save_config:
        result.save_config(args.save_config, function_name=args.function, overwrite=True)
        if not args.json:
            print(f"Configuration saved to {args.save_config}")
    return 0


def execute(args: argparse.Namespace) -> int:
    func, data = load_function(args.function), load_data(args)
    with _quiet_items(args.json):
        if args.load_config:
            from ._run import run_config
            from .config import load_config

            config = load_config(args.load_config)
            _, results = run_config(func, list(data), config.n_jobs, config.chunksize, config.executor_type)
            shown: dict[str, Any] = {
                "n_jobs": config.n_jobs,
                "chunksize": config.chunksize,
                "executor_type": config.executor_type,
                "reason": f"the numbers of {args.load_config}",
            }
        else:
            from .executor import execute as run

            results, result = run(func, data, **_options(args), return_optimization_result=True)
            shown = _shown(result)
    if args.json:
        show_json(
            {
                "mode": "execute",
                **shown,
                "optimization": shown,
                "results_count": len(results),
                "sample_results": results[:_SHOWN],
                "results": results,
            }
        )
        return 0
    print(f"Processed {len(results)} items (n_jobs={shown['n_jobs']}, chunksize={shown['chunksize']}): {shown['reason']}")
    head = results[:_SHOWN]
    for value in head:
        print(value)
    if len(results) > len(head):
        print(f"... and {len(results) - len(head)} more")
    return 0


def validate(args: argparse.Namespace) -> int:
    from .validation import validate_system

    result = validate_system(verbose=args.verbose and not args.json)
    if args.json:
        show_json(vars(result))
    else:
        print(result)
    return 1 if result.overall_health in ("poor", "critical") else 0


def _parse_config(text: str, number: int) -> Any:
    from .comparison import ComparisonConfig

    name, colon, numbers = text.rpartition(":")
    parts = [part.strip() for part in numbers.split(",")]
    try:
        if len(parts) not in (2, 3):
            raise ValueError("two or three parts are needed")
        n_jobs, chunksize = int(parts[0]), int(parts[1])
        executor = parts[2] if len(parts) == 3 else "process"
        return ComparisonConfig(name if colon else f"Config {number}", n_jobs, chunksize, executor)
    except ValueError as error:
        raise AmorsizeError(f"not a configuration: {text!r} ({error})", hint='write "n,chunk" or "name:n,chunk,executor"') from error


def compare(args: argparse.Namespace) -> int:
    from .comparison import ComparisonConfig, compare_strategies
    from .optimizer import optimize as decide

    func, data = load_function(args.function), list(load_data(args))
    if args.max_items is not None:
        data = data[: args.max_items]
    configs = [] if args.no_baseline else [ComparisonConfig("Serial", executor_type="serial")]
    with _quiet_items(args.json):
        if args.include_optimizer:
            best = decide(func, data, use_cache=False)
            executor = best.executor_type if best.n_jobs > 1 else "serial"
            configs.append(ComparisonConfig("Optimizer", best.n_jobs, best.chunksize, executor))
        configs += [_parse_config(text, number) for number, text in enumerate(args.configs, 1)]
        if not configs:
            raise AmorsizeError("there is nothing to compare", hint="name --configs, or --include-optimizer")
        result = compare_strategies(func, data, configs, timeout=args.timeout, verbose=args.verbose and not args.json)
    if args.json:
        best_name = result.best_config.name
        rows = [
            {"name": c.name, "n_jobs": c.n_jobs, "chunksize": c.chunksize, "executor_type": c.executor_type, "time": t, "speedup": s}
            for c, t, s in zip(result.configs, result.execution_times, result.speedups, strict=True)
        ]
        show_json({"mode": "compare", "configs": rows, "best": best_name, "recommendations": result.recommendations})
    else:
        print(result)
    if args.visualize:
        from .visualization import visualize_comparison_result

        for path in visualize_comparison_result(result, args.visualize).values():
            print(f"Picture: {path}", file=sys.stderr if args.json else sys.stdout)
    if args.save_result:
        _keep(result, args, len(data))
    return 0


def _keep(result: Any, args: argparse.Namespace, size: int) -> None:
    from .history import save_result

    kept = save_result(result, args.save_result, args.function, size)
    print(f"Result saved as {kept}", file=sys.stderr if args.json else sys.stdout)


def tune(args: argparse.Namespace) -> int:
    from .comparison import ComparisonConfig, ComparisonResult
    from .tuning import quick_tune, tune_parameters

    func, data = load_function(args.function), list(load_data(args))
    verbose = args.verbose and not args.json
    with _quiet_items(args.json):
        if args.quick:
            result = quick_tune(func, data, verbose, args.threads)
        else:
            result = tune_parameters(
                func,
                data,
                args.n_jobs_range,
                args.chunksize_range,
                not args.no_optimizer_hint,
                verbose,
                args.timeout_per_config,
                args.threads,
            )
    if args.json:
        rows = [
            {"n_jobs": jobs, "chunksize": chunk, "time": seconds, "speedup": speedup}
            for jobs, chunk, seconds, speedup in result.get_top_configurations(len(result.all_results))
        ]
        show_json(
            {
                "mode": "tune",
                "best_n_jobs": result.best_n_jobs,
                "best_chunksize": result.best_chunksize,
                "best_time": result.best_time,
                "best_speedup": result.best_speedup,
                "serial_time": result.serial_time,
                "executor_type": result.executor_type,
                "results": rows,
            }
        )
    else:
        print(result)
    if args.save_config:
        result.save_config(args.save_config, function_name=args.function, overwrite=True)
    if args.save_result:
        top = result.get_top_configurations(len(result.all_results))
        configs = [ComparisonConfig("Serial", executor_type="serial")]
        configs += [ComparisonConfig(f"{jobs} x {chunk}", jobs, chunk, result.executor_type) for jobs, chunk, _, _ in top]
        times = [result.serial_time, *(seconds for _, _, seconds, _ in top)]
        speedups = [1.0, *(speedup for _, _, _, speedup in top)]
        best = min(range(len(times)), key=times.__getitem__)
        _keep(ComparisonResult(configs, times, speedups, best), args, len(data))
    return 0


def history(args: argparse.Namespace) -> int:
    from . import history as kept

    action = args.history_command
    if action == "list":
        entries = kept.list_results(args.filter, args.limit)
        if args.json:
            show_json([entry.to_dict() for entry in entries])
            return 0
        if not entries:
            print("No results are kept")
        for entry in entries:
            best = entry.result.best_config
            print(f"{entry.id}  {entry.timestamp[:19]}  {entry.name}  best: {best.name} {entry.result.best_speedup:.2f}x")
        return 0
    if action == "show":
        shown = kept.load_result(args.id)
        if shown is None:
            raise AmorsizeError(f"no result has the id {args.id!r}", hint="`history list` shows them")
        print(f"{shown.name} ({shown.id}), {shown.timestamp}\n{shown.function_name}, {shown.data_size} items\n{shown.result}")
        return 0
    if action == "compare":
        found = kept.compare_entries(args.id, args.other)
        if found is None:
            raise AmorsizeError("one of the two results is not there", hint="`history list` shows them")
        show_json(found)
        return 0
    if action == "delete":
        if not kept.delete_result(args.id):
            raise AmorsizeError(f"no result has the id {args.id!r}", hint="`history list` shows them")
        print(f"Deleted {args.id}")
        return 0
    if not args.yes:
        print("Remove all results? [y/N] ", end="", flush=True)
        if sys.stdin.readline().strip().lower() not in ("y", "yes"):
            print("Nothing was removed")
            return 0
    print(f"Removed {kept.clear_history()} results")
    return 0
