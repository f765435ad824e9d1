"""What a call of `execute` has measured serves the next one in the same process, and is dropped where it no longer fits."""

import os
import time

from amorsize import execute


def slow(seconds):
    end = time.perf_counter() + seconds
    while time.perf_counter() < end:
        pass
    return os.getpid()


def test_a_measured_function_goes_to_workers_at_once(usual_costs):
    def work(seconds):
        return slow(seconds)

    first = execute(work, [0.03] * 20)
    assert first[0] == os.getpid(), "nothing is known: the first item is measured here"
    assert os.getpid() not in first[10:], "and the last ones ran in workers"
    assert os.getpid() not in execute(work, [0.03] * 20)


def test_a_few_items_are_not_worth_a_worker_whatever_is_known(usual_costs):
    def work(seconds):
        return slow(seconds)

    execute(work, [0.03] * 20)
    assert execute(work, [0.0]) == [os.getpid()]


def test_items_that_became_cheap_are_measured_anew(usual_costs):
    def work(seconds):
        return slow(seconds)

    execute(work, [0.03] * 20)
    execute(work, [0.0] * 50)
    assert execute(work, [0.0] * 50)[0] == os.getpid()


def test_nothing_is_kept_of_items_and_results():
    import gc
    import weakref

    class Item:
        pass

    def work(item):
        return slow(0.03)

    items = [Item() for _ in range(20)]
    watched = [weakref.ref(item) for item in items]
    execute(work, items)
    del items
    gc.collect()
    assert not any(item() for item in watched)
