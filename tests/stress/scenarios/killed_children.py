"""Children that are killed in the middle of their work; the parent loses nothing."""

import os
import random
import signal
import threading
import time
from typing import Any

STDLIB_SURVIVES = True


def _busy_child(queue: Any) -> None:
    """Hands items round between two threads until it is killed."""
    there, back = queue.Queue(1), queue.Queue(1)

    def echo() -> None:
        while True:
            back.put(there.get())

    threading.Thread(target=echo, daemon=True).start()
    while True:
        there.put(1)
        back.get()


def run(queue: Any, rng: random.Random) -> None:
    """The parent's own traffic goes on meanwhile, and is counted."""
    q, taken = queue.Queue(2), []
    leave = threading.Event()
    put = 0

    def consume() -> None:
        while (item := q.get()) is not None:
            taken.append(item)
            q.task_done()

    def produce() -> None:
        nonlocal put
        while not leave.is_set():
            q.put(put)
            put += 1

    consumer = threading.Thread(target=consume)
    producer = threading.Thread(target=produce)
    consumer.start()
    producer.start()
    for _ in range(8):
        child = os.fork()
        if not child:
            signal.alarm(20)
            _busy_child(queue)
        time.sleep(rng.random() * 0.02)  # any moment of the child's life will do
        os.kill(child, signal.SIGKILL)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == -signal.SIGKILL
    leave.set()
    producer.join()
    q.join()
    q.put(None)
    consumer.join()
    assert taken == list(range(put))
