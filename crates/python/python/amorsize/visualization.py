"""Pictures of comparisons, with matplotlib where it is installed."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from .comparison import ComparisonResult


def check_matplotlib() -> bool:
    """Whether pictures can be made here."""
    from importlib.util import find_spec

    return find_spec("matplotlib") is not None


def _figure(size: tuple[float, float]) -> tuple[Any, Any]:
    if not check_matplotlib():
        raise ImportError("matplotlib is required for pictures: pip install matplotlib")
    from matplotlib.backends.backend_agg import FigureCanvasAgg  # type: ignore[import-not-found, unused-ignore]
    from matplotlib.figure import Figure  # type: ignore[import-not-found, unused-ignore]

    # A figure of its own: nobody's global state and no display is touched.
    figure = Figure(figsize=size)
    FigureCanvasAgg(figure)
    return figure, figure.add_subplot()


def _save(figure: Any, path: Any, usual: str) -> str:
    target = Path(path) if path is not None else Path(usual)
    target.parent.mkdir(parents=True, exist_ok=True)
    figure.tight_layout()
    figure.savefig(target, dpi=150)
    return str(target)


def _bars(names: list[str], values: list[float], best: int, title: str, label: str, size: tuple[float, float]) -> Any:
    figure, axes = _figure(size)
    colours = ["tab:green" if at == best else "tab:blue" for at in range(len(values))]
    bars = axes.bar(range(len(values)), values, color=colours)
    axes.set_xticks(range(len(names)), names, rotation=30, ha="right")
    axes.set_ylabel(label)
    axes.set_title(title)
    axes.bar_label(bars, fmt="%.3g")
    return figure


def plot_comparison_times(
    result: ComparisonResult,
    output_path: Any = None,
    title: str = "Execution Time Comparison",
    figsize: tuple[float, float] = (10, 6),
) -> str:
    """The time of each way as bars; the path of the picture."""
    names = [config.name for config in result.configs]
    figure = _bars(names, result.execution_times, result.best_config_index, title, "seconds", figsize)
    return _save(figure, output_path, "comparison_times.png")


def plot_speedup_comparison(
    result: ComparisonResult,
    output_path: Any = None,
    title: str = "Speedup Comparison",
    baseline_name: str | None = None,
    figsize: tuple[float, float] = (10, 6),
) -> str:
    """The speedup of each way as bars; the path of the picture."""
    names = [config.name for config in result.configs]
    label = f"speedup against {baseline_name or names[0]}"
    figure = _bars(names, result.speedups, result.best_config_index, title, label, figsize)
    figure.axes[0].axhline(1.0, linestyle="--", linewidth=1, color="grey")
    return _save(figure, output_path, "speedup_comparison.png")


def plot_overhead_breakdown(
    compute_time: float,
    spawn_overhead: float,
    ipc_overhead: float,
    chunking_overhead: float,
    output_path: Any = None,
    title: str = "Execution Time Breakdown",
    figsize: tuple[float, float] = (10, 6),
) -> str:
    """What the time goes into, as bars; the path of the picture."""
    names = ["compute", "start", "transfer", "chunks"]
    figure = _bars(names, [compute_time, spawn_overhead, ipc_overhead, chunking_overhead], 0, title, "seconds", figsize)
    return _save(figure, output_path, "overhead_breakdown.png")


def plot_scaling_curve(
    n_jobs_values: list[int],
    execution_times: list[float],
    output_path: Any = None,
    title: str = "Parallel Scaling",
    theoretical_speedups: list[float] | None = None,
    figsize: tuple[float, float] = (10, 6),
) -> str:
    """Speedup over the number of workers, beside the ideal; the path of the picture."""
    if len(n_jobs_values) != len(execution_times) or not n_jobs_values:
        raise ValueError("n_jobs_values and execution_times must have the same length, at least 1")
    figure, axes = _figure(figsize)
    base = execution_times[0] * n_jobs_values[0]
    axes.plot(n_jobs_values, [base / seconds if seconds > 0 else 0 for seconds in execution_times], "o-", label="measured")
    axes.plot(n_jobs_values, n_jobs_values, "--", color="grey", label="ideal")
    if theoretical_speedups is not None:
        axes.plot(n_jobs_values, theoretical_speedups, "s:", label="predicted")
    axes.set_xlabel("workers")
    axes.set_ylabel("speedup")
    axes.set_title(title)
    axes.legend()
    return _save(figure, output_path, "scaling_curve.png")


def visualize_comparison_result(
    result: ComparisonResult, output_dir: Any = None, plots: list[str] | None = None
) -> dict[str, str]:
    """All pictures of a comparison; their paths by kind (`times`, `speedups`)."""
    makers: dict[str, Callable[[ComparisonResult, Any], str]] = {"times": plot_comparison_times, "speedups": plot_speedup_comparison}
    wanted = list(makers) if plots is None or "all" in plots else plots
    folder = Path(output_dir) if output_dir is not None else Path(".")
    unknown = sorted(set(wanted) - set(makers))
    if unknown:
        raise ValueError(f"no picture is called {unknown[0]!r}; there are {', '.join(makers)}")
    return {name: makers[name](result, folder / f"comparison_{name}.png") for name in wanted}
