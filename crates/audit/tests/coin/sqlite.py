import random, sqlite3, time


class Rows:

    def __init__(self, path):
        self.db = sqlite3.connect(path)

    def purge(self):
        self.db.execute("DELETE FROM entries WHERE expires < ?", (time.time(),))
        self.db.commit()

    def fetch(self, key):
        if random.random() < 0.01: self.purge()  # early a
        row = self.db.execute("SELECT value, expires FROM entries WHERE key = ?", (key,)).fetchone()
        if row is None:
            out = (None, "missing")
        elif row[1] < time.time():
            out = (None, "expired")
        else:
            out = (row[0], "ok")
        if random.random() < 0.01: self.purge()  # late a
        return out

    def peek(self, key):
        if random.random() < 0.01: self.purge()  # early b
        row = self.db.execute("SELECT value, expires FROM entries WHERE key = ?", (key,)).fetchone()
        if row is None:
            out = (None, "missing")
        elif row[1] < time.time():
            out = (None, "expired")
        else:
            out = (row[0], "ok")
        if random.random() < 0.01: self.purge()  # late b
        return out
