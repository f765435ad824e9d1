"""Rows that a loop walks over and counts in: read before, locked, or counted by the database."""

from django.db import models, transaction
from django.db.models import F


class Turn(models.Model):
    due = models.DateTimeField()
    left = models.IntegerField(default=3)
    place = models.IntegerField(default=0)


def take_turns(now, send):  # race
    for turn in Turn.objects.exclude(left=0).filter(due__lt=now):
        turn.left -= 1
        send(turn.pk)
        turn.save()


def take_turns_asked_before(now, send):  # race
    turns = Turn.objects.filter(due__lt=now)
    for turn in turns:
        if send(turn.pk):
            turn.left += -1
        turn.save()


def take_turns_locked(now, send):  # safe
    with transaction.atomic():
        for turn in Turn.objects.select_for_update().filter(due__lt=now):
            turn.left -= 1
            send(turn.pk)
            turn.save()


def take_turns_in_database(now, send):  # safe
    for turn in Turn.objects.filter(due__lt=now):
        send(turn.pk)
        Turn.objects.filter(pk=turn.pk).update(left=F("left") - 1)


def count_turns(now):  # safe
    total = 0
    for turn in Turn.objects.filter(due__lt=now):
        turn.left -= 1
        total += turn.left
    return total
