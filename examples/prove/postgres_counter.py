"""Counting in PostgreSQL through several libraries: postgres_counter.py LIBRARY URL WAY

LIBRARY is psycopg, psycopg2 or asyncpg (through a pool); WAY is `plain` (read, then write) or `locked` (SELECT ... FOR UPDATE).
"""

import asyncio
import sys


def blocking(library, url, select):
    connection = library.connect(url)
    cursor = connection.cursor()
    cursor.execute(select)
    value = cursor.fetchone()[0]
    cursor.execute("UPDATE c SET v = %s", (value + 1,))
    connection.commit()


async def pooled(library, url, select):
    pool = await library.create_pool(url, min_size=2, max_size=4, ssl=False)
    async with pool.acquire() as connection, connection.transaction():
        value = await connection.fetchval(select)
        await connection.execute("UPDATE c SET v = $1", value + 1)
    await pool.close()


def main(name, url, way):
    library = __import__(name)
    select = "SELECT v FROM c" + (" FOR UPDATE" if way == "locked" else "")
    if name == "asyncpg":
        asyncio.run(pooled(library, url, select))
    else:
        blocking(library, url, select)


main(*sys.argv[1:])
