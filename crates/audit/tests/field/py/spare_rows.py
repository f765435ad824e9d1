"""Rows of models with and without a key that refuses the second one."""

from django.db import models
from elsewhere import Keyed
from django_otp.plugins.otp_static.models import StaticDevice


class Label(models.Model):
    id = models.AutoField(primary_key=True)
    name = models.CharField(max_length=20)
    owner = models.ForeignKey("Owner", on_delete=models.CASCADE)


class Handle(models.Model):
    name = models.CharField(max_length=20, unique=True)


class Member(models.Model):
    name = models.CharField(max_length=20)
    group = models.CharField(max_length=20)

    class Meta:
        unique_together = [("name", "group")]


class Borrowed(Keyed):
    name = models.CharField(max_length=20)


class Heir(Handle):
    owner = models.CharField(max_length=20)


def label(name):  # unshown
    if not Label.objects.filter(name=name).exists():
        Label.objects.create(name=name, owner=None)


def first_label(name):  # unshown
    it = Label.objects.filter(name=name).first()
    if it is None:
        it = Label.objects.create(name=name, owner=None)
    return it


def label_once(name):  # race
    if Label.objects.filter(name=name).exists():
        return False
    Label.objects.create(name=name, owner=None)
    return True


def handle(name):  # race
    if not Handle.objects.filter(name=name).exists():
        Handle.objects.create(name=name)


def member(name, group):  # race
    if not Member.objects.filter(name=name, group=group).exists():
        Member.objects.create(name=name, group=group)


def borrowed(name):  # race
    if not Borrowed.objects.filter(name=name).exists():
        Borrowed.objects.create(name=name)


def heir(name):  # race
    if not Heir.objects.filter(name=name).exists():
        Heir.objects.create(name=name, owner="")


def device(user):  # unshown
    it = StaticDevice.objects.filter(user=user).first()
    if it is None:
        it = StaticDevice.objects.create(user=user, name="spare")
    return it


def one_label(name):  # race
    try:
        return Label.objects.get(name=name)
    except Label.DoesNotExist:
        return Label.objects.create(name=name, owner=None)
