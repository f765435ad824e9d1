"""What is put into a queue is run by whoever takes it from there."""

from .orders import style


class Written:
    def __init__(self, connection):
        self.c = connection.cursor()

    @style.queued
    def add_ordered(self, name):  # unshown
        self.c.execute("SELECT id FROM ordered WHERE name=?", (name,))
        if self.c.fetchone() is not None:
            return False
        self.c.execute("INSERT INTO ordered (name) VALUES (?)", (name,))
        return True

    @style.checked
    def add_checked(self, name):  # race
        self.c.execute("SELECT id FROM checked WHERE name=?", (name,))
        if self.c.fetchone() is not None:
            return False
        self.c.execute("INSERT INTO checked (name) VALUES (?)", (name,))
        return True

    @style.spread
    def add_spread(self, name):  # race
        self.c.execute("SELECT id FROM spread WHERE name=?", (name,))
        if self.c.fetchone() is not None:
            return False
        self.c.execute("INSERT INTO spread (name) VALUES (?)", (name,))
        return True
