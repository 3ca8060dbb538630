"""Signals every millisecond while the main thread waits for others; nothing is lost."""

import random
import signal
from typing import Any

MODULE = "threading"
STDLIB_SURVIVES = False  # its handler may run while the semaphore's own lock is held


def run(threading: Any, rng: random.Random) -> None:
    """The handler gives permits to the very semaphore that is waited for."""
    rounds = 1000
    semaphore, lock = threading.Semaphore(0), threading.Lock()
    barrier = threading.Barrier(2)
    condition = threading.Condition()
    turns = [0]
    handled = 0

    def handler(*_: object) -> None:
        nonlocal handled
        handled += 1
        semaphore.release()

    def other() -> None:
        for number in range(rounds):
            semaphore.release()
            with lock:
                pass
            barrier.wait()
            with condition:
                turns[0] = number + 1
                condition.notify()

    worker = threading.Thread(target=other)
    worker.start()
    signal.signal(signal.SIGALRM, handler)
    signal.setitimer(signal.ITIMER_REAL, 0.001, rng.choice([0.0003, 0.001]))
    taken = 0
    for number in range(rounds):
        assert semaphore.acquire(timeout=rng.choice([None, 60]))
        taken += 1
        with lock:
            pass
        barrier.wait()
        with condition:
            assert condition.wait_for(lambda n=number: turns[0] > n, 60)
    signal.setitimer(signal.ITIMER_REAL, 0)
    signal.signal(signal.SIGALRM, signal.SIG_IGN)
    worker.join()
    assert semaphore._value == rounds + handled - taken, (semaphore._value, handled)
