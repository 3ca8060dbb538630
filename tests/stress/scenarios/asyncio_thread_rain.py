"""Threads that schedule while the loop works and while it is closed: order, no loss."""

import random
import threading
from typing import Any

MODULE = "asyncio"
STDLIB_SURVIVES = True


def run(asyncio: Any, rng: random.Random) -> None:
    """Four threads over a dozen short-lived loops."""
    for _ in range(12):
        _once(asyncio, rng)


def _once(asyncio: Any, rng: random.Random) -> None:
    loop = asyncio.new_event_loop()
    counts = [0] * 4
    seen: list[list[int]] = [[] for _ in counts]
    ready = threading.Barrier(len(counts) + 1)
    refused = threading.Semaphore(0)

    def schedule(number: int) -> None:
        ready.wait()
        try:
            while True:
                loop.call_soon_threadsafe(seen[number].append, counts[number])
                counts[number] += 1
        except RuntimeError:
            refused.release()

    threads = [threading.Thread(target=schedule, args=(n,)) for n in range(len(counts))]
    for thread in threads:
        thread.start()
    ready.wait()
    many = rng.choice([1, 500])

    async def main() -> None:
        while min(map(len, seen)) < many:
            if rng.random() < 0.5:
                await asyncio.sleep(rng.choice([0, 0.0005]))
            else:
                # The loop has nothing to do but to be woken.
                await asyncio.wrap_future(_from_a_thread(asyncio, loop))

    loop.run_until_complete(main())
    loop.close()
    for thread in threads:
        thread.join()
    for number, numbers in enumerate(seen):
        assert numbers == list(range(len(numbers))), number
        assert len(numbers) <= counts[number]


def _from_a_thread(asyncio: Any, loop: Any) -> Any:
    async def answer() -> int:
        return 1

    return asyncio.run_coroutine_threadsafe(answer(), loop)
