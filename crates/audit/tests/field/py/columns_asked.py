"""Rows that are looked for by one of their columns, by whether there are any, and by tables kept in fields."""

from sqlalchemy import Column, Integer, String, insert, update
from sqlalchemy.orm import declarative_base

Base = declarative_base()


class Guest(Base):
    __tablename__ = "guests"
    id = Column(Integer, primary_key=True)
    name = Column(String)


class Room(Base):
    __tablename__ = "rooms"
    id = Column(Integer, primary_key=True)
    name = Column(String)


def by_a_column(session, name):  # race
    known = session.query(Guest.id).filter_by(name=name).scalar() is not None
    if not known:
        session.add(Guest(name=name))
        session.commit()


def by_a_column_of_another(session, name):  # safe
    known = session.query(Room.id).filter_by(name=name).scalar() is not None
    if not known:
        session.add(Guest(name=name))
        session.commit()


def by_whether_there_are_any(session, name):  # race
    if not session.query(session.query(Guest).filter(Guest.name == name).exists()).scalar():
        session.add(Guest(name=name))
        session.commit()


def by_whether_there_are_others(session, name):  # safe
    if not session.query(session.query(Room).filter(Room.name == name).exists()).scalar():
        session.add(Guest(name=name))
        session.commit()


def merged(session, guest, name):  # safe
    if not session.query(session.query(Guest).filter(Guest.name == name).exists()).scalar():
        session.merge(guest)
        session.commit()


def updated_or_added(session, name):  # race
    n = session.query(Guest).filter_by(name=name).update({"id": 1})
    if n == 0:
        session.add(Guest(name=name, id=1))
        session.commit()


class Guests:
    def __init__(self, engine, guests):
        self.engine = engine
        self.guests = guests

    def put(self, name):  # race
        with self.engine.connect() as conn:
            query = self.guests.select().where(self.guests.c.name == name)
            if conn.execute(query).fetchone() is None:
                conn.execute(self.guests.insert().values(name=name))

    def put_or_ignored(self, name):  # safe
        with self.engine.connect() as conn:
            query = self.guests.select().where(self.guests.c.name == name)
            if conn.execute(query).fetchone() is None:
                conn.execute(self.guests.insert().prefix_with("OR IGNORE").values(name=name))

    def counted(self, name):  # race
        with self.engine.begin() as conn:
            changed = conn.execute(
                update(self.guests).where(self.guests.c.name == name).values(n=1)
            )
            if changed.rowcount == 0:
                conn.execute(insert(self.guests).values(name=name, n=1))
