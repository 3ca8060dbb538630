"""The interpreter ends while daemon threads are in Python code that the engine called.

Up to CPython 3.13 it ends such a thread by unwinding its stack, calls of the engine
among it (docs/adr/0008-threads-at-exit.md).
"""

import contextlib
import random
import sys
import threading
import time
from collections.abc import Callable
from typing import Any

MODULE = "*"
STDLIB_SURVIVES = True


def run(modules: Any, rng: random.Random) -> None:
    """Returns, or leaves by SystemExit, as soon as each thread is in such a call."""
    begun = threading.Semaphore(0)
    sleeps, computes = rng.random() < 0.8, rng.random() < 0.8

    def a_while() -> None:
        """Lets go of the interpreter and wants it again, in both ways there are."""
        begun.release()
        if sleeps:
            time.sleep(0.0002)
        if computes or not sleeps:
            sum(number * number for number in range(300))

    def for_ever(*_: object) -> Any:
        while True:
            a_while()

    scenes = _scenes(modules, a_while, for_ever)
    count = rng.choice([1, 4, 12])
    for scene in rng.choices(scenes, k=count):
        threading.Thread(target=scene, daemon=True).start()
    for _ in range(rng.choice([count, 3 * count])):
        begun.acquire()
    if rng.random() < 0.5:
        sys.exit(0)


Call = Callable[..., Any]


def _start(target: Call) -> None:
    """Start a daemon thread; from 3.12 on that is refused once the program ends."""
    with contextlib.suppress(RuntimeError):
        threading.Thread(target=target, daemon=True).start()


def _scenes(modules: Any, a_while: Call, for_ever: Call) -> list[Call]:
    """What a thread may be at."""
    return [
        *_queue_scenes(modules.queue, a_while, for_ever),
        *_threading_scenes(modules.threading, for_ever),
        *_futures_scenes(modules.futures, a_while, for_ever),
        *_asyncio_scenes(modules.asyncio, a_while, for_ever),
        # Such a thread ends as without us, in the same process.
        for_ever,
    ]


def _queue_scenes(queue: Any, a_while: Call, for_ever: Call) -> list[Call]:
    class Hooked(queue.Queue):  # type: ignore[misc]
        def _put(self, item: Any) -> None:
            for_ever(super()._put(item))

    class Above(queue.Queue):  # type: ignore[misc]
        def put(self, *args: Any, **kwargs: Any) -> None:
            for_ever(super().put(*args, **kwargs))

    class Compared:
        __lt__ = for_ever

    class Short:
        def __lt__(self, other: object) -> bool:
            a_while()
            return id(self) < id(other)

    class Converted:
        __float__ = __index__ = __lt__ = for_ever

    class Finalised:
        __del__ = for_ever

    def looked_into() -> None:
        ring = queue.Queue()
        with ring.mutex:
            ring.queue.append(object())

        def hand_on() -> None:
            while True:
                ring.put(ring.get())
                a_while()

        _start(hand_on)
        hand_on()

    def compared(kind: type) -> None:
        by_rank = queue.PriorityQueue()
        by_rank.put(kind())
        while True:
            by_rank.put(kind())

    def finalised() -> None:
        kept = queue.LifoQueue()
        kept.put(Finalised())
        del kept

    return [
        lambda: Hooked().put(0),
        lambda: Above().put_nowait(0),
        lambda: compared(Compared),
        lambda: compared(Short),
        lambda: queue.Queue().get(timeout=Converted()),
        looked_into,
        finalised,
    ]


def _threading_scenes(threads: Any, for_ever: Call) -> list[Call]:
    def waits_for() -> None:
        condition = threads.Condition()
        with condition:
            condition.wait_for(for_ever)

    class TheirLock:
        acquire = release = locked = __enter__ = __exit__ = _is_owned = for_ever

    return [
        lambda: threads.Barrier(1, action=for_ever).wait(),
        lambda: threads.Timer(0, for_ever).run(),
        waits_for,
        lambda: threads.Condition(TheirLock()).notify(),
        lambda: threads.Condition(TheirLock()).__enter__(),
    ]


def _futures_scenes(futures: Any, a_while: Call, for_ever: Call) -> list[Call]:
    def calls_back() -> None:
        future = futures.Future()
        future.add_done_callback(for_ever)
        future.set_result(None)

    def called_at_once() -> None:
        future = futures.Future()
        future.set_result(None)
        future.add_done_callback(for_ever)

    def submits(through: str) -> None:
        # What is submitted after the interpreter has begun to end raises one.
        try:
            while True:
                with futures.ThreadPoolExecutor(2) as executor:
                    if through == "map":
                        list(executor.map(lambda _: a_while(), range(4)))
                    else:
                        executor.submit(a_while).result()
        except RuntimeError:
            return

    return [
        calls_back,
        called_at_once,
        lambda: submits("submit"),
        lambda: submits("map"),
    ]


def _asyncio_scenes(asyncio: Any, a_while: Call, for_ever: Call) -> list[Call]:
    async def calls_soon() -> None:
        asyncio.get_running_loop().call_soon(for_ever)
        await asyncio.sleep(1000)

    async def works() -> None:
        while True:
            await asyncio.gather(asyncio.sleep(0), asyncio.sleep(0.0001))
            a_while()

    async def hands_round() -> None:
        queue = asyncio.Queue(1)

        async def put() -> None:
            while True:
                await queue.put(0)
                a_while()

        putting = asyncio.ensure_future(put())
        while not putting.done():
            await queue.get()
            a_while()

    async def waits() -> None:
        # The thread sleeps in the poller, and is told from outside that there is work.
        loop = asyncio.get_running_loop()

        def tell() -> None:
            while True:
                loop.call_soon_threadsafe(a_while)
                a_while()

        _start(tell)
        await asyncio.sleep(1000)

    return [
        lambda main=main: asyncio.run(main())
        for main in (calls_soon, works, hands_round, waits)
    ]
