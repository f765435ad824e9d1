"""Statements that a class of rows begins and an execution ends, and rows that are counted by an update."""

import peewee
from django.db import IntegrityError, models
from peewee import CharField, IntegerField

database = peewee.SqliteDatabase("people.db")


class Person(peewee.Model):
    name = CharField()
    seen = IntegerField()

    class Meta:
        database = database


class Visit(models.Model):
    page = models.CharField(max_length=80, unique=True)
    n = models.IntegerField()


def added_if_none_is_counted(name):  # race
    if Person.select().where(Person.name == name).count() == 0:
        Person.insert(name=name, seen=0).execute()


def added_unless_there(name):  # safe
    if Person.select().where(Person.name == name).count() == 0:
        Person.insert(name=name, seen=0).on_conflict_ignore().execute()


def updated_or_added(name):  # race
    rows = Person.update(seen=1).where(Person.name == name).execute()
    if rows == 0:
        Person.create(name=name, seen=1)


def written_back(name):  # race
    person = Person.get(Person.name == name)
    Person.update(seen=person.seen + 1).where(Person.name == name).execute()


def counted_by_the_server(name):  # safe
    person = Person.get(Person.name == name)
    print(person.seen)
    Person.update(seen=Person.seen + 1).where(Person.name == name).execute()


def filled_in_and_saved(name):  # race
    person = Person.select().where(Person.name == name).first()
    if not person:
        person = Person()
        person.name = name
        person.save()


def filled_in_and_put_back(page):  # race
    if Visit.objects.filter(page=page).update(n=1) == 0:
        Visit.objects.create(page=page, n=1)


def told_by_the_refusal(page):  # safe
    if Visit.objects.filter(page=page).update(n=1) == 0:
        try:
            Visit.objects.create(page=page, n=1)
        except IntegrityError:
            Visit.objects.filter(page=page).update(n=1)


def updated_and_another_added(page, other):  # safe
    if Visit.objects.filter(page=page).update(n=1) == 0:
        Visit.objects.create(page=other, n=1)


class VisitManager(models.Manager):
    def found_or_made(self, page):  # race
        visits = self.filter(page=page)
        if visits.exists():
            return visits[0]
        visit = self.model(page=page, n=0)
        visit.save()
        return visit

    def found_or_made_once(self, page):  # safe
        return self.get_or_create(page=page, defaults={"n": 0})[0]
