"""Statements that are put together before they are executed."""

import sqlite3

import sqlalchemy as sa
from sqlalchemy import Column, MetaData, String, Table, create_engine, select
from sqlalchemy.dialects.postgresql import insert as pg_insert
from sqlalchemy.exc import IntegrityError

meta = MetaData()
kv = Table("kv", meta, Column("key", String, primary_key=True), Column("value", String))


class Pairs:
    def __init__(self, url):
        self.engine = create_engine(url)
        self.table = Table("own", MetaData(), Column("key", String, primary_key=True))

    def puts(self, key, value):  # race
        with self.engine.begin() as conn:
            row = conn.execute(select(kv.c.value).where(kv.c.key == key)).fetchone()
            if row is None:
                conn.execute(kv.insert().values(value=value, key=key))
            else:
                conn.execute(kv.update().where(kv.c.key == key).values(value=value))

    def puts_where_nothing_was_changed(self, key, value):  # race
        with self.engine.begin() as conn:
            done = conn.execute(kv.update().where(kv.c.key == key).values(value=value))
            if done.rowcount == 0:
                conn.execute(kv.insert(), {"key": key, "value": value})

    def puts_into_its_own(self, key):  # race
        row = self.engine.execute(sa.select([self.table]).where(self.table.c.key == key)).first()
        if not row:
            self.engine.execute(self.table.insert().values(key=key))

    def counts_up(self, key):  # race
        with self.engine.begin() as conn:
            row = conn.execute(sa.select([kv]).where(kv.c.key == key)).fetchone()
            conn.execute(kv.update().where(kv.c.key == key).values(value=row.value + 1))

    def counts_in_the_statement(self, key):  # safe
        with self.engine.begin() as conn:
            conn.execute(select(kv.c.value).where(kv.c.key == key)).fetchone()
            conn.execute(kv.update().where(kv.c.key == key).values(value=kv.c.value + 1))

    def counts_under_the_lock_of_the_row(self, key):  # safe
        with self.engine.begin() as conn:
            found = select(kv.c.value).where(kv.c.key == key).with_for_update()
            row = conn.execute(found).fetchone()
            if row is None:
                return
            conn.execute(kv.update().where(kv.c.key == key).values(value=row.value + 1))

    def puts_by_upsert(self, key, value):  # safe
        with self.engine.begin() as conn:
            row = conn.execute(select(kv.c.value).where(kv.c.key == key)).fetchone()
            if row is None:
                made = kv.insert().values(key=key, value=value)
                conn.execute(made.on_conflict_do_nothing())

    def adds_or_refuses(self, key, value):  # safe
        with self.engine.begin() as conn:
            try:
                conn.execute(kv.insert().values(key=key, value=value))
            except IntegrityError:
                raise KeyError(key)

    def changes_what_is_there(self, key, value):  # safe
        with self.engine.begin() as conn:
            done = conn.execute(kv.update().where(kv.c.key == key).values(value=value))
            if done.rowcount == 0:
                raise KeyError(key)

    def puts_another_row(self, key, other, value):  # safe
        with self.engine.begin() as conn:
            if conn.execute(select(kv.c.value).where(kv.c.key == key)).first():
                conn.execute(kv.update().where(kv.c.key == other).values(value=value))


class Text:
    def __init__(self, path):
        self.conn = sqlite3.connect(path)

    def puts_where_nothing_was_changed(self, key, value):  # race
        cur = self.conn.cursor()
        cur.execute("UPDATE kv SET value = ? WHERE key = ?", (value, key))
        if cur.rowcount == 0:
            cur.execute("INSERT INTO kv (value, key) VALUES (?, ?)", (value, key))
        self.conn.commit()

    def puts_unless_somebody_did(self, key, value):  # safe
        cur = self.conn.cursor()
        cur.execute("UPDATE kv SET value = ? WHERE key = ?", (value, key))
        if cur.rowcount == 0:
            cur.execute("INSERT OR IGNORE INTO kv (value, key) VALUES (?, ?)", (value, key))
        self.conn.commit()
