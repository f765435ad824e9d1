"""The commands of `python -m amorsize`: parse, call, print.

Commands for Python functions are here; every other command is handed to the program `amorsize` that comes with the
package.
"""

from __future__ import annotations

import argparse
import importlib
import json
import os
import sys
import sysconfig
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from . import __version__
from .errors import InvalidInput

_OURS = ("optimize", "execute", "validate", "compare", "tune", "history")


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs a command; its exit code."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    if words and not words[0].startswith("-") and words[0] not in _OURS:
        program = find_program()
        if program is not None:
            return _hand_over(program, words)
    parser = _parser()
    parsed = parser.parse_args(words)
    if parsed.command is None:
        parser.print_help()
        return 1
    # `python -m` puts the current folder on the path; the functions of a project are found from its top.
    if os.getcwd() not in sys.path:
        sys.path.insert(0, os.getcwd())
    try:
        return int(parsed.run(parsed))
    except KeyboardInterrupt:
        print("Interrupted", file=sys.stderr)
        return 130
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except Exception as error:  # noqa: BLE001 - a command ends with a message and not with a traceback
        print(f"Error: {error}", file=sys.stderr)
        hint = getattr(error, "hint", None)
        if hint:
            print(f"Hint: {hint}", file=sys.stderr)
        return 1


def find_program() -> str | None:
    """The program `amorsize` that was installed with this package."""
    name = "amorsize.exe" if os.name == "nt" else "amorsize"
    for scheme in {sysconfig.get_default_scheme(), sysconfig.get_preferred_scheme("user")}:
        candidate = Path(sysconfig.get_path("scripts", scheme)) / name
        if os.access(candidate, os.X_OK):
            return str(candidate)
    return None


def _hand_over(program: str, words: list[str]) -> int:
    if os.name == "posix":
        sys.stdout.flush()
        os.execv(program, [program, *words])
    import subprocess

    return subprocess.run([program, *words], check=False).returncode


def load_function(path: str) -> Callable[[Any], Any]:
    """The function that `module.function` or `module:function` names."""
    if ":" in path:
        module_name, _, name = path.partition(":")
    else:
        module_name, _, name = path.rpartition(".")
    if not module_name or not name:
        raise InvalidInput(f"Invalid function path: {path!r}", hint="name it as module.function or module:function")
    try:
        value: Any = importlib.import_module(module_name)
    except ImportError as error:
        raise InvalidInput(f"Cannot import module {module_name!r}: {error}") from error
    for part in name.split("."):
        if not hasattr(value, part):
            raise InvalidInput(f"Module {module_name!r} has no function {name!r}")
        value = getattr(value, part)
    if not callable(value):
        raise InvalidInput(f"{path!r} is not a callable")
    return value  # type: ignore[no-any-return]


def load_data(args: argparse.Namespace) -> Any:
    """The items that the options name: numbers, or the stripped lines of a file or of standard input."""
    if args.data_range is not None:
        return range(args.data_range)
    if args.data_file is not None:
        try:
            with open(args.data_file, encoding="utf-8") as lines:
                return [line.strip() for line in lines if line.strip()]
        except OSError as error:
            raise InvalidInput(f"Cannot read data file {args.data_file}: {error.strerror}") from error
    if not args.data_stdin:
        raise InvalidInput("No data source specified", hint="use --data-range, --data-file or --data-stdin")
    return [line.strip() for line in sys.stdin if line.strip()]


def _count(text: str) -> int:
    value = int(text)
    if value < 1:
        raise argparse.ArgumentTypeError(f"{text} is not a positive number")
    return value


def _size(text: str) -> int:
    value = int(text)
    if value < 0:
        raise argparse.ArgumentTypeError(f"{text} is negative")
    return value


def _data_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("function", metavar="FUNC", help="module.function or module:function")
    data = parser.add_mutually_exclusive_group(required=True)
    data.add_argument("--data-range", type=_size, metavar="N", help="the items 0 to N-1")
    data.add_argument("--data-file", metavar="FILE", help="one item a line, as text")
    data.add_argument("--data-stdin", action="store_true", help="one item a line, from standard input")


def _run_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--sample-size", type=int, default=5, metavar="N", help="items to look at (default 5)")
    parser.add_argument("--target-chunk-duration", type=float, default=0.2, metavar="S", help="seconds (default 0.2)")
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.add_argument("-v", "--verbose", action="store_true", help="say what is done")
    parser.add_argument("-p", "--profile", action="store_true", help="show the figures behind the decision")
    parser.add_argument("--no-spawn-benchmark", action="store_true", help="take the usual cost of a worker")
    parser.add_argument("--no-chunking-benchmark", action="store_true", help="take the usual cost of a chunk")
    parser.add_argument("--no-auto-adjust", action="store_true", help="do not use fewer workers for nested threads")


