"""A helper that drops a row where it is given nothing, and callers that give it something."""

import sqlite3
import time


class Slips:
    def __init__(self, path):
        self.db = sqlite3.connect(path)
        self.told = []

    def settle(self, slip, value=None):
        if value is None:
            self.db.execute("DELETE FROM slips WHERE slip=?", (slip,))
            self.db.commit()

    def unless(self, slip, kept):
        if not kept:
            self.db.execute("DELETE FROM slips WHERE slip=?", (slip,))
            self.db.commit()

    def over(self, slip):
        row = self.db.execute("SELECT ends FROM slips WHERE slip=?", (slip,)).fetchone()
        return row and row[0] < time.time()

    def asked(self, slip, fetch):  # safe
        if self.over(slip):
            found = fetch(slip)
            if found:
                self.settle(slip, found)

    def asked_early(self, slip, fetch):  # safe
        if self.over(slip):
            found = fetch(slip)
            if found is None:
                return
            self.settle(slip, found)

    def made(self, slip):  # safe
        if self.over(slip):
            self.settle(slip, f"{slip}!")

    def kept(self, slip, fetch):  # safe
        if self.over(slip):
            found = fetch(slip)
            if found:
                self.unless(slip, found)

    def dropped(self, slip):  # race
        if self.over(slip):
            self.settle(slip)

    def whatever(self, slip, fetch):  # race
        if self.over(slip):
            self.settle(slip, fetch(slip))

    def other_asked(self, slip, fetch):  # race
        if self.over(slip):
            found = fetch(slip)
            other = fetch(found)
            if found:
                self.settle(slip, other)

    def not_kept(self, slip, fetch):  # race
        if self.over(slip):
            self.unless(slip, fetch(slip))
