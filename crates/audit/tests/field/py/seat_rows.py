import sqlite3


def take(db: sqlite3.Connection, room: str, user: str, limit: int) -> bool:  # race
    (n,) = db.execute("SELECT COUNT(*) FROM seats WHERE room = ?", (room,)).fetchone()
    if n >= limit:
        return False
    db.execute("INSERT INTO seats (room, user) VALUES (?, ?)", (room, user))
    db.commit()
    return True


def take_immediate(db: sqlite3.Connection, room: str, user: str, limit: int) -> bool:  # safe
    db.execute("BEGIN IMMEDIATE")
    (n,) = db.execute("SELECT COUNT(*) FROM seats WHERE room = ?", (room,)).fetchone()
    if n >= limit:
        db.rollback()
        return False
    db.execute("INSERT INTO seats (room, user) VALUES (?, ?)", (room, user))
    db.commit()
    return True


def take_locked(conn, room, user, limit):  # safe
    with conn.cursor() as cur:
        cur.execute("SELECT id FROM rooms WHERE name = %s FOR UPDATE", (room,))
        cur.execute("SELECT COUNT(*) FROM seats WHERE room = %s", (room,))
        if cur.fetchone()[0] >= limit:
            return False
        cur.execute("INSERT INTO seats (room, user) VALUES (%s, %s)", (room, user))
    conn.commit()
    return True


def take_advisory(conn, room, user, limit):  # safe
    with conn.cursor() as cur:
        cur.execute("SELECT pg_advisory_xact_lock(%s)", (hash(room),))
        cur.execute("SELECT COUNT(*) FROM seats WHERE room = %s", (room,))
        if cur.fetchone()[0] >= limit:
            return False
        cur.execute("INSERT INTO seats (room, user) VALUES (%s, %s)", (room, user))
    conn.commit()
    return True


def log_many(db: sqlite3.Connection, room: str) -> int:  # safe
    (n,) = db.execute("SELECT COUNT(*) FROM log").fetchone()
    if n > 100:
        print("the log is long")
    db.execute("INSERT INTO log (room) VALUES (?)", (room,))
    db.commit()
    return n


def once(db: sqlite3.Connection, room: str) -> None:  # maybe
    (n,) = db.execute("SELECT COUNT(*) FROM rooms WHERE name = ?", (room,)).fetchone()
    if n == 0:
        db.execute("INSERT INTO rooms (name) VALUES (?)", (room,))
        db.commit()
