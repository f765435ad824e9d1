from peewee import CharField, IntegerField, IntegrityError, Model, SqliteDatabase

db = SqliteDatabase("people.db")


class BaseModel(Model):
    class Meta:
        database = db


class User(BaseModel):
    name = CharField()
    points = IntegerField()


def ensure(name):  # race
    user = User.get_or_none(User.name == name)
    if user is None:
        user = User.create(name=name)
    return user


def ensure2(name):  # race
    try:
        return User.get(User.name == name)
    except User.DoesNotExist:
        return User.create(name=name)


def ensure4(name):  # race
    user = User.get_or_none(name=name)
    if user is None:
        user = User(name=name)
        user.save()
    return user


def award(name, n):  # race
    user = User.get(User.name == name)
    user.points += n
    user.save()


def ensure_right(name):  # safe
    user, _ = User.get_or_create(name=name)
    return user


def ensure_right2(name):  # safe
    try:
        return User.create(name=name)
    except IntegrityError:
        return User.get(User.name == name)


def award_right(name, n):  # safe
    User.update(points=User.points + n).where(User.name == name).execute()


def award_right2(name, n):  # safe
    user = User.get(User.name == name)
    user.points = User.points + n
    user.save()


def award_right3(name, n):  # safe
    with db.atomic():
        user = User.select().where(User.name == name).for_update().get()
        user.points += n
        user.save()


def rename(name, to):  # safe
    user = User.get(User.name == name)
    user.name = to
    user.save()
