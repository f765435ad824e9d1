from sqlalchemy.orm import Session
from .tables import Tag


def get_or_create(session: Session, name):  # race
    tag = session.query(Tag).filter_by(name=name).first()
    if tag is None:
        tag = Tag(name=name)
        session.add(tag)
        session.commit()
    return tag


def raw(conn, key, value):  # race
    cur = conn.cursor()
    cur.execute("SELECT value FROM kv WHERE key = %s", (key,))
    if cur.fetchone() is None:
        cur.execute("INSERT INTO kv (key, value) VALUES (%s, %s)", (key, value))
    else:
        cur.execute("UPDATE kv SET value = %s WHERE key = %s", (value, key))
    conn.commit()


def bump(conn, key):  # maybe
    cur = conn.execute("SELECT n FROM counters WHERE key = ?", (key,))
    n = cur.fetchone()[0]
    conn.execute("UPDATE counters SET n = ? WHERE key = ?", (n + 1, key))


def bump_right(conn, key):  # safe
    conn.execute("UPDATE counters SET n = n + 1 WHERE key = ?", (key,))


def raw_right(conn, key, value):  # safe
    conn.execute("INSERT INTO kv (key, value) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value", (key, value))
