"""asyncpg: a pool, transactions, copies, notifications, queries that are cancelled."""

import asyncio
import os
from typing import Any

import asyncpg


async def main() -> None:
    """Against the server whose port is in the environment."""
    pool = await asyncpg.create_pool(
        host="127.0.0.1",
        port=int(os.environ["POSTGRES_PORT"]),
        user="ropewalk",
        database="postgres",
        min_size=2,
        max_size=8,
    )
    async with pool:
        await pool.execute("drop table if exists item")
        await pool.execute("create table item (number int primary key, word text)")
        await asyncio.gather(*(_insert(pool, number) for number in range(100)))
        assert await pool.fetchval("select count(*) from item") == 100
        await _transactions(pool)
        await _copies(pool)
        await _cancels(pool)
        await _notifications(pool)


async def _insert(pool: Any, number: int) -> None:
    async with pool.acquire() as connection, connection.transaction():
        await connection.execute(
            "insert into item values ($1, $2)", number, f"word {number}"
        )


async def _transactions(pool: Any) -> None:
    try:
        async with pool.acquire() as connection, connection.transaction():
            await connection.execute("delete from item")
            raise LookupError
    except LookupError:
        pass
    assert await pool.fetchval("select count(*) from item") == 100


async def _copies(pool: Any) -> None:
    records = [(number, "x" * (number % 300)) for number in range(1000, 6000)]
    async with pool.acquire() as connection:
        await connection.copy_records_to_table("item", records=records)
        rows = await connection.fetch(
            "select * from item where number >= 1000 order by number"
        )
        assert [tuple(row) for row in rows] == records
        async with connection.transaction():
            seen = 0
            async for _ in connection.cursor("select * from item", prefetch=100):
                seen += 1
        assert seen == 5100


async def _cancels(pool: Any) -> None:
    try:
        await pool.execute("select pg_sleep(1000)", timeout=0.05)
    except TimeoutError:
        pass
    else:
        raise AssertionError("no time-out")
    waiting = asyncio.ensure_future(pool.execute("select pg_sleep(1000)"))
    await asyncio.sleep(0.02)
    waiting.cancel()
    await asyncio.wait([waiting])
    assert waiting.cancelled()
    ones = await asyncio.gather(*(pool.fetchval("select 1") for _ in range(30)))
    assert ones == [1] * 30


async def _notifications(pool: Any) -> None:
    got: asyncio.Queue[str] = asyncio.Queue()

    def heard(connection: Any, pid: int, channel: str, payload: str) -> None:
        got.put_nowait(payload)

    async with pool.acquire() as listening:
        await listening.add_listener("news", heard)
        for number in range(20):
            await pool.execute(f"notify news, '{number}'")
        for number in range(20):
            assert await asyncio.wait_for(got.get(), 10) == str(number)
        await listening.remove_listener("news", heard)
