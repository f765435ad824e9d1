"""Rows that somebody purges while they are renewed, and rows that two make."""

from django.db import models


class Badge(models.Model):
    name = models.CharField(max_length=40)


class Pass(models.Model):
    name = models.CharField(max_length=40, unique=True)


def renew_badges(name):  # safe
    found = Badge.objects.filter(name=name)
    if found.exists():
        Badge.objects.update_or_create(name=name)


def purge_badges():
    Badge.objects.filter(name="old").delete()


def issue(name):  # race
    if not Pass.objects.filter(name=name).exists():
        Pass.objects.create(name=name)
