import sqlite3

import sqlalchemy.orm
from flask import flash


class Names:
    def __init__(self, connection):
        self.connection = connection

    def rename_and_say(self, key, name):  # maybe
        try:
            self.connection.execute("UPDATE names SET name = ? WHERE id = ?", (name, key))
            self.connection.commit()
            return name
        except sqlite3.Error:
            return None

    def rename_unheard(self, key, name):  # race
        try:
            self.connection.execute("UPDATE names SET name = ? WHERE id = ?", (name, key))
            self.connection.commit()
            return name
        except sqlite3.Error:
            return None

    def rename_alike(self, key, name):  # race
        try:
            self.connection.execute("UPDATE names SET name = ? WHERE id = ?", (name, key))
            self.connection.commit()
        except sqlite3.Error:
            return None

    def rename_one_of_two(self, key, name, old):  # maybe
        if name != old:
            try:
                self.connection.execute("UPDATE names SET name = ? WHERE id = ?", (name, key))
                self.connection.commit()
                if old:
                    return name
                else:
                    return key
            except sqlite3.Error:
                return None
        return None

    def rename_with_a_warning(self, key, name, log):  # maybe
        try:
            self.connection.execute("UPDATE names SET name = ? WHERE id = ?", (name, key))
            self.connection.commit()
        except sqlite3.Error as error:
            log.warning("could not rename %s: %s", key, error)

    def rename_and_flash(self, key, name):  # maybe
        try:
            self.connection.execute("UPDATE names SET name = ? WHERE id = ?", (name, key))
            self.connection.commit()
        except sqlite3.Error as error:
            flash(f"could not rename {key}: {error}", category="error")

    def rename_with_a_hint(self, key, name, log):  # race
        try:
            self.connection.execute("UPDATE names SET name = ? WHERE id = ?", (name, key))
            self.connection.commit()
        except sqlite3.Error as error:
            log.debug("could not rename %s: %s", key, error)


def rename_all(names, wanted):
    done = []
    for key, name in wanted:
        names.rename_unheard(key, name)
        names.rename_alike(key, name)
        if names.rename_and_say(key, name):
            done.append(key)
    return done


class Pages:
    def load(self, addresses, session):  # safe
        for address in addresses:
            page = session.get(address, timeout=3)
            page.encoding = page.apparent_encoding
            session.commit()
            yield page.text


class Visits:
    def count(self, session: sqlalchemy.orm.Session, key):  # race
        visit = session.get(Visit, key)
        visit.count = visit.count + 1
        session.commit()

    def rename_row_unheard(self, session: sqlalchemy.orm.Session, key, name):  # safe
        try:
            visit = session.get(Visit, key)
            visit.name = name
            session.commit()
            return True
        except Exception:
            return False

    def rename_row_alike(self, session: sqlalchemy.orm.Session, key, name):  # race
        try:
            visit = session.get(Visit, key)
            visit.name = name
            session.commit()
        except Exception:
            return None


def rename_rows(visits, session, wanted):
    for key, name in wanted:
        visits.rename_row_unheard(session, key, name)
        visits.rename_row_alike(session, key, name)
