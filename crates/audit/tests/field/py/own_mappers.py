"""Mappers of their own, and free names that are looked for in a branch."""

from django.db import models, transaction
from django.utils.text import slugify

from .errors import NoMatch


class QuerySet:
    def __init__(self, database, model):
        self.database = database
        self.model = model

    async def get(self, **kwargs):
        rows = await self.database.run(self.build(**kwargs))
        if not rows:
            raise NoMatch()
        return self.model(**rows[0])

    async def create(self, **kwargs):
        await self.database.run(self.made(**kwargs))
        return self.model(**kwargs)

    async def get_or_create(self, defaults=None, **kwargs):  # race
        try:
            return await self.get(**kwargs), False
        except NoMatch:
            return await self.create(**{**kwargs, **(defaults or {})}), True

    async def copy_one(self, **kwargs):  # safe
        found = await self.get(**kwargs)
        return await self.create(**found.values())


class Settled:
    def __init__(self, database):
        self.database = database

    def first(self, **kwargs):
        return self.database.run(kwargs)

    def create(self, **kwargs):
        return self.database.make(kwargs)

    def get_or_create(self, **kwargs):  # safe
        found = self.first(**kwargs)
        if found is not None:
            return found
        try:
            return self.create(**kwargs)
        except IntegrityError:
            return self.first(**kwargs)


class Transacted:
    def __init__(self, database):
        self.database = database

    def get_or_create(self, **kwargs):  # safe
        with self.database.exclusive():
            found = self.first(**kwargs)
            if found is not None:
                return found
            return self.create(**kwargs)


class Table:
    def __init__(self, db):
        self.db = db

    def insert(self, row):
        return self.db.run("insert", row)

    def update(self, row, keys):
        return self.db.run("update", row, keys)

    def upsert(self, row, keys):  # race
        if self.update(row, keys) == 0:
            return self.insert(row)
        return True

    def upsert_many(self, rows, keys):  # safe
        for row in rows:
            if self.update(row, keys) == 0:
                self.insert(row)


class Post(models.Model):
    slug = models.SlugField(unique=True)
    title = models.CharField(max_length=10)

    def save(self, *args, **kwargs):  # race
        if not self.slug:
            slug = base = slugify(self.title)
            n = 1
            while Post.objects.filter(slug=slug).exists():
                slug = f"{base}-{n}"
                n += 1
            self.slug = slug
        super().save(*args, **kwargs)


class Page(models.Model):
    slug = models.SlugField(unique=True)
    title = models.CharField(max_length=10)

    def save(self, *args, **kwargs):  # safe
        if not self.slug:
            self.slug = slugify(self.title)
        super().save(*args, **kwargs)
