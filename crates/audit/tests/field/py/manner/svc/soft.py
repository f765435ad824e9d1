"""A lock file whose look is a property, and claims that answer."""
import asyncio
import os


class SoftLock:
    def __init__(self, path):
        self.path = path

    @property
    def held(self):
        return os.path.exists(self.path)

    def take(self):  # race
        if self.held:
            return False
        with open(self.path, "w") as fh:
            fh.write(str(os.getpid()))
        return True

    def take_exclusively(self):  # safe
        try:
            fd = os.open(self.path, os.O_CREAT | os.O_EXCL)
        except FileExistsError:
            return False
        os.close(fd)
        return True


class Leases:
    def __init__(self, client):
        self._client = client
        self._owned = {}

    async def claim(self, key):  # maybe
        if key in self._owned:
            return False
        lease = await self._client.grant(key)
        self._owned[key] = lease
        return True

    async def claim_before_it_waits(self, key):  # safe
        if key in self._owned:
            return False
        self._owned[key] = None
        self._owned[key] = await self._client.grant(key)
        return True

    async def drop(self, key):
        self._owned.pop(key, None)
