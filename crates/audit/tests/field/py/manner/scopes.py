"""Sessions of SQLAlchemy that a context manager commits."""
from contextlib import contextmanager

from sqlalchemy import Column, Integer, String
from sqlalchemy.orm import declarative_base, sessionmaker

Base = declarative_base()


class Tag(Base):
    __tablename__ = "tags"
    name = Column(String, primary_key=True)
    uses = Column(Integer, default=0)
    holder = Column(String)


class Repo:
    def __init__(self, engine):
        self._factory = sessionmaker(bind=engine)

    @contextmanager
    def scope(self):
        session = self._factory()
        try:
            yield session
            session.commit()
        except Exception:
            session.rollback()
            raise
        finally:
            session.close()

    def ensure(self, name):  # race
        with self.scope() as s:
            tag = s.query(Tag).filter_by(name=name).one_or_none()
            if tag is None:
                tag = Tag(name=name)
                s.add(tag)
            return tag.name

    def use(self, name):  # race
        with self.scope() as s:
            tag = s.query(Tag).filter(Tag.name == name).first()
            tag.uses += 1

    def use_in_one(self, name):  # safe
        with self.scope() as s:
            s.query(Tag).filter(Tag.name == name).update({Tag.uses: Tag.uses + 1})

    def lease(self, name, holder):  # race
        with self.scope() as s:
            tag = s.get(Tag, name)
            if tag.holder is None:
                tag.holder = holder
                return True
            return False

    def lease_locked(self, name, holder):  # safe
        with self.scope() as s:
            tag = s.query(Tag).with_for_update().filter_by(name=name).one()
            if tag.holder is None:
                tag.holder = holder
                return True
            return False
