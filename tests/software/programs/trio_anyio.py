"""trio, and anyio on it: nurseries, channels, threads, a child process."""

from __future__ import annotations

from typing import Any


def run(_factory: Any) -> None:
    """The program."""
    import anyio
    import trio

    async def send(channel: Any) -> None:
        async with channel:
            for number in range(3):
                await channel.send(number)

    async def main() -> None:
        sender, receiver = trio.open_memory_channel[int](0)
        async with trio.open_nursery() as nursery:
            nursery.start_soon(send, sender)
            async with receiver:
                assert [number async for number in receiver] == [0, 1, 2]
        await trio.to_thread.run_sync(lambda: trio.from_thread.run(trio.sleep, 0))
        with trio.move_on_after(0.01) as scope:
            await trio.sleep_forever()
        assert scope.cancelled_caught
        done = await trio.run_process(["echo", "hi"], capture_stdout=True)
        assert done.stdout == b"hi\n"

    async def on_both() -> None:
        await anyio.to_thread.run_sync(lambda: anyio.from_thread.run(anyio.sleep, 0))
        async with anyio.create_task_group() as group:
            group.start_soon(anyio.sleep, 0.01)

    trio.run(main)
    for backend in ("trio", "asyncio"):
        anyio.run(on_both, backend=backend)
