"""Rows behind a layer of the program's own, which says by its names that it runs what it is given."""


class Accounts:
    def __init__(self, db):
        self.db = db

    def _known(self, name):
        return self.db.query_one("SELECT 1 FROM accounts WHERE name = %s", (name,)) is not None

    def added(self, name):  # race
        if self._known(name):
            raise ValueError(name)
        self.db.run("INSERT INTO accounts (name) VALUES (%s)", (name,))

    def added_once(self, name):  # safe
        self.db.run(
            "INSERT INTO accounts (name) VALUES (%s) ON CONFLICT (name) DO NOTHING", (name,)
        )

    def noted(self, name):  # safe
        if self._known(name):
            return
        self.notes.append("INSERT INTO accounts (name) VALUES (%s)", (name,))
