"""Where items are few, the next ones begin while the first still runs, and each runs once."""

import multiprocessing
import subprocess
import sys
from pathlib import Path

import pytest

FIRST_ITEMS = Path(__file__).with_name("first_items.py")

pytestmark = pytest.mark.skipif(multiprocessing.get_start_method() != "fork", reason="only forked workers stand by")


def run(case, folder):
    # A program of its own: the threads of other tests would forbid forking.
    command = [sys.executable, "-W", "ignore::DeprecationWarning", str(FIRST_ITEMS), case, str(folder)]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert ended.stderr == "", ended.stderr
    log = folder / "ran"
    ran = [line.split() for line in log.read_text().splitlines()] if log.exists() else []
    return ended.stdout, [int(index) for index, _ in ran], dict(ran)


@pytest.mark.parametrize("case", ["work", "lambda", "two"])
def test_the_second_item_begins_while_the_first_runs_and_each_runs_once(case, tmp_path):
    count = {"work": 4, "lambda": 6, "two": 2}[case]
    out, ran, where = run(case, tmp_path)
    assert out == f"begin {[index * index for index in range(count)]}\nnobody is left\n"
    assert sorted(ran) == list(range(count))
    assert where["0"] != where["1"]


def test_results_that_cannot_be_sent_are_made_again_where_they_can_stay(tmp_path):
    out, ran, _ = run("made here", tmp_path)
    assert out == "begin [0, 1, 4]\nnobody is left\n"
    assert sorted(ran) == [0, 1, 1, 2], "only what had begun before anything was known of results"


@pytest.mark.parametrize(
    ("case", "said"),
    [
        ("first_fails", "('KeyError', \"'the first'\", None)"),
        ("second_fails", "('KeyError', \"'the second'\", 1)"),
        ("second_dies", "('WorkerLost', 'a worker process was killed by SIGKILL while it ran item 1', 1)"),
    ],
)
def test_what_goes_wrong_is_told_and_nobody_is_left(case, said, tmp_path):
    out, _, _ = run(case, tmp_path)
    assert out == f"begin {said}\nnobody is left\n"


def test_nobody_stands_by_for_a_function_that_was_quick(tmp_path):
    assert run("quick", tmp_path)[0] == "begin [1, 2] None 2\nnobody is left\n"
