from django.db import IntegrityError, models, transaction


class Association(models.Model):
    server = models.CharField(max_length=40, unique=True)
    handle = models.CharField(max_length=40)
    secret = models.CharField(max_length=40)


class Associations:
    @classmethod
    def store(cls, server, handle, secret):  # race
        try:
            row = cls.objects.get(server=server, handle=handle)
        except cls.DoesNotExist:
            row = cls(server=server, handle=handle)
        row.secret = secret
        row.save()


def keep(server, secret):  # race
    row = Association.objects.filter(server=server).first()
    if row is None:
        row = Association(server=server)
    row.secret = secret
    row.save()


def keep_told(server, secret):  # safe
    row, _ = Association.objects.get_or_create(server=server)
    row.secret = secret
    row.save()


def change(server, secret):  # safe
    row = Association.objects.filter(server=server).first()
    if row is None:
        return False
    row.secret = secret
    row.save(update_fields=["secret"])
    return True


def make(server, secret):  # safe
    row = Association(server=server)
    row.secret = secret
    row.save()


class Device(models.Model):
    last = models.IntegerField()
    used = models.IntegerField()
    expires_at = models.IntegerField()

    def count(self):  # race
        self.used = self.used + 1
        self.save()

    def count_there(self):  # safe
        self.used = models.F("used") + 1
        self.save()

    def accept(self, step):  # race
        if step <= self.last:
            return False
        self.last = step
        self.save()
        return True

    def rename(self, used):  # safe
        self.used = used
        self.save()

    def renew(self, now):  # safe
        if self.expires_at < now:
            self.expires_at = now + 60
            self.save()
