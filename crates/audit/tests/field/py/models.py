from django.db import models, transaction
from django.db.models import F


class Account(models.Model):
    name = models.CharField(max_length=40, unique=True)
    balance = models.IntegerField()


def subscribe(email):  # race
    if not Account.objects.filter(name=email).exists():
        Account.objects.create(name=email, balance=0)


def pay(pk, amount):  # race
    account = Account.objects.get(pk=pk)
    if account.balance >= amount:
        account.balance -= amount
        account.save()
        return True
    return False


def pay_right(pk, amount):  # safe
    with transaction.atomic():
        account = Account.objects.select_for_update().get(pk=pk)
        if account.balance >= amount:
            account.balance -= amount
            account.save()
            return True
    return False


def pay_f(pk, amount):  # safe
    return Account.objects.filter(pk=pk, balance__gte=amount).update(balance=F("balance") - amount) == 1


def hit(pk):  # race
    a = Account.objects.get(pk=pk)
    a.balance = a.balance + 1
    a.save(update_fields=["balance"])
