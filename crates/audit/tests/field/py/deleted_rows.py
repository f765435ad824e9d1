"""Queues of rows: whose deletion counts a row has it."""

import sqlite3


class Queue:
    def __init__(self, database):
        self.conn = sqlite3.connect(database, check_same_thread=False)

    def put(self, message):
        self.conn.execute("INSERT INTO queue (message) VALUES (?)", (message,))
        self.conn.commit()

    def pop_counted(self):  # safe
        row = self.conn.execute("SELECT id, message FROM queue ORDER BY id LIMIT 1").fetchone()
        if row is None:
            return None
        done = self.conn.execute("DELETE FROM queue WHERE id = ?", (row[0],))
        self.conn.commit()
        if not done.rowcount:
            return None
        return row[1]

    def pop_uncounted(self):  # race
        row = self.conn.execute("SELECT id, message FROM queue ORDER BY id LIMIT 1").fetchone()
        if row is None:
            return None
        self.conn.execute("DELETE FROM queue WHERE id = ?", (row[0],))
        self.conn.commit()
        return row[1]

    def pop_again(self):  # safe
        row = self.conn.execute("SELECT id, message FROM queue ORDER BY id LIMIT 1").fetchone()
        if row is None:
            return None
        done = self.conn.execute("DELETE FROM queue WHERE id = ?", (row[0],))
        if not done.rowcount:
            self.conn.rollback()
            return self.pop_again()
        self.conn.commit()
        return row[1]
