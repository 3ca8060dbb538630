"""nest_asyncio: a loop that runs runs again."""

import asyncio

import nest_asyncio

nest_asyncio.apply()


async def inner(number: int) -> int:
    await asyncio.sleep(0.001)
    return number


async def outer() -> list[int]:
    loop = asyncio.get_event_loop()
    one = loop.run_until_complete(inner(1))
    later = asyncio.ensure_future(inner(2))
    got = await asyncio.gather(later, inner(3))
    return [one, asyncio.run(inner(4)), *got]


print(asyncio.run(outer()))
