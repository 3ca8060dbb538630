"""trio: nurseries, threads both ways, time-outs; beside threads and queues of ours."""

import queue
import threading
from typing import Any

import trio

results: queue.Queue[Any] = queue.Queue()


async def main() -> None:
    sender, receiver = trio.open_memory_channel[int](1)

    async def send() -> None:
        async with sender:
            for number in range(3):
                await sender.send(number)

    async with trio.open_nursery() as nursery:
        nursery.start_soon(send)
        async with receiver:
            print([number async for number in receiver])
    print(await trio.to_thread.run_sync(lambda: trio.from_thread.run(answer)))
    with trio.move_on_after(0.01) as scope:
        await trio.sleep_forever()
    print(scope.cancelled_caught)
    token = trio.lowlevel.current_trio_token()
    thread = threading.Thread(target=from_outside, args=[token])
    thread.start()
    print(await trio.to_thread.run_sync(results.get))
    await trio.to_thread.run_sync(thread.join)


async def answer() -> int:
    await trio.sleep(0)
    return 42


def from_outside(token: Any) -> None:
    results.put(trio.from_thread.run(answer, trio_token=token))


trio.run(main)