def _parser() -> argparse.ArgumentParser:
    from ._commands import compare, execute, history, optimize, tune, validate

    parser = argparse.ArgumentParser(
        prog="amorsize", description="Dynamic Parallelism Optimizer: does it pay to run a function over items in parallel, and how?"
    )
    parser.add_argument("--version", action="version", version=f"amorsize {__version__}")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND")

    one = commands.add_parser("optimize", help="look at a few items and recommend")
    _data_options(one)
    _run_options(one)
    one.add_argument("--no-cache", action="store_true", help="neither use nor keep a remembered recommendation")
    one.add_argument("--save-config", metavar="FILE", help="write the recommendation to a file")
    one.set_defaults(run=optimize)

    one = commands.add_parser("execute", help="decide and run all items")
    _data_options(one)
    _run_options(one)
    one.add_argument("--load-config", metavar="FILE", help="run with the numbers of a file")
    one.set_defaults(run=execute)

    one = commands.add_parser("validate", help="check this system")
    one.add_argument("--json", action="store_true", help="print JSON")
    one.add_argument("-v", "--verbose", action="store_true", help="say what is done")
    one.set_defaults(run=validate)

    one = commands.add_parser("compare", help="time several ways to run")
    _data_options(one)
    one.add_argument("--configs", nargs="+", default=[], metavar="CONFIG", help='"n,chunk[,executor]" or "name:n,chunk,executor"')
    one.add_argument("--include-optimizer", action="store_true", help="also what optimize recommends")
    one.add_argument("--no-baseline", action="store_true", help="leave the plain loop out")
    one.add_argument("--max-items", type=_count, metavar="N", help="only the first items")
    one.add_argument("--timeout", type=float, default=120.0, metavar="S", help="start nothing after this (default 120)")
    one.add_argument("--visualize", metavar="DIR", help="write pictures into a folder")
    one.add_argument("--save-result", metavar="NAME", help="keep the result in the history")
    one.add_argument("--json", action="store_true", help="print JSON")
    one.add_argument("-v", "--verbose", action="store_true", help="say what is done")
    one.set_defaults(run=compare)

    one = commands.add_parser("tune", help="find numbers by trying them")
    _data_options(one)
    one.add_argument("--quick", action="store_true", help="try only a few")
    one.add_argument("--n-jobs-range", nargs="+", type=_count, metavar="N", help="numbers of workers to try")
    one.add_argument("--chunksize-range", nargs="+", type=_count, metavar="N", help="chunks to try")
    one.add_argument("--no-optimizer-hint", action="store_true", help="do not try what optimize recommends")
    one.add_argument("--threads", action="store_true", help="use threads")
    one.add_argument("--timeout-per-config", type=float, metavar="S", help="drop what takes longer")
    one.add_argument("--save-result", metavar="NAME", help="keep the result in the history")
    one.add_argument("--save-config", metavar="FILE", help="write the best numbers to a file")
    one.add_argument("--json", action="store_true", help="print JSON")
    one.add_argument("-v", "--verbose", action="store_true", help="say what is done")
    one.set_defaults(run=tune)

    one = commands.add_parser("history", help="comparisons that were kept")
    kinds = one.add_subparsers(dest="history_command", metavar="ACTION", required=True)
    kind = kinds.add_parser("list", help="newest first")
    kind.add_argument("--filter", metavar="TEXT", help="only names with this text")
    kind.add_argument("--limit", type=_count, metavar="N", help="at most so many")
    kind.add_argument("--json", action="store_true", help="print JSON")
    kind = kinds.add_parser("show", help="one of them")
    kind.add_argument("id", metavar="ID")
    kind = kinds.add_parser("compare", help="two of them")
    kind.add_argument("id", metavar="ID")
    kind.add_argument("other", metavar="ID")
    kind = kinds.add_parser("delete", help="remove one")
    kind.add_argument("id", metavar="ID")
    kind = kinds.add_parser("clear", help="remove all")
    kind.add_argument("-y", "--yes", action="store_true", help="do not ask")
    one.set_defaults(run=history)
    return parser


def show_json(value: Any) -> None:
    """Prints a value as JSON; what JSON does not know is shown as Python would."""
    print(json.dumps(value, indent=2, default=repr))
