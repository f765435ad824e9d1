"""Rows that wait for somebody to claim them."""


class Jobs:
    def __init__(self, conn):
        self.conn = conn

    def claimed(self, worker):  # race
        cur = self.conn.cursor()
        cur.execute("SELECT id, payload FROM jobs WHERE status = 'queued' ORDER BY id LIMIT 1")
        row = cur.fetchone()
        if row is None:
            return None
        cur.execute("UPDATE jobs SET status = 'running', worker = ? WHERE id = ?", (worker, row[0]))
        self.conn.commit()
        return row[1]

    def claimed_by_one(self, worker):  # safe
        cur = self.conn.cursor()
        cur.execute("SELECT id, payload FROM jobs WHERE status = 'queued' ORDER BY id LIMIT 1")
        row = cur.fetchone()
        if row is None:
            return None
        cur.execute(
            "UPDATE jobs SET status = 'running', worker = ? WHERE id = ? AND status = 'queued'",
            (worker, row[0]),
        )
        self.conn.commit()
        if cur.rowcount != 1:
            return None
        return row[1]

    def claimed_unasked(self, worker):  # race
        cur = self.conn.cursor()
        cur.execute("SELECT id, payload FROM jobs WHERE status = 'queued' ORDER BY id LIMIT 1")
        row = cur.fetchone()
        if row is None:
            return None
        cur.execute(
            "UPDATE jobs SET status = 'running', worker = ? WHERE id = ? AND status = 'queued'",
            (worker, row[0]),
        )
        self.conn.commit()
        return row[1]
