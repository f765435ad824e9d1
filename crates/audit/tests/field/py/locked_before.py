"""Rows that a caller locks before the method that changes them, and such as nobody locks."""

from django.db import models, transaction


class Purse(models.Model):
    held = models.IntegerField()

    def spend_held(self, amount):  # unshown
        self.held -= amount
        self.save()

    def earn_held(self, amount):  # race
        self.held += amount
        self.save()

    def burn(self, amount):  # unshown
        """To be called in a transaction with the purse locked for update."""
        self.held -= amount
        self.save()

    def lend_held(self, amount):  # race
        self.held -= amount
        self.save()


@transaction.atomic
def pay(pk, amount):
    purse = Purse.objects.select_for_update().get(pk=pk)
    purse.spend_held(amount)


def earn(pk, amount):
    purse = Purse.objects.get(pk=pk)
    purse.earn_held(amount)


@transaction.atomic
def lend_locked(pk, amount):
    purse = Purse.objects.select_for_update().get(pk=pk)
    purse.lend_held(amount)


def lend_loose(pk, amount):
    purse = Purse.objects.get(pk=pk)
    purse.lend_held(amount)
