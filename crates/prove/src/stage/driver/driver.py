"""Plays one schedule with callables of one process, each operation in a thread of its own.

The schedule is a JSON file named on the command line; the answers go into the file it names. An operation is
`FILE:FUNCTION`; one that takes a parameter gets what the setup returned.
"""

import importlib.util
import inspect
import json
import linecache
import os
import sys
import threading
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import amorsize_hook  # noqa: E402
import amorsize_tasks  # noqa: E402

LOCK_QUIET = 0.12
STEP = 0.01


def load(target, modules):
    file, _, name = target.rpartition(":")
    if file not in modules:
        path = os.path.abspath(file)
        folder = os.path.dirname(path)
        if folder not in sys.path:
            sys.path.insert(0, folder)
        stem = os.path.splitext(os.path.basename(path))[0]
        spec = importlib.util.spec_from_file_location(stem, path)
        module = importlib.util.module_from_spec(spec)
        sys.modules.setdefault(stem, module)
        spec.loader.exec_module(module)
        modules[file] = module
    value = modules[file]
    for part in name.split("."):
        value = getattr(value, part)
    return value


class Player:
    def __init__(self, schedule):
        self.schedule = schedule
        self.modules = {}
        self.state = None
        self.answers, self.took, self.steps = {}, {}, []
        self.held, self.looked, self.quiet_max = None, None, 0.0
        self.lock = threading.Lock()
        self.loop = amorsize_tasks.Loop()
        self.whole = set()

    def call(self, party):
        """Runs an operation; its answer is what it returns, or the exception it raises."""
        op = party.op
        try:
            function = load(self.schedule[op], self.modules)
            takes = [
                parameter
                for parameter in inspect.signature(function).parameters.values()
                if parameter.default is parameter.empty
                and parameter.kind in (parameter.POSITIONAL_ONLY, parameter.POSITIONAL_OR_KEYWORD)
            ]
            value = function(self.state) if takes and op != "setup" else function()
            if inspect.iscoroutine(value):
                value = party.run_task(value)
            if op == "setup":
                self.state = value
            return {"code": 0, "output": repr(value)}
        except BaseException as error:
            return {"code": 1, "output": "{}: {}".format(type(error).__name__, error)}

    def start(self, op, at=None):
        party = Party(self, op, at)
        party.thread.start()
        return party

    def finish(self, party):
        party.release.set()
        party.thread.join(self.schedule["command_seconds"])
        if party.is_whole:
            self.whole.add(party.op)
        self.answers[party.op] = party.answer or {"code": None, "output": ""}
        self.took[party.op] = time.monotonic() - party.started

    def hold(self, act):
        first = self.start(act["hold"], act["at"])
        limit = time.monotonic() + self.schedule["command_seconds"]
        while not first.held.wait(STEP) and first.thread.is_alive() and time.monotonic() < limit:
            pass
        if not first.held.is_set():
            self.finish(first)
            self.finish(self.start(act["inside"]))
            self.held = {"kind": "not_reached"}
            return
        second = self.start(act["inside"])
        self.held = self.meet(second)
        if act["look"] and self.held["kind"] == "finished" and self.schedule.get("probe"):
            probe = self.start("probe")
            if self.meet(probe)["kind"] == "finished":
                self.looked = probe.answer
        first.release.set()
        self.finish(first)
        self.finish(second)

    def meet(self, party):
        """Waits until the party ends, or is seen to stand still."""
        until = time.monotonic() + self.schedule["hold_seconds"]
        place, still, before = None, 0.0, time.monotonic()
        while time.monotonic() < until:
            party.thread.join(STEP)
            if not party.thread.is_alive():
                return {"kind": "finished"}
            now, at = party.place(), time.monotonic()
            # Where this thread did not run for longer, the other one did not either.
            still = still + min(at - before, 2 * STEP) if now == place else 0.0
            place, before = now, at
            patience = LOCK_QUIET if place and is_lock(place[-1]) else self.schedule["quiet_seconds"]
            if still >= patience:
                return {"kind": "waited", "on": place[-1] if place else "something unseen"}
        return {"kind": "busy"}

    def run(self, op):
        if not self.schedule.get(op):
            return True
        party = self.start(op)
        place, since = None, time.monotonic()
        until = time.monotonic() + self.schedule["command_seconds"]
        while party.thread.is_alive() and time.monotonic() < until:
            party.thread.join(STEP)
            now = party.place()
            if now != place:
                place, since = now, time.monotonic()
            self.quiet_max = max(self.quiet_max, time.monotonic() - since)
        self.finish(party)
        return op != "setup" or self.answers[op]["code"] == 0

    def play(self):
        for act in self.schedule["acts"]:
            if "run" in act:
                if not self.run(act["run"]):
                    break
            else:
                self.hold(act)


