"""Rows under the lock of another row, behind a unique key, or marked."""

import logging
import os

from django.db import DatabaseError, IntegrityError, models, transaction

log = logging.getLogger(__name__)


class Shelf(models.Model):
    name = models.CharField(max_length=40)
    closed = models.BooleanField()


class Book(models.Model):
    shelf = models.ForeignKey(Shelf, on_delete=models.CASCADE)
    title = models.CharField(max_length=40)

    class Meta:
        unique_together = [("shelf", "title")]


def put_on(shelf, title):  # safe
    with transaction.atomic():
        Shelf.objects.select_for_update().get(pk=shelf.pk)
        book = Book.objects.filter(shelf=shelf, title=title).first()
        if book is None:
            Book(shelf=shelf, title=title).save()


def put_on_loose(shelf, title):  # race
    with transaction.atomic():
        book = Book.objects.filter(shelf=shelf, title=title).first()
        if book is None:
            Book(shelf=shelf, title=title).save()


def shut(ident):  # safe
    shelf = Shelf.objects.get(pk=ident)
    shelf.closed = True
    shelf.save(update_fields=["closed"])
    return shelf


def note(cursor, key, value):  # safe
    try:
        cursor.execute("INSERT INTO notes (name, value) VALUES (%s, %s)", [key, value])
    except DatabaseError as error:
        log.error("not noted: %s", error)


def note_or_end(cursor, key, value):  # safe
    try:
        cursor.execute("INSERT INTO notes (name, value) VALUES (%s, %s)", [key, value])
    except DatabaseError:
        os._exit(3)


def note_quietly(cursor, key, value):  # race
    try:
        cursor.execute("INSERT INTO notes (name, value) VALUES (%s, %s)", [key, value])
    except DatabaseError:
        return False
    return True


def note_all(cursor, rows):
    for key, value in rows:
        note_quietly(cursor, key, value)
