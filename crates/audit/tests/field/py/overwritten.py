"""Rows that are changed whatever they say, and rows that are asked first."""

from django.db import models


class Place(models.Model):
    name = models.CharField(max_length=40)


class Seat(models.Model):
    name = models.CharField(max_length=40)
    state = models.CharField(max_length=8)


def rename_place(pk, name):  # safe
    place = Place.objects.get(pk=pk)
    if name:
        place.name = name
        place.save()
    return place


def book_seat(pk, name):  # race
    seat = Seat.objects.get(pk=pk)
    if seat.state != "free":
        return None
    seat.name = name
    seat.state = "taken"
    seat.save()
    return seat
