"""pyleak names the task, the thread and the blocked loop that were left behind."""

import asyncio
import threading
import time
import warnings

from pyleak import no_event_loop_blocking, no_task_leaks, no_thread_leaks
from pyleak.base import LeakError

warnings.simplefilter("ignore")
ended = threading.Event()


async def leaves_a_task() -> None:
    async with no_task_leaks(action="raise"):
        await asyncio.create_task(asyncio.sleep(0))
        asyncio.create_task(asyncio.sleep(1000), name="forgotten")  # noqa: RUF006
        await asyncio.sleep(0)


async def blocks() -> None:
    async with no_event_loop_blocking(action="raise", threshold=0.05):
        time.sleep(0.3)
        await asyncio.sleep(0)


async def behaves() -> None:
    async with no_task_leaks(action="raise"), no_event_loop_blocking(action="raise"):
        await asyncio.gather(*(asyncio.sleep(0.001) for _ in range(5)))


def leaves_a_thread() -> None:
    with no_thread_leaks(action="raise", grace_period=0.01):
        joined = threading.Thread(target=print, args=["joined"])
        joined.start()
        joined.join()
        threading.Thread(target=ended.wait, name="forgotten").start()


def leaves_a_timer() -> None:
    with no_thread_leaks(action="raise", grace_period=0.01):
        timer = threading.Timer(1000, print)
        timer.start()
    timer.cancel()


for program in (leaves_a_task, blocks, behaves):
    try:
        asyncio.run(program())
    except LeakError as error:
        print(program.__name__, type(error).__name__, len(error.args))
    else:
        print(program.__name__, "is well")
for leaves in (leaves_a_thread, leaves_a_timer):
    try:
        leaves()
    except LeakError as error:
        print(leaves.__name__, type(error).__name__, "forgotten" in str(error))
    else:
        print(leaves.__name__, "is well")
ended.set()
for thread in threading.enumerate():
    if isinstance(thread, threading.Timer):
        thread.cancel()
