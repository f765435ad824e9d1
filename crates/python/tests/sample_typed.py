"""What a user's type checker sees; checked by mypy --strict, not run."""

from __future__ import annotations

from typing import assert_type

import amorsize
from amorsize import Executor, OptimizationResult, Pool, cached, execute, imap, optimize


def length(text: str) -> int:
    return len(text)


assert_type(execute(length, ["a"]), list[int])
results, plan = execute(length, ["a"], return_optimization_result=True)
assert_type(results, list[int])
assert_type(plan, OptimizationResult)
assert_type(optimize(length, ["a"]).n_jobs, int)
assert_type(list(imap(length, ["a"])), list[int])

with Pool(2) as pool:
    assert_type(pool.map(length, ["a"]), list[int])

with Executor() as executor:
    assert_type(executor.submit(length, "a").result(), int)


@cached(ttl=60)
def twice(number: int) -> int:
    return 2 * number


assert_type(twice(3), int)
assert_type(str(twice.why(3)), str)
assert_type(amorsize.get_cache_stats().total_entries, int)
