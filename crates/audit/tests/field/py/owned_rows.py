"""Rows that are asked whose they are, and then told something else; and rows that are asked for what they are told."""

from sqlalchemy import select
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column


class Base(DeclarativeBase):
    pass


class Chat(Base):
    __tablename__ = "chat"
    id: Mapped[int] = mapped_column(primary_key=True)
    owner: Mapped[int]
    seen: Mapped[int]
    taken: Mapped[bool]


def mark(session: Session, number, user):  # unshown
    chat = session.get(Chat, number)
    if chat and chat.owner == user:
        chat.seen = 0
        session.commit()
        return chat.id
    return None


def claim(session: Session, number, user):  # race
    chat = session.get(Chat, number)
    if chat and chat.owner == 0:
        chat.owner = user
        session.commit()
        return True
    return False


def claim_both(session: Session, number, user):  # race
    chat = session.get(Chat, number)
    if chat and chat.owner == user and not chat.taken:
        chat.taken = True
        session.commit()
        return True
    return False


def next_free(session: Session, user):  # race
    chat = session.execute(select(Chat).where(Chat.taken == False)).scalar_one_or_none()  # noqa: E712
    if chat is not None and chat.owner != user:
        chat.taken = True
        session.commit()
        return chat.id
    return None
