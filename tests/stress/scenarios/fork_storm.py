"""Forks while threads put and get: every child can use what it inherited."""

import os
import random
import signal
import threading
from typing import Any

STDLIB_SURVIVES = False  # a child inherits a mutex that a thread held at the fork


def _child(queues: list[Any], make: Any) -> None:
    """Runs in the child; a hang ends by SIGALRM, which the parent sees."""
    signal.alarm(20)
    for q in queues:
        q.qsize()
        q.put_nowait(-1) if not q.full() else q.get_nowait()
    own = make()
    answers: list[int] = []
    taker = threading.Thread(target=lambda: answers.append(own.get()))
    taker.start()
    own.put(5)
    taker.join()
    # A thread that waits on an inherited queue is woken by the child's own put.
    inherited = queues[0]
    while inherited.qsize():
        inherited.get_nowait()
    taker = threading.Thread(target=lambda: answers.append(inherited.get()))
    taker.start()
    inherited.put(6)
    taker.join()
    os._exit(0 if answers == [5, 6] else 3)


def run(queue: Any, rng: random.Random) -> None:
    """Twelve forks from the main thread, some from another thread."""
    kinds = [queue.Queue, queue.LifoQueue, queue.PriorityQueue]
    queues = [kind(rng.choice([0, 1, 4])) for kind in kinds]
    leave = threading.Event()

    def work(q: Any, seed: int) -> None:
        own = random.Random(seed)
        while not leave.is_set():
            try:
                if own.random() < 0.5:
                    q.put(own.randrange(99), timeout=own.choice([0.0001, 0.01]))
                else:
                    q.get(timeout=own.choice([0.0001, 0.01]))
            except (queue.Full, queue.Empty):
                pass

    workers = [
        threading.Thread(target=work, args=(q, rng.random()), daemon=True)
        for q in queues
        for _ in range(2)
    ]
    parked = [threading.Thread(target=kinds[0]().get, daemon=True) for _ in range(3)]
    for thread in workers + parked:
        thread.start()

    def storm() -> list[int]:
        statuses = []
        for _ in range(6):
            child = os.fork()
            if not child:
                _child(queues, kinds[0])
            statuses.append(os.waitpid(child, 0)[1])
        return statuses

    statuses = storm()
    other = threading.Thread(target=lambda: statuses.extend(storm()))
    other.start()
    other.join()
    leave.set()
    for thread in workers:
        thread.join()
    assert statuses == [0] * 12, [os.waitstatus_to_exitcode(s) for s in statuses]
