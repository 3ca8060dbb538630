"""`queue.threadsafe`: threads and tasks share one queue, and nothing is lost."""

import asyncio
import signal
import threading
from collections import Counter
from typing import Any

import pytest
from ropewalk import asyncio as ours

from tests import implementations
from tests.threads import sleeps, wait_until

pytestmark = pytest.mark.skipif(
    implementations.STDLIB_ONLY, reason="the standard library has no such thing"
)
KINDS = ["Queue", "LifoQueue", "PriorityQueue"]


def test_without_a_loop() -> None:
    q: Any = ours.Queue(1)
    end = q.threadsafe
    end.put(1)
    with pytest.raises(asyncio.QueueFull):
        end.put_nowait(2)
    with pytest.raises(asyncio.QueueFull):
        end.put(2, timeout=0.001)
    assert end.get() == 1
    with pytest.raises(asyncio.QueueEmpty):
        end.get_nowait()
    with pytest.raises(asyncio.QueueEmpty):
        end.get(timeout=0.001)
    with pytest.raises(ValueError, match="non-negative"):
        end.get(timeout=-1)


def test_there_is_one_end() -> None:
    q: Any = ours.Queue()
    assert q.threadsafe is q.threadsafe


def test_a_blocked_loop_is_refused() -> None:
    async def main() -> None:
        q: Any = ours.Queue()
        with pytest.raises(RuntimeError, match="await the queue's own method"):
            q.threadsafe.get()
        q.threadsafe.put(1)
        assert q.threadsafe.get() == 1

    asyncio.run(main())


def test_a_thread_wakes_a_task_and_a_task_a_thread() -> None:
    async def main() -> None:
        there: Any = ours.Queue()
        back: Any = ours.Queue(1)

        def answer() -> None:
            for _ in range(200):
                back.threadsafe.put(there.threadsafe.get() + 1)

        assert there.threadsafe is not back.threadsafe
        thread = threading.Thread(target=answer)
        thread.start()
        for number in range(200):
            await there.put(number)
            assert await back.get() == number + 1
        await asyncio.to_thread(thread.join)

    asyncio.run(asyncio.wait_for(main(), 120))


@pytest.mark.parametrize("maxsize", [0, 1, 7])
@pytest.mark.parametrize("kind", KINDS)
def test_nothing_is_lost_or_doubled(kind: str, maxsize: int) -> None:
    """Threads and tasks at both ends; tasks are cancelled now and then."""
    each, got = 300, Counter[int]()

    async def main() -> None:
        q: Any = getattr(ours, kind)(maxsize)
        end = q.threadsafe

        def put_in_thread(first: int) -> None:
            for number in range(first, first + each):
                end.put(number)

        def get_in_thread() -> None:
            try:
                while True:
                    got[end.get()] += 1
                    q.task_done()
            except ours.QueueShutDown:
                pass

        async def put_in_task(first: int) -> None:
            for number in range(first, first + each):
                await q.put(number)

        async def get_in_task() -> None:
            while True:
                got[await q.get()] += 1
                q.task_done()
                await asyncio.sleep(0)

        getting = [asyncio.create_task(get_in_task()) for _ in range(3)]
        threads = [threading.Thread(target=get_in_thread) for _ in range(2)]
        threads += [
            threading.Thread(target=put_in_thread, args=(n,)) for n in (0, each)
        ]
        for thread in threads:
            thread.start()
        putting = [asyncio.create_task(put_in_task(n * each)) for n in (2, 3)]
        for _ in range(20):
            await asyncio.sleep(0)
            getting.pop(0).cancel()
            getting.append(asyncio.create_task(get_in_task()))
        await asyncio.gather(*putting)
        await asyncio.gather(*(asyncio.to_thread(t.join) for t in threads[2:]))
        await q.join()
        q.shutdown()
        for thread in threads:
            await asyncio.to_thread(thread.join)
        await asyncio.gather(*getting, return_exceptions=True)

    asyncio.run(asyncio.wait_for(main(), 240))
    assert got == Counter(range(4 * each))


def test_shutdown_wakes_threads() -> None:
    q: Any = ours.Queue()
    raised = []

    def get() -> None:
        try:
            q.threadsafe.get()
        except ours.QueueShutDown as error:
            raised.append(error)

    threads = [threading.Thread(target=get) for _ in range(3)]
    for thread in threads:
        thread.start()
    q.shutdown()
    for thread in threads:
        thread.join(60)
    assert len(raised) == 3


def test_a_signal_interrupts_a_wait() -> None:
    handled: list[int] = []
    q: Any = ours.Queue()

    def handler(*_: object) -> None:
        handled.append(1)
        raise KeyError("stopped")

    old = signal.signal(signal.SIGUSR1, handler)
    main = threading.main_thread().ident
    assert main is not None

    def interrupt() -> None:
        wait_until(lambda: sleeps(threading.main_thread()), "a parked main thread")
        signal.pthread_kill(main, signal.SIGUSR1)

    thread = threading.Thread(target=interrupt)
    thread.start()
    try:
        with pytest.raises(KeyError, match="stopped"):
            q.threadsafe.get(timeout=60)
    finally:
        signal.signal(signal.SIGUSR1, old)
        thread.join()
    assert handled == [1]
    q.threadsafe.put(1)
    assert q.threadsafe.get() == 1
