"""Signals every millisecond while the main thread puts and gets; none is lost."""

import random
import signal
import threading
from typing import Any

STDLIB_SURVIVES = False  # its handler may run while the mutex is held


def run(queue: Any, rng: random.Random) -> None:
    """The handler uses the very queues that the main thread works on."""
    rounds = 1500
    to, back = queue.Queue(rng.choice([0, 1, 3])), queue.Queue()
    noted = queue.Queue()
    extra = 0

    def handler(*_: object) -> None:
        nonlocal extra
        noted.put("signal")
        back.put(None)
        extra += 1

    def echo() -> None:
        for _ in range(rounds):
            back.put(to.get())

    worker = threading.Thread(target=echo)
    worker.start()
    signal.signal(signal.SIGALRM, handler)
    signal.setitimer(signal.ITIMER_REAL, 0.001, rng.choice([0.0003, 0.001]))
    got = nones = 0
    sent = 0
    while got < rounds:
        if sent < rounds:
            to.put(sent, timeout=60)
            sent += 1
        try:
            item = back.get(timeout=60) if sent == rounds else back.get_nowait()
        except queue.Empty:
            continue
        if item is None:
            nones += 1
        else:
            assert item == got, (item, got)
            got += 1
    signal.setitimer(signal.ITIMER_REAL, 0)
    signal.signal(signal.SIGALRM, signal.SIG_IGN)
    worker.join()
    nones += back.qsize()
    assert nones == extra == noted.qsize(), (nones, extra, noted.qsize())
