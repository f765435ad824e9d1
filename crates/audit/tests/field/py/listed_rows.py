"""Rows that are removed by what was read of them, and stored anew in between by nobody in the tree and by somebody of it."""

from django.db import models


class Guest(models.Model):
    name = models.CharField(max_length=40)


class Helper(models.Model):
    name = models.CharField(max_length=40)


def strike_guests(wanted):  # safe
    known = set(Guest.objects.filter(name="x").values_list("id", flat=True))
    gone = known - wanted
    if gone:
        Guest.objects.filter(name="x").delete()


def strike_helpers(wanted):  # race
    known = set(Helper.objects.filter(name="x").values_list("id", flat=True))
    gone = known - wanted
    if gone:
        Helper.objects.filter(name="x").delete()


def enter_helper():
    Helper.objects.update_or_create(name="x")
