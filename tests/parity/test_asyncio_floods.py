"""What other threads bring faster than the loop gets it done."""

import asyncio
import threading
from types import ModuleType
from typing import Any

import pytest

from tests.loops import run

MODULE = "asyncio"


@pytest.mark.timeout(120)
def test_a_flood_from_other_threads_does_not_starve_the_loop(impl: ModuleType) -> None:
    """What waits meanwhile stays bounded, and timers have their turns."""
    beats: list[int] = []
    over = threading.Event()

    async def main() -> None:
        loop: Any = asyncio.get_running_loop()

        def flood() -> None:
            while not over.is_set():
                loop.call_soon_threadsafe(int)

        threads = [threading.Thread(target=flood) for _ in range(8)]
        for thread in threads:
            thread.start()
        try:
            while len(beats) < 3:
                await asyncio.sleep(0.01)
                beats.append(len(loop._ready))
        finally:
            over.set()
            for thread in threads:
                await asyncio.to_thread(thread.join)

    # Eight threads that never rest: on a busy machine each beat may take seconds.
    run(impl, main, patience=100.0)
    assert max(beats) < 200_000


def test_a_loop_that_stands_still_does_not_stop_who_brings_work(
    impl: ModuleType,
) -> None:
    """The loop waits for the very thread that brings more than is let wait."""
    ran: list[int] = []

    async def main() -> None:
        loop = asyncio.get_running_loop()

        def bring() -> None:
            for _ in range(50_000):
                loop.call_soon_threadsafe(ran.append, 1)

        thread = threading.Thread(target=bring)
        thread.start()
        thread.join()  # stands still
        while len(ran) < 50_000:
            await asyncio.sleep(0)

    run(impl, main)
