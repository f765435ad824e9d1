from django.db import models, transaction


class Event(models.Model):
    capacity = models.IntegerField()


class Seat(models.Model):
    event = models.ForeignKey(Event, on_delete=models.CASCADE)
    user = models.IntegerField()


@transaction.atomic
def book_locked(event_id, user):  # safe
    event = Event.objects.select_for_update().get(pk=event_id)
    if Seat.objects.filter(event=event).count() >= event.capacity:
        raise ValueError("sold out")
    return Seat.objects.create(event=event, user=user)


@transaction.atomic
def book_locked2(event_id, user):  # safe
    event = Event.objects.select_for_update().get(pk=event_id)
    taken = event.seat_set.count()
    if taken >= event.capacity:
        return None
    return Seat.objects.create(event=event, user=user)


def book(event_id, user):  # race
    event = Event.objects.get(pk=event_id)
    if Seat.objects.filter(event=event).count() >= event.capacity:
        raise ValueError("sold out")
    return Seat.objects.create(event=event, user=user)


class Window:
    """At most so many members of a sorted set; rows that a session gave are added to it again."""

    def __init__(self, client, session, limit: int) -> None:
        self.client = client
        self.session = session
        self.limit = limit

    def allow(self, key: str, now: float) -> bool:  # race
        self.client.zremrangebyscore(key, 0, now - 60)
        if self.client.zcard(key) >= self.limit:
            return False
        self.client.zadd(key, {str(now): now})
        return True

    def allow_other(self, key: str, other: str, now: float) -> bool:  # safe
        if self.client.zcard(key) >= self.limit:
            return False
        self.client.zadd(other, {str(now): now})
        return True

    def lock(self, ident: int, now: float) -> bool:  # race
        account = self.session.query(Event).filter_by(id=ident).first()
        if account.locked_until and account.locked_until > now:
            return False
        account.locked_until = now + 60
        self.session.add(account)
        self.session.commit()
        return True
