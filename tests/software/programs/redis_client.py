"""redis-py's asyncio client: a pool, pipelines, subscriptions, blocking reads."""

import asyncio
import os
from typing import Any

from redis.asyncio import BlockingConnectionPool, Redis


async def main() -> None:
    """Against the server whose port is in the environment."""
    pool = BlockingConnectionPool(
        host="127.0.0.1", port=int(os.environ["REDIS_PORT"]), max_connections=10
    )
    client: Any = Redis.from_pool(pool)
    await client.flushall()
    await asyncio.gather(*(_count(client) for _ in range(200)))
    assert await client.get("count") == b"200"
    large = os.urandom(3_000_000)
    await client.set("large", large)
    assert await client.get("large") == large
    async with client.pipeline() as pipe:
        for number in range(1000):
            pipe.rpush("list", number)
        assert await pipe.execute() == [*range(1, 1001)]
    assert len(await client.lrange("list", 0, -1)) == 1000
    await _subscription(client)
    await _waiting(client)
    await client.aclose()


async def _count(client: Any) -> None:
    await client.incr("count")


async def _subscription(client: Any) -> None:
    got: list[int] = []
    async with client.pubsub() as channel:
        await channel.subscribe("news")
        ready = await channel.get_message(timeout=10)
        assert ready["type"] == "subscribe"
        for number in range(50):
            await client.publish("news", number)
        while len(got) < 50:
            message = await channel.get_message(timeout=10)
            if message is not None:
                got.append(int(message["data"]))
    assert got == [*range(50)]


async def _waiting(client: Any) -> None:
    waiting = asyncio.ensure_future(client.blpop("later", 30))
    await asyncio.sleep(0.02)
    await client.rpush("later", "now")
    assert await waiting == (b"later", b"now")
    cancelled = asyncio.ensure_future(client.blpop("never", 30))
    await asyncio.sleep(0.02)
    cancelled.cancel()
    await asyncio.wait([cancelled])
    assert cancelled.cancelled()
    # The pool is as good as before.
    await asyncio.gather(*(client.ping() for _ in range(30)))
