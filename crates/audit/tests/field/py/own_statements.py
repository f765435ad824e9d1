"""Statements that a class of rows begins and an execution ends, and rows that are counted by an update."""

import peewee
from django.db import IntegrityError, models
from peewee import CharField, IntegerField

database = peewee.SqliteDatabase("rowers.db")


class Rower(peewee.Model):
    name = CharField()
    seen = IntegerField()

    class Meta:
        database = database


class Landing(models.Model):
    page = models.CharField(max_length=80, unique=True)
    n = models.IntegerField()


def added_if_none_is_counted(name):  # race
    if Rower.select().where(Rower.name == name).count() == 0:
        Rower.insert(name=name, seen=0).execute()


def added_unless_there(name):  # safe
    if Rower.select().where(Rower.name == name).count() == 0:
        Rower.insert(name=name, seen=0).on_conflict_ignore().execute()


def updated_or_added(name):  # race
    rows = Rower.update(seen=1).where(Rower.name == name).execute()
    if rows == 0:
        Rower.create(name=name, seen=1)


def written_back(name):  # race
    rower = Rower.get(Rower.name == name)
    Rower.update(seen=rower.seen + 1).where(Rower.name == name).execute()


def counted_by_the_server(name):  # safe
    rower = Rower.get(Rower.name == name)
    print(rower.seen)
    Rower.update(seen=Rower.seen + 1).where(Rower.name == name).execute()


def filled_in_and_saved(name):  # race
    rower = Rower.select().where(Rower.name == name).first()
    if not rower:
        rower = Rower()
        rower.name = name
        rower.save()


def filled_in_and_put_back(page):  # race
    if Landing.objects.filter(page=page).update(n=1) == 0:
        Landing.objects.create(page=page, n=1)


def told_by_the_refusal(page):  # safe
    if Landing.objects.filter(page=page).update(n=1) == 0:
        try:
            Landing.objects.create(page=page, n=1)
        except IntegrityError:
            Landing.objects.filter(page=page).update(n=1)


def updated_and_another_added(page, other):  # safe
    if Landing.objects.filter(page=page).update(n=1) == 0:
        Landing.objects.create(page=other, n=1)


class LandingManager(models.Manager):
    def found_or_made(self, page):  # race
        landings = self.filter(page=page)
        if landings.exists():
            return landings[0]
        landing = self.model(page=page, n=0)
        landing.save()
        return landing

    def found_or_made_once(self, page):  # safe
        return self.get_or_create(page=page, defaults={"n": 0})[0]
