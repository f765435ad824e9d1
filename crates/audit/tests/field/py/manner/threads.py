"""Lists, closures and coroutines."""
import asyncio
import functools
import threading


class Pool:
    def __init__(self, factory):
        self.factory = factory
        self.idle = []
        self.lock = threading.Lock()

    def take(self):  # race
        if self.idle:
            return self.idle.pop()
        return self.factory()

    def take_or_make(self):  # safe
        try:
            return self.idle.pop()
        except IndexError:
            return self.factory()

    def take_locked(self):  # safe
        with self.lock:
            return self.idle.pop() if self.idle else self.factory()

    def give(self, one):
        with self.lock:
            self.idle.append(one)


class Rooms:
    def __init__(self):
        self.rooms = {}

    async def broadcast(self, text):  # maybe
        for name in list(self.rooms):
            await self.send(self.rooms[name], text)

    async def broadcast_to_who_is_there(self, text):  # safe
        for name in list(self.rooms):
            room = self.rooms.get(name)
            if room is not None:
                await self.send(room, text)

    def count(self):  # safe
        return sum(len(self.rooms[name]) for name in list(self.rooms))

    async def close(self, name):
        self.rooms.pop(name, None)

    async def send(self, room, text):
        await asyncio.sleep(0)
