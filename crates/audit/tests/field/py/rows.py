"""Rows of a session: handed back, or made."""

import sqlite3

from sqlalchemy.orm import Session

from .tables import Record


def rename(engine, ident, name):  # safe
    with Session(engine) as session:
        row = session.get(Record, ident)
        if row is None:
            raise KeyError(ident)
        row.name = name
        session.add(row)
        session.commit()


def forget_row(engine, ident):
    with Session(engine) as session:
        session.query(Record).filter_by(id=ident).delete()
        session.commit()


def ensure(engine, ident, name):  # race
    with Session(engine) as session:
        row = session.get(Record, ident)
        if row is None:
            row = Record(id=ident, name=name)
            session.add(row)
        session.commit()


def remember_kind(path, namespace, kind):  # safe
    with sqlite3.connect(path) as conn:
        row = conn.execute("SELECT kind FROM kinds WHERE namespace = ?", (namespace,)).fetchone()
        if row is not None:
            return row[0]
        conn.execute(
            "INSERT OR IGNORE INTO kinds (namespace, kind) VALUES (?, ?)", (namespace, kind)
        )
        conn.commit()
        return kind


def claim_kind(path, namespace, kind):  # race
    with sqlite3.connect(path) as conn:
        row = conn.execute("SELECT kind FROM claims WHERE namespace = ?", (namespace,)).fetchone()
        if row is not None:
            return row[0]
        conn.execute("INSERT INTO claims (namespace, kind) VALUES (?, ?)", (namespace, kind))
        conn.commit()
        return kind
