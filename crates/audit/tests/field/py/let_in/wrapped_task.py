"""A decorator that starts the coroutine as a task, and waits for nobody."""
import asyncio
import functools


def guarded(func):
    @functools.wraps(func)
    async def wrapper(self, *args):
        async with self._lock:
            return asyncio.create_task(func(self, *args))

    return wrapper


class Counter:
    def __init__(self, remote):
        self._lock = asyncio.Lock()
        self._counts = {}
        self._remote = remote

    @guarded
    async def bump(self, key):  # race
        seen = self._counts.get(key, 0)
        more = await self._remote.fetch(key)
        self._counts[key] = seen + more
        return seen + more

    async def run(self):
        await asyncio.gather(*[self.bump("a") for _ in range(4)])
