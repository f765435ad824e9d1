import asyncio
import contextvars
import fcntl
import functools
import json
import os
import sqlite3
import tempfile
import threading
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock
from django.db import IntegrityError, transaction
from django.core.cache import cache
from .models import Thing

_local = threading.local()
_handlers = {}
_guard = threading.RLock()
_table = {}
_guarded = {}
_ctx = contextvars.ContextVar("x", default=None)


def register(name):  # safe
    def wrap(func):
        if name in _handlers:
            raise ValueError(name)
        _handlers[name] = func
        return func
    return wrap


def connection(dsn):  # safe
    conns = getattr(_local, "conns", None)
    if conns is None:
        conns = _local.conns = {}
    if dsn not in conns:
        conns[dsn] = sqlite3.connect(dsn)
    return conns[dsn]


def read(path):  # safe
    try:
        with open(path) as f:
            return f.read()
    except FileNotFoundError:
        return None


def remove(path):  # safe
    try:
        if os.path.exists(path):
            os.remove(path)
    except FileNotFoundError:
        pass


def intern(key):  # safe
    found = _table.get(key)
    if found is None:
        found = _table.setdefault(key, object())
    return found


def guarded(key, make):  # safe
    with _guard:
        if key not in _guarded:
            _guarded[key] = make(key)
        return _guarded[key]


def update_settings(path, key, value):  # safe
    with open(path + ".lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with open(path) as f:
            data = json.load(f)
        data[key] = value
        fd, tmp = tempfile.mkstemp(dir=os.path.dirname(path))
        with os.fdopen(fd, "w") as out:
            json.dump(data, out)
        os.replace(tmp, path)


def update_filelock(path, key, value):  # safe
    with FileLock(path + ".lock"):
        data = json.loads(Path(path).read_text()) if os.path.exists(path) else {}
        data[key] = value
        Path(path).write_text(json.dumps(data))


@contextmanager
def locked():
    _guard.acquire()
    try:
        yield
    finally:
        _guard.release()


def through_manager(key):  # safe
    with locked():
        if key not in _guarded:
            _guarded[key] = object()
        return _guarded[key]


def synchronized(func):
    @functools.wraps(func)
    def inner(*args, **kwargs):
        with _guard:
            return func(*args, **kwargs)
    return inner


@synchronized
def through_decorator(key):  # safe
    if key not in _guarded:
        _guarded[key] = object()
    return _guarded[key]


def create_thing(name):  # safe
    try:
        return Thing.objects.get(name=name)
    except Thing.DoesNotExist:
        try:
            with transaction.atomic():
                return Thing.objects.create(name=name)
        except IntegrityError:
            return Thing.objects.get(name=name)


def versioned(conn, key, value, version):  # safe
    cur = conn.execute("SELECT version FROM doc WHERE id = ?", (key,))
    seen = cur.fetchone()[0]
    if seen != version:
        return False
    cur = conn.execute("UPDATE doc SET body = ?, version = version + 1 WHERE id = ? AND version = ?", (value, key, version))
    return cur.rowcount == 1


def first(task):  # safe
    if not cache.add("t:" + task, 1, 60):
        return False
    return True


def cached_page(key, render):  # safe
    return cache.get_or_set(key, render, 60)


async def counted(stats, key):  # safe
    if key not in stats:
        stats[key] = 0
    stats[key] += 1
    await asyncio.sleep(0)


def group(rows):  # safe
    out = {}
    for row in rows:
        if row.key not in out:
            out[row.key] = []
        out[row.key].append(row)
    return out


class Parser:                                          # per-object state, no threads spoken of
    def __init__(self):
        self.seen = {}

    def feed(self, token):  # safe
        if token not in self.seen:
            self.seen[token] = len(self.seen)
        return self.seen[token]


class LazyPath:
    def temp(self):  # safe
        with tempfile.TemporaryDirectory() as d:
            p = os.path.join(d, "x")
            if not os.path.exists(p):
                with open(p, "w") as f:
                    f.write("1")
            os.rename(p, p + ".done")


def sweep(folder):  # safe
    for p in Path(folder).iterdir():
        try:
            if p.stat().st_size == 0:
                p.unlink(missing_ok=True)
        except FileNotFoundError:
            continue


class Memo:
    def __init__(self):
        self._lock = threading.Lock()
        self._data = {}

    def _put(self, key, value):
        if key in self._data:
            return
        self._data[key] = value

    def put(self, key, value):  # safe
        with self._lock:
            self._put(key, value)

    def pop_expired(self, now):  # safe
        with self._lock:
            for key in list(self._data):
                if self._data[key] < now:
                    del self._data[key]
