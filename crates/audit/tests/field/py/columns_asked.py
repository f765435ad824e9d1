"""Rows that are looked for by one of their columns, by whether there are any, and by tables kept in fields."""

from sqlalchemy import Column, Integer, String, insert, update
from sqlalchemy.orm import declarative_base

Base = declarative_base()


class Lodger(Base):
    __tablename__ = "lodgers"
    id = Column(Integer, primary_key=True)
    name = Column(String)


class Loft(Base):
    __tablename__ = "lofts"
    id = Column(Integer, primary_key=True)
    name = Column(String)


def by_a_column(session, name):  # race
    known = session.query(Lodger.id).filter_by(name=name).scalar() is not None
    if not known:
        session.add(Lodger(name=name))
        session.commit()


def by_a_column_of_another(session, name):  # safe
    known = session.query(Loft.id).filter_by(name=name).scalar() is not None
    if not known:
        session.add(Lodger(name=name))
        session.commit()


def by_whether_there_are_any(session, name):  # race
    if not session.query(session.query(Lodger).filter(Lodger.name == name).exists()).scalar():
        session.add(Lodger(name=name))
        session.commit()


def by_whether_there_are_others(session, name):  # safe
    if not session.query(session.query(Loft).filter(Loft.name == name).exists()).scalar():
        session.add(Lodger(name=name))
        session.commit()


def merged(session, lodger, name):  # safe
    if not session.query(session.query(Lodger).filter(Lodger.name == name).exists()).scalar():
        session.merge(lodger)
        session.commit()


def updated_or_added(session, name):  # race
    n = session.query(Lodger).filter_by(name=name).update({"id": 1})
    if n == 0:
        session.add(Lodger(name=name, id=1))
        session.commit()


class Lodgers:
    def __init__(self, engine, lodgers):
        self.engine = engine
        self.lodgers = lodgers

    def put(self, name):  # race
        with self.engine.connect() as conn:
            query = self.lodgers.select().where(self.lodgers.c.name == name)
            if conn.execute(query).fetchone() is None:
                conn.execute(self.lodgers.insert().values(name=name))

    def put_or_ignored(self, name):  # safe
        with self.engine.connect() as conn:
            query = self.lodgers.select().where(self.lodgers.c.name == name)
            if conn.execute(query).fetchone() is None:
                conn.execute(self.lodgers.insert().prefix_with("OR IGNORE").values(name=name))

    def counted(self, name):  # race
        with self.engine.begin() as conn:
            changed = conn.execute(
                update(self.lodgers).where(self.lodgers.c.name == name).values(n=1)
            )
            if changed.rowcount == 0:
                conn.execute(insert(self.lodgers).values(name=name, n=1))
