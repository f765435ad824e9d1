"""Coroutines of both parties as tasks of one event loop, held where they give way to each other and nowhere else.

Between two suspensions a task runs whole, so a hold at any other line would force what cannot happen.
"""

import asyncio
import linecache
import os
import threading


class Loop:
    """One event loop in a thread of its own: what the setup opens on it, both parties use on it."""

    def __init__(self):
        self.loop = None

    def run(self, coroutine, party=None):
        """Runs a coroutine to its end, and waits for it in the thread that asks."""
        if self.loop is None:
            self.loop = asyncio.new_event_loop()
            threading.Thread(target=self.loop.run_forever, daemon=True).start()
        gated = self.gated(coroutine, party)
        return asyncio.run_coroutine_threadsafe(gated, self.loop).result()

    async def gated(self, coroutine, party):
        return await (coroutine if party is None else Gated(coroutine, party))


class Gated:
    """Passes every suspension on, and asks the party before the coroutine goes on after one in a watched function."""

    def __init__(self, coroutine, party):
        self.coroutine, self.party = coroutine, party

    def __await__(self):
        own = self.coroutine.__await__()
        step, value = own.send, None
        while True:
            try:
                pending = step(value)
            except StopIteration as end:
                return end.value
            self.party.is_whole = False
            watched = [frame for frame in frames(self.coroutine) if self.party.watcher.wanted(frame)]
            after = label(watched[-1], "goes on after ") if watched else None
            try:
                step, value = own.send, (yield pending)
            except GeneratorExit:
                own.close()
                raise
            except BaseException as error:
                step, value = own.throw, error
            if after:
                release = self.party.pause()
                while release and not release.is_set():
                    yield from asyncio.sleep(0.005).__await__()
                self.party.passed(after)


def frames(coroutine):
    """The frames of a suspended coroutine, outermost first."""
    found = []
    while coroutine is not None:
        for kind in ("cr", "gi", "ag"):
            frame = getattr(coroutine, kind + "_frame", None)
            if frame is not None:
                found.append(frame)
                inner = "_yieldfrom" if kind == "gi" else "_await"
                coroutine = getattr(coroutine, kind + inner, None)
                break
        else:
            break
    return found


def label(frame, prefix=""):
    text = linecache.getline(frame.f_code.co_filename, frame.f_lineno).strip()
    return "{}:{} {}{}".format(os.path.basename(frame.f_code.co_filename), frame.f_lineno, prefix, text)


def place_of(coroutine):
    """Where a task stands: a stamp that changes with every step, and the line in words."""
    all_frames = frames(coroutine)
    own = [frame for frame in all_frames if os.sep + "asyncio" + os.sep not in frame.f_code.co_filename]
    stamp = tuple((id(frame), frame.f_lasti) for frame in all_frames)
    return (stamp, label(own[-1]) if own else "") if stamp else None
