import asyncio

_tokens = {}
_kept = {}
_lock = asyncio.Lock()


async def token(client, name):  # maybe
    if name not in _tokens:
        _tokens[name] = await client.login(name)
    return _tokens[name]


async def token_right(client, name):  # safe
    async with _lock:
        if name not in _kept:
            _kept[name] = await client.login(name)
    return _kept[name]


class Pool:
    def __init__(self):
        self.free = []
        self.size = 0

    async def get(self):
        if self.size < 10:
            conn = await connect()
            self.size += 1
            return conn
        return None

    async def get_right(self):  # safe
        if self.size < 10:
            self.size += 1
            return await connect()
        return None


async def connect():
    return object()
