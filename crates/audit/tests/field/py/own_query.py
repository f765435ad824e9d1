"""A class's own way to run a statement."""

import sqlite3


class Settings:
    def __init__(self, path):
        self.link = sqlite3.connect(path, check_same_thread=False)

    def _query(self, sql, args=()):
        cur = self.link.cursor()
        cur.execute(sql, args)
        rows = cur.fetchall()
        self.link.commit()
        return rows

    def _log(self, text, args=()):
        print(text, args)

    def sets(self, key, value):  # race
        rows = self._query("SELECT value FROM settings WHERE key = ?", (key,))
        if rows:
            self._query("UPDATE settings SET value = ? WHERE key = ?", (value, key))
        else:
            self._query("INSERT INTO settings (key, value) VALUES (?, ?)", (key, value))

    def counts(self, key):  # race
        rows = self._query("SELECT n FROM settings WHERE key = ?", (key,))
        self._query("UPDATE settings SET n = ? WHERE key = ?", (rows[0][0] + 1, key))

    def counts_in_one(self, key):  # safe
        self._query("SELECT n FROM settings WHERE key = ?", (key,))
        self._query("UPDATE settings SET n = n + 1 WHERE key = ?", (key,))

    def replaces(self, key, value):  # safe
        self._query("INSERT OR REPLACE INTO settings (key, value) VALUES (?, ?)", (key, value))

    def only_says_so(self, key, value):  # safe
        if not self._log("SELECT value FROM settings WHERE key = ?", (key,)):
            self._log("INSERT INTO settings (key, value) VALUES (?, ?)", (key, value))
