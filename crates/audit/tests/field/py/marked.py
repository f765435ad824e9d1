"""Rows that are asked for by their truth, and marks that only one caller may set."""

from django.db import models, transaction


class JobLock(models.Model):
    name = models.CharField(max_length=20, unique=True)
    locked = models.BooleanField(default=False)
    seen = models.BooleanField(default=False)


def claims_what_it_got_or_created(name):  # race
    lock, created = JobLock.objects.get_or_create(name=name)
    if lock.locked:
        return False
    lock.locked = True
    lock.save()
    return True


def claims_what_it_got(name):  # race
    lock = JobLock.objects.get(name=name)
    if lock.locked:
        return False
    lock.locked = True
    lock.save()
    return True


@transaction.atomic
def claims_under_the_lock_of_the_row(name):  # safe
    lock = JobLock.objects.select_for_update().get(name=name)
    if lock.locked:
        return False
    lock.locked = True
    lock.save()
    return True


@transaction.atomic
def claims_what_it_created_under_the_lock(name):  # safe
    lock, created = JobLock.objects.select_for_update().get_or_create(name=name)
    if lock.locked:
        return False
    lock.locked = True
    lock.save()
    return True


def claims_in_one_statement(name):  # safe
    JobLock.objects.get_or_create(name=name)
    return JobLock.objects.filter(name=name, locked=False).update(locked=True) == 1


def marks_as_everybody_does(name):  # safe
    lock, created = JobLock.objects.get_or_create(name=name)
    if not lock.seen:
        lock.seen = True
        lock.save()
    return lock


class Vote(models.Model):
    user = models.IntegerField()
    poll = models.IntegerField()
    text = models.CharField(max_length=20)


def votes_once(user, poll, text):  # race
    if not Vote.objects.filter(user=user, poll=poll):
        vote = Vote(user=user, poll=poll, text=text)
        vote.save()
        return True
    return False


def votes_with_what_was_made_before(user, poll, text):  # race
    vote = Vote(poll=poll, text=text)
    votes = Vote.objects.filter(poll=poll)
    if not votes.filter(user=user):
        vote.user = user
        vote.save()
        return True
    return False


def votes_among_those_of_a_manager(user, poll, text):  # race
    votes = Vote.objects.open_ones()
    vote = Vote(user=user, poll=poll, text=text)
    if not votes.filter(user=user, poll=poll):
        vote.save()
        return True
    return False


def lists_votes(user, poll):  # safe
    votes = Vote.objects.filter(user=user, poll=poll)
    if not votes:
        return []
    return [vote.text for vote in votes]
