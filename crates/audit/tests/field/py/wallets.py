from tortoise import fields
from tortoise.expressions import F
from tortoise.models import Model
from tortoise.transactions import in_transaction


class Wallet(Model):
    owner = fields.CharField(max_length=50)
    coins = fields.IntField()


async def ensure(owner):  # race
    wallet = await Wallet.get_or_none(owner=owner)
    if wallet is None:
        wallet = await Wallet.create(owner=owner)
    return wallet


async def ensure2(owner):  # race
    if not await Wallet.filter(owner=owner).exists():
        await Wallet.create(owner=owner)


async def earn(owner, n):  # race
    wallet = await Wallet.get(owner=owner)
    wallet.coins += n
    await wallet.save()


async def ensure_right(owner):  # safe
    wallet, _ = await Wallet.get_or_create(owner=owner)
    return wallet


async def earn_right(owner, n):  # safe
    await Wallet.filter(owner=owner).update(coins=F("coins") + n)


async def earn_right2(owner, n):  # safe
    async with in_transaction():
        wallet = await Wallet.select_for_update().get(owner=owner)
        wallet.coins += n
        await wallet.save()
