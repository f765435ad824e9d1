"""Rows that a request brings along: counted and saved as they were, counted by the database, or only named."""

from django.db import transaction
from django.db.models import F


def redeem_brought(request, submission):  # race
    voucher = getattr(request, "voucher", None)
    if voucher:
        submission.voucher = voucher
        voucher.redeemed += 1
        voucher.save()


def pay_points(request, price):  # race
    account = request.account
    account.points -= price
    account.save()
    return account


class Wizard:
    def done(self, form):  # race
        visitor = self.request.visitor
        visitor.count += 1
        visitor.save(update_fields=["count"])


def redeem_in_database(request):  # safe
    voucher = getattr(request, "voucher", None)
    if voucher:
        voucher.redeemed = F("redeemed") + 1
        voucher.save()


def redeem_locked(request):  # safe
    with transaction.atomic():
        voucher = type(request.voucher).objects.select_for_update().get(pk=request.voucher.pk)
        voucher.redeemed += 1
        voucher.save()


def counts_in_memory(request):  # safe
    counter = request.counter
    counter.hits += 1
    return counter.hits


def redeem_given(voucher):  # safe
    voucher.redeemed += 1
    voucher.save()
