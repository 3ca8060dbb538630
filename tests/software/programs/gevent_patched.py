"""gevent, which makes greenlets of threads: everything that waits lets others run."""

from __future__ import annotations

from typing import Any


def greenlets_wait() -> None:
    """What a hub has to survive: each wait is ended by another greenlet."""
    import concurrent.futures
    import logging
    import queue
    import threading

    logging.getLogger("greenlets").addHandler(logging.NullHandler())
    few: Any = queue.Queue(1)
    got: list[Any] = []

    def consume() -> None:
        got.extend(few.get() for _ in range(20))

    def produce() -> None:
        for number in range(20):
            few.put(number)

    threads = [threading.Thread(target=one) for one in (consume, produce)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert got == list(range(20))
    condition, event = threading.Condition(), threading.Event()
    semaphore, barrier = threading.Semaphore(0), threading.Barrier(2)

    def other() -> None:
        with condition:
            condition.notify_all()
        event.set()
        semaphore.release()
        barrier.wait()

    with condition:
        thread = threading.Thread(target=other)
        thread.start()
        assert condition.wait(20)
    assert event.wait(20) and semaphore.acquire(timeout=20)
    barrier.wait(20)
    thread.join()
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        assert list(pool.map(abs, [-1, -2])) == [1, 2]
    timer = threading.Timer(0.01, got.append, ["timer"])
    timer.start()
    timer.join()
    assert got[-1] == "timer"


def run(_factory: Any) -> None:
    """The program."""
    from gevent import monkey

    monkey.patch_all()
    greenlets_wait()
