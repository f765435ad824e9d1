"""`python -m amorsize`: commands, output and exit codes."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

HERE = str(Path(__file__).parent)


def run(*words, code=0, text=None):
    done = subprocess.run(
        [sys.executable, "-m", "amorsize", *words],
        capture_output=True,
        text=True,
        input=text,
        cwd=HERE,
        check=False,
        env={**os.environ, "PYTHONPATH": ""},
    )
    assert done.returncode == code, done.stdout + done.stderr
    return done


def test_optimize_recommends():
    out = run("optimize", "work.double", "--data-range", "100").stdout
    assert "Recommended: n_jobs=1" in out
    shown = json.loads(run("optimize", "work:slow", "--data-range", "2000", "--json", "-p", "--no-cache").stdout)
    assert shown["mode"] == "optimize"
    assert shown["n_jobs"] >= 1
    assert shown["profile"]["total_items"] == 2_000


def test_execute_runs_files_and_standard_input(tmp_path):
    (tmp_path / "items").write_text(" a \n\nb\n")
    shown = json.loads(run("execute", "builtins.len", "--data-file", str(tmp_path / "items"), "--json").stdout)
    assert (shown["results"], shown["results_count"]) == ([1, 1], 2)
    shown = json.loads(run("execute", "builtins.len", "--data-stdin", "--json", text="abc\nde\n").stdout)
    assert shown["results"] == [3, 2]
    assert "Processed 3 items" in run("execute", "work.double", "--data-range", "3").stdout


def test_a_recommendation_can_be_saved_and_used(tmp_path):
    path = str(tmp_path / "config.json")
    run("optimize", "work.slow", "--data-range", "2000", "--save-config", path)
    assert json.loads(Path(path).read_text())["function_name"] == "work.slow"
    shown = json.loads(run("execute", "work.slow", "--data-range", "20", "--load-config", path, "--json").stdout)
    assert shown["results_count"] == 20


@pytest.mark.parametrize(
    "words",
    [
        ("optimize", "nothing.here", "--data-range", "5"),
        ("optimize", "work.nothing", "--data-range", "5"),
        ("optimize", "work", "--data-range", "5"),
        ("execute", "work.double", "--data-file", "/nothing/here"),
        ("execute", "work.raises_at_37", "--data-range", "50"),
        ("optimize", "work.double", "--data-range", "5", "--sample-size", "0"),
        ("compare", "work.double", "--data-range", "5", "--configs", "x"),
        ("compare", "work.double", "--data-range", "5", "--no-baseline"),
        ("history", "show", "nothing"),
        ("history", "delete", "../../etc/passwd"),
        (),
    ],
)
def test_what_fails_ends_with_1_and_one_clear_line(words):
    done = run(*words, code=1)
    if words:
        assert done.stderr.startswith("Error: ")
        assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    "words",
    [
        ("optimize",),
        ("optimize", "work.double"),
        ("optimize", "work.double", "--data-range", "x"),
        ("optimize", "work.double", "--data-range", "5", "--data-stdin"),
        ("history",),
    ],
)
def test_usage_errors_end_with_2(words):
    run(*words, code=2)


def test_the_version_and_the_checks_of_the_system():
    assert run("--version").stdout.strip() == "amorsize 0.1.0"
    shown = json.loads(run("validate", "--json").stdout)
    assert shown["checks_passed"] + shown["checks_failed"] == 5
    assert shown["overall_health"] in ("excellent", "good")


def test_compare_tune_and_history():
    out = run(
        "compare", "work.slow", "--data-range", "60", "--configs", "2,5", "pair:2,10,thread", "--include-optimizer",
        "--save-result", "first",
    ).stdout  # fmt: skip
    for name in ("Serial", "Optimizer", "Config 1", "pair"):
        assert name in out
    shown = json.loads(run("tune", "work.slow", "--data-range", "40", "--quick", "--json", "--save-result", "second").stdout)
    assert shown["best_n_jobs"] >= 1
    shown = json.loads(
        run("tune", "work.slow", "--data-range", "40", "--n-jobs-range", "1", "2", "--chunksize-range", "4", "--json").stdout
    )
    assert {(row["n_jobs"], row["chunksize"]) for row in shown["results"]} <= {(1, 4), (2, 4)}
    entries = json.loads(run("history", "list", "--json").stdout)
    assert [entry["name"] for entry in entries] == ["second", "first"]
    one, two = (entry["id"] for entry in entries)
    assert "first" in run("history", "show", two).stdout
    assert "is_regression" in json.loads(run("history", "compare", one, two).stdout)["comparison"]
    assert run("history", "list", "--filter", "sec", "--limit", "1").stdout.count("\n") == 1
    run("history", "delete", one)
    assert "Nothing was removed" in run("history", "clear", text="n\n").stdout
    assert "Removed 1 results" in run("history", "clear", "-y").stdout


def test_what_the_function_prints_does_not_spoil_the_json():
    json.loads(run("execute", "builtins.print", "--data-range", "3", "--json").stdout)


def test_other_commands_are_those_of_the_program():
    from amorsize._cli import find_program

    if find_program() is None:
        pytest.skip("the program is not part of an installation for development")
    assert "amorsize" in run("doctor", "--help").stdout
