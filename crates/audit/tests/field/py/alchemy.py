from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

from .tables import SessionLocal, engine


class Base(DeclarativeBase):
    pass


class Account(Base):
    __tablename__ = "account"
    id: Mapped[int] = mapped_column(primary_key=True)
    email: Mapped[str]
    balance: Mapped[int]
    version: Mapped[int]


def get_or_create2(session: Session, email):  # race
    account = session.execute(select(Account).where(Account.email == email)).scalar_one_or_none()
    if not account:
        account = Account(email=email)
        session.add(account)
        session.flush()
    return account


def get_or_create3(session, email):  # race
    account = session.scalar(select(Account).filter_by(email=email))
    if account is not None:
        return account
    account = Account(email=email)
    session.add(account)
    session.commit()
    return account


async def get_or_create_async(session, email):  # race
    result = await session.execute(select(Account).where(Account.email == email))
    account = result.scalars().first()
    if account is None:
        account = Account(email=email)
        session.add(account)
        await session.commit()
    return account


def register(email):  # race
    with SessionLocal() as db:
        stmt = select(Account).where(Account.email == email)
        if db.execute(stmt).first():
            raise ValueError("taken")
        db.add(Account(email=email))
        db.commit()


def register_legacy(db, email):  # race
    existing = db.query(Account).filter(Account.email == email).first()
    if existing:
        raise ValueError("taken")
    account = Account(email=email)
    db.add(account)
    db.commit()
    db.refresh(account)
    return account


def deposit(session: Session, ident, amount):  # race
    account = session.get(Account, ident)
    account.balance += amount
    session.commit()


def deposit2(session: Session, ident, amount):  # race
    account = session.execute(select(Account).where(Account.id == ident)).scalar_one()
    account.balance = account.balance + amount
    session.commit()


def withdraw(ident, amount):  # race
    with Session(engine) as session, session.begin():
        account = session.get(Account, ident)
        if account.balance < amount:
            raise ValueError
        account.balance = account.balance - amount


def deposit_locked(session: Session, ident, amount):  # safe
    account = session.get(Account, ident, with_for_update=True)
    account.balance += amount
    session.commit()


def deposit_locked2(session: Session, ident, amount):  # safe
    account = session.execute(select(Account).where(Account.id == ident).with_for_update()).scalar_one()
    account.balance += amount
    session.commit()


def deposit_sql(session: Session, ident, amount):  # safe
    account = session.get(Account, ident)
    account.balance = Account.balance + amount
    session.commit()


def rename(session: Session, ident, email):  # safe
    account = session.get(Account, ident)
    account.email = email
    session.commit()


def create_right(session: Session, email):  # safe
    account = session.scalars(select(Account).where(Account.email == email)).first()
    if account is None:
        try:
            with session.begin_nested():
                account = Account(email=email)
                session.add(account)
                session.flush()
        except IntegrityError:
            account = session.scalars(select(Account).where(Account.email == email)).one()
    return account


def create_right2(session: Session, email):  # safe
    account = Account(email=email)
    session.add(account)
    try:
        session.commit()
    except IntegrityError:
        session.rollback()
        raise ValueError("taken")


def listing(session):  # safe
    return [a.email for a in session.scalars(select(Account))]


def deposit_for(session: Session, ident, amount):  # safe
    account = session.get(Account, ident)
    account.balance += amount
    session.merge(account)


def close_for(session: Session, ident):  # safe
    account = session.scalar(select(Account).where(Account.id == ident))
    if account is not None:
        session.delete(account)


def close_account(session: Session, ident):  # maybe
    account = session.scalar(select(Account).where(Account.id == ident))
    if account is not None:
        account.balance -= 1
        session.commit()


def upsert_either(session: Session, email):  # race
    account = session.query(Account).filter(Account.email == email).first()
    if account:
        account.version = 2
    else:
        account = Account(email=email)
    session.add(account)
    session.commit()


def upsert_made(session: Session, email):  # race
    account = session.query(Account).filter(Account.email == email).first()
    if account is None:
        account = Account(email=email)
    account.version = 2
    session.add(account)
    session.commit()


def touch(session: Session, email):  # safe
    account = session.query(Account).filter(Account.email == email).first()
    if account is None:
        raise LookupError(email)
    account.version = 2
    session.add(account)
    session.commit()
