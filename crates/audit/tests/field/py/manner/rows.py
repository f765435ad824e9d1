"""Counters and unique names in rows: Django, peewee."""
from django.db import models
from django.db.models import F
from peewee import CharField, IntegerField, Model


class Coupon(models.Model):
    code = models.CharField(max_length=20, unique=True)
    used = models.IntegerField(default=0)
    limit = models.IntegerField(default=1)
    note = models.TextField()

    def redeem(self):  # race
        if self.used >= self.limit:
            return False
        self.used += 1
        self.save()
        return True

    def redeem_in_one(self):  # safe
        free = Coupon.objects.filter(pk=self.pk, used__lt=F("limit"))
        return free.update(used=F("used") + 1) == 1

    def annotate(self, text):  # safe
        self.note = text
        self.save()


class Article(models.Model):
    slug = models.SlugField(unique=True)

    def save(self, *args, **kwargs):  # race
        if Article.objects.filter(slug=self.slug).exists():
            raise ValueError("taken")
        super().save(*args, **kwargs)


class Counter(Model):
    name = CharField(unique=True)
    value = IntegerField(default=0)

    @classmethod
    def bump(cls, name):  # race
        row = cls.get(cls.name == name)
        row.value += 1
        row.save()
        return row.value

    @classmethod
    def bump_in_one(cls, name):  # safe
        return cls.update(value=cls.value + 1).where(cls.name == name).execute()
