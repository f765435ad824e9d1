"""Files that tell which process runs, looked at by properties and helpers."""

import os

import psutil


class PidFile:
    def __init__(self, path="/var/run/agent.pid"):
        self.path = path

    @property
    def is_running(self):
        if not os.path.exists(self.path):
            return False
        with open(self.path) as f:
            try:
                pid = int(f.read())
            except ValueError:
                return False
        try:
            os.kill(pid, 0)
        except OSError:
            return False
        return True

    @property
    def file(self):
        if os.path.exists(self.path + ".old"):
            return self.path + ".old"
        return self.path

    def runs(self):
        if not os.path.exists(self.path):
            return False
        with open(self.path) as f:
            pid = int(f.read())
        return psutil.Process(pid).name() == "agent"

    def starts_unless_it_runs(self):  # race
        if self.is_running:
            raise RuntimeError("already running")
        with open(self.path, "w") as f:
            f.write(str(os.getpid()))

    def starts_unless_one_of_that_name_runs(self):  # race
        if self.runs():
            raise RuntimeError("already running")
        with open(self.path, "w") as f:
            f.write(str(os.getpid()))

    def starts_alone(self):  # safe
        if self.is_running:
            raise RuntimeError("already running")
        with open(self.path, "x") as f:
            f.write(str(os.getpid()))

    def tells(self):  # safe
        return "running" if self.is_running else "stopped"

    def reads_what_it_found(self):  # safe
        try:
            with open(self.file) as f:
                return f.read()
        except OSError:
            return None
