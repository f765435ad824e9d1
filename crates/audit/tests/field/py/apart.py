"""What meets, and what cannot."""

import asyncio
import os
import tempfile
from os.path import isfile
from pathlib import Path

from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session


class Loop:
    """Its locks are for coroutines."""

    def __init__(self):
        self._lock = asyncio.Lock()
        self._agents = {}
        self._client = None

    def drop(self, name):  # safe
        if name in self._agents:
            del self._agents[name]

    async def find(self, name):  # safe
        if name not in self._agents:
            raise ValueError(name)
        return self._agents[name]

    async def outer(self, name):  # safe
        if name in self._agents:
            await self._nothing()
            del self._agents[name]

    async def _nothing(self):
        self._agents.get("")

    async def later(self, name):  # race
        if name in self._agents:
            await asyncio.sleep(0)
            del self._agents[name]

    async def client(self):  # race
        if self._client is None:
            await asyncio.sleep(0)
            self._client = open_session()
        return self._client


def open_session():
    return object()


def two_files(cookie_secret):  # safe
    if os.path.exists(cookie_secret):
        with open(cookie_secret) as f:
            return f.read()
    return None


def forget_socket(unix_socket):  # race
    if os.path.exists(unix_socket):
        os.unlink(unix_socket)


def in_a_handler(cache_db, store):  # race
    try:
        store.clear()
    except Exception:
        if isfile(cache_db):
            os.unlink(cache_db)


def one_of_its_own(data):  # safe
    with tempfile.TemporaryDirectory() as place:
        state = Path(place, "state.json")
        state.write_text(data)
        return state.read_text()


def migrate_cookies(cookie_file, onto):  # safe
    if os.path.exists(cookie_file):
        os.rename(cookie_file, onto)


def publish_once(src, dst):  # race
    if os.path.exists(dst):
        raise FileExistsError(dst)
    os.replace(src, dst)


def stamp(lock_path):  # safe
    # Two may get here: a race, but it is
    # not a big problem.
    if not os.path.exists(lock_path):
        with open(lock_path, "w") as f:
            f.write("1")


class Label:
    def __init__(self, name):
        self.name = name


def label(session: Session, name):  # safe
    found = session.query(Label).filter_by(name=name).first()
    if found is None:
        found = Label(name=name)
        session.add(found)
        try:
            session.flush()
        except IntegrityError:
            session.rollback()
            found = session.query(Label).filter_by(name=name).one()
    return found


def label_bare(session: Session, name):  # race
    found = session.query(Label).filter_by(name=name).first()
    if found is None:
        found = Label(name=name)
        session.add(found)
        session.flush()
    return found


def bump(conn, key):  # race
    row = conn.execute("SELECT value FROM counters WHERE key = ?", (key,)).fetchone()
    conn.execute("UPDATE counters SET value = ? WHERE key = ?", (row[0] + 1, key))


def register(users, name):  # race
    if users.find_one({"name": name}):
        return False
    users.insert_one({"name": name})
    return True


class PidFile:
    def __init__(self, path):
        self.path = path

    def create(self):  # race
        if os.path.exists(self.path):
            raise RuntimeError("already running")
        with open(self.path, "w") as f:
            f.write(str(os.getpid()))
