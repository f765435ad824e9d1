"""Rows that belong to another one, asked for and made by its manager."""

from django.db import models
from django.http import HttpResponse


class Comment(models.Model):
    user = models.ForeignKey("auth.User", on_delete=models.CASCADE)
    text = models.TextField()


class Vote(models.Model):
    user = models.ForeignKey("auth.User", on_delete=models.CASCADE, related_name="votes")
    item = models.IntegerField(unique=True)


def comment(request):  # race
    if request.user.comment_set.count() >= 5:
        return HttpResponse(status=409)
    Comment.objects.create(user=request.user, text="x")
    return HttpResponse()


def vote(request, item):  # race
    if not request.user.votes.filter(item=item).exists():
        request.user.votes.create(item=item)
    return HttpResponse()


def vote_once(request, item):  # safe
    request.user.votes.get_or_create(item=item)
    return HttpResponse()


def seen(request, item):  # safe
    if item in request.session.seen_set:
        return HttpResponse(status=409)
    request.visited_set.update(item)
    return HttpResponse()
