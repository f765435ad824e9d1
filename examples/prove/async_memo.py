"""A cache of coroutines on one event loop, as callables for the prover: py:async_memo.py:NAME."""

import asyncio


class Cache:
    def __init__(self):
        self.data = {}
        self.lock = asyncio.Lock()

    async def has(self, key):
        found = key in self.data
        await asyncio.sleep(0)
        return found

    async def add(self, key, value):
        if await self.has(key):
            return False
        self.data[key] = value
        return True

    async def add_locked(self, key, value):
        async with self.lock:
            return await self.add(key, value)

    async def add_whole(self, key, value):
        if key in self.data:
            return False
        self.data[key] = value
        return True


async def setup():
    return Cache()


def add_a(cache):
    return cache.add("k", "a")


def add_b(cache):
    return cache.add("k", "b")


def locked_a(cache):
    return cache.add_locked("k", "a")


def locked_b(cache):
    return cache.add_locked("k", "b")


def whole_a(cache):
    return cache.add_whole("k", "a")


def whole_b(cache):
    return cache.add_whole("k", "b")


async def state(cache):
    return cache.data.get("k")
