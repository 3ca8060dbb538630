"""Thousands of timers that are cancelled or fire: in order, never early, each once."""

import itertools
import random
from typing import Any

MODULE = "asyncio"
STDLIB_SURVIVES = True


def run(asyncio: Any, rng: random.Random) -> None:
    """With and without other work in the loop."""
    for busy in (False, True):
        asyncio.run(_main(asyncio, rng, busy))


async def _main(asyncio: Any, rng: random.Random, busy: bool) -> None:
    loop = asyncio.get_running_loop()
    fired: list[tuple[float, int]] = []
    start = loop.time()
    resolution = loop._clock_resolution

    def fire(when: float, number: int) -> None:
        assert loop.time() + resolution >= when
        fired.append((when, number))

    handles = {}
    for number in range(3000):
        when = start + rng.choice([0.0, 0.01, 0.02, rng.random() / 20, 1000.0])
        handles[number] = loop.call_at(when, fire, when, number)
    cancelled = set()
    for number, handle in handles.items():
        if handle.when() > start + 100 or rng.random() < 0.4:
            handle.cancel()
            cancelled.add(number)
    expected = set(handles) - cancelled
    while len(fired) < len(expected):
        if busy:
            number, handle = rng.choice(list(handles.items()))
            if number not in expected and rng.random() < 0.5:
                handle.cancel()
            await asyncio.sleep(0)
        else:
            await asyncio.sleep(0.01)
    await asyncio.sleep(0.02)
    assert sorted(number for _, number in fired) == sorted(expected)
    times = [when for when, _ in fired]
    # In the order of their times; those of the same nanosecond may change places.
    assert all(b > a - 2e-9 for a, b in itertools.pairwise(times))
    assert all(handles[number].cancelled() for number in cancelled)
