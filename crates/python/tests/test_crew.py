"""A crew whose threads move on while it is looked at."""

import time

from amorsize._crew import Chunk, ThreadCrew


class MovesOn(dict):
    """A thread ends its chunk and begins its next one as soon as somebody has looked."""

    def items(self):
        seen = list(super().items())
        for thread, start in [key for key, _ in seen]:
            del self[(thread, start)]
            self[(thread, time.perf_counter_ns())] = Chunk(2, 1, [1], 1)
        return seen


def test_a_thread_that_has_moved_on_is_not_given_up():
    crew = ThreadCrew()
    crew._running = MovesOn({(7, 0): Chunk(1, 0, [0], 1)})
    assert crew.overdue(1) == []
    assert [chunk.number for chunk in crew._running.values()] == [2]


def test_a_chunk_that_takes_too_long_is_given_up_once():
    crew = ThreadCrew()
    crew._running[(7, 0)] = Chunk(1, 0, [0], 1)
    assert [done.lost for done in crew.overdue(1)] == ["timeout"]
    assert crew.overdue(1) == []
