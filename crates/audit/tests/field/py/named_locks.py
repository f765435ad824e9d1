import contextlib
import fcntl
import os
import shutil
import tempfile
import threading


@contextlib.contextmanager
def held(path):
    fd = os.open(path, os.O_CREAT | os.O_WRONLY)
    fcntl.flock(fd, fcntl.LOCK_EX)
    try:
        yield
    finally:
        os.close(fd)


class Arena:
    """Elects the last of several processes."""

    def __init__(self, base, name):
        self.base = base
        self.mutex = name + "-lock"
        self.member = None

    def enter(self):  # safe
        if self.member is not None:
            raise ValueError("entered twice")
        with held(os.path.join(self.base, self.mutex)):
            self.member = tempfile.mkdtemp(dir=self.base)

    def leave(self):
        with held(os.path.join(self.base, self.mutex)):
            self.member = None


class Relinker:
    def __init__(self):
        self.dev_lock = None
        self.states = {}

    def hold(self, path):
        fd = os.open(path, os.O_CREAT | os.O_WRONLY)
        fcntl.flock(fd, fcntl.LOCK_EX)
        self.dev_lock = fd
        self.states.clear()

    def note(self, part):  # safe
        if part not in self.states:
            self.states[part] = []
        return self.states[part]


class Parts:
    def __init__(self):
        self.lock = given_lock()
        self.states = {}

    def reset(self):
        with self.lock:
            self.states.clear()

    def note(self, part):  # race
        if part not in self.states:
            self.states[part] = []
        return self.states[part]


class HandParts:
    def __init__(self):
        self.lock = given_lock()
        self.states = {}

    def reset(self):
        take = self.lock.acquire
        take()
        try:
            self.states.clear()
        finally:
            self.lock.release()

    def note(self, part):  # race
        if part not in self.states:
            self.states[part] = []
        return self.states[part]


class Watch:
    """Manages concurrent timeouts; the watching greenlet sleeps until the next."""

    def __init__(self):
        self.ends = {}

    def stop(self, key):  # maybe
        if key in self.ends:
            del self.ends[key]


class Slots:
    """Knows the concurrency limits of one run."""

    def __init__(self):
        self.taken = {}

    def free(self, key):  # maybe
        if key in self.taken:
            del self.taken[key]


class SafeSlots:
    """Limits what runs, for concurrent callers."""

    def __init__(self):
        self.taken = {}

    def free(self, key):  # race
        if key in self.taken:
            del self.taken[key]


class Door:
    def __init__(self):
        self._lock = threading.Lock()
        self._inside = 0
        self._last = 0

    def enter(self):  # safe
        with self._lock:
            self._inside += 1

    def pass_by(self):  # race
        with self._lock:
            self._last += 1


class WideDoor(Door):
    def __init__(self):
        super().__init__()
        self._wide = threading.Condition()

    def enter(self):  # safe
        with self._wide:
            self._inside += 1

    def pass_twice(self):
        with self._wide:
            self._last += 2


class Guard:
    """Manages concurrent timeouts, from several threads."""

    def __init__(self):
        self.ends = {}

    def stop(self, key):  # race
        if key in self.ends:
            del self.ends[key]


def still_there(fd, path):
    try:
        there = os.stat(path)
    except FileNotFoundError:
        return False
    held = os.fstat(fd)
    return held.st_dev == there.st_dev and held.st_ino == there.st_ino


class Members:
    def __init__(self, lock_dir):
        self.lock_dir = lock_dir

    def write(self, name, data):
        with open(os.path.join(self.lock_dir, name), "w") as f:
            f.write(data)

    def drop_if_held(self, name):  # maybe
        path = os.path.join(self.lock_dir, name)
        fd = os.open(path, os.O_RDWR)
        fcntl.flock(fd, fcntl.LOCK_EX)
        if still_there(fd, path):
            os.remove(path)
        os.close(fd)

    def drop_if_old(self, name, age):  # race
        path = os.path.join(self.lock_dir, name)
        if os.stat(path).st_mtime < age:
            os.remove(path)

    def open_to_lock(self, name):  # safe
        fd = os.open(os.path.join(self.lock_dir, name), os.O_RDWR)
        fcntl.flock(fd, fcntl.LOCK_EX)
        return fd

    def sweep(self, name):  # safe
        path = os.path.join(self.lock_dir, name)
        if os.path.isdir(path):
            shutil.rmtree(path, True)

    def sweep_strictly(self, name):  # race
        path = os.path.join(self.lock_dir, name)
        if os.path.isdir(path):
            shutil.rmtree(path)


class Engine:
    def __init__(self, config):
        self.config = config
        self.worker = threading.Thread(target=self.run)
        self.worker.start()

    def run(self):
        pass


class Kernel:
    _running = None
    _spare = None

    @classmethod
    def load(cls, config):  # maybe
        if cls._running is not None:
            raise LookupError("it has been loaded already")
        cls._running = Engine(config)
        return cls._running

    @classmethod
    def spare(cls, config):  # race
        if cls._spare is None:
            cls._spare = Engine(config)
        return cls._spare


class Build:
    def __init__(self, root):
        self.root = root

    def forget(self):  # maybe
        dependencies = os.path.join(self.root, "build", "dependencies.lock")
        if os.path.isfile(dependencies):
            os.remove(dependencies)

    def forget_cached(self):  # race
        dependencies = os.path.join(self.root, "build", "cache", "dependencies.lock")
        if os.path.isfile(dependencies):
            os.remove(dependencies)


def given_lock():
    return find("lock")