class Party:
    def __init__(self, player, op, at):
        self.player, self.op, self.at = player, op, at
        self.held, self.release = threading.Event(), threading.Event()
        self.watcher = None
        self.count, self.answer = 0, None
        # A task that never gave way; what is no task could be held anywhere.
        self.task, self.is_whole = None, False
        self.started = time.monotonic()
        self.thread = threading.Thread(target=self.work, daemon=True)

    def work(self):
        if self.op in ("a", "b", "evict"):
            self.watcher = amorsize_hook.Watcher(self.player.schedule["watches"], self.boundary)
            self.watcher.start()
        answer = self.player.call(self)
        sys.settrace(None)
        self.answer = answer

    def run_task(self, coroutine):
        """What is a coroutine runs as a task of the one loop, next to the other party's."""
        self.task, self.is_whole = coroutine, self.watcher is not None
        try:
            return self.player.loop.run(coroutine, self if self.watcher else None)
        finally:
            self.task = None

    def place(self):
        """Where it stands: a stamp that changes with every step, and the line in words."""
        task = self.task
        return amorsize_tasks.place_of(task) if task else place_of(self.thread)

    def boundary(self, label):
        release = self.pause()
        if release is not None:
            release.wait()
        self.passed(label)

    def pause(self):
        """Counts a boundary, and says what to wait for where the party is to be held."""
        self.count += 1
        if self.count != self.at:
            return None
        self.held.set()
        return self.release

    def passed(self, label):
        with self.player.lock:
            if len(self.player.steps) < 20000:
                self.player.steps.append({"party": self.op, "boundary": self.count, "label": label})


def place_of(thread):
    """Where a thread stands: a stamp that changes with every step, and the line in words."""
    frame = sys._current_frames().get(thread.ident)
    own, stamp = None, []
    while frame is not None:
        stamp.append((id(frame), frame.f_lasti))
        file = frame.f_code.co_filename
        outside = "threading.py" not in file and not file.startswith("<")
        if own is None and outside and "amorsize_hook" not in file:
            text = linecache.getline(file, frame.f_lineno).strip()
            own = "{}:{} {}".format(os.path.basename(file), frame.f_lineno, text)
        frame = frame.f_back
    return (tuple(stamp), own or "") if stamp else None


def is_lock(line):
    return ".acquire(" in line or ("with " in line and "lock" in line.lower())


def main():
    with open(sys.argv[1]) as file:
        schedule = json.load(file)
    sys.path.insert(0, os.getcwd())
    player = Player(schedule)
    player.play()
    result = {
        "answers": player.answers,
        "took": player.took,
        "steps": list(player.steps),
        "held": player.held,
        "looked": player.looked,
        "quiet_max": player.quiet_max,
        "whole": sorted(player.whole),
    }
    # amorsize: allow(CTA143) the result lies in the private folder of this one run
    with open(schedule["result"] + ".part", "w") as file:
        json.dump(result, file)
    os.replace(schedule["result"] + ".part", schedule["result"])
    sys.stdout.flush()
    os._exit(0)


main()
