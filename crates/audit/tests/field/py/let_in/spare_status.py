"""A second row that a caller was told could not be."""
from django.db import models


class Vote(models.Model):
    user = models.ForeignKey("auth.User", on_delete=models.CASCADE)
    poll = models.ForeignKey("Poll", on_delete=models.CASCADE)


def vote(request, poll):  # race
    """One vote each."""
    if Vote.objects.filter(user=request.user, poll=poll).exists():
        raise PermissionError("you have voted")
    Vote.objects.create(user=request.user, poll=poll)


def result(poll):
    return Vote.objects.filter(poll=poll).count()
