"""Forks while threads take, wait and notify: every child can use what it inherited."""

import os
import random
import signal
from typing import Any

MODULE = "threading"
STDLIB_SURVIVES = False  # a child notifies threads that it does not have


def _child(threading: Any, lock: Any, condition: Any, semaphore: Any) -> None:
    """Runs in the child; a hang ends by SIGALRM, which the parent sees."""
    signal.alarm(20)
    lock._at_fork_reinit()
    condition._at_fork_reinit()
    answers: list[bool] = []
    ready = threading.Event()

    def wait() -> None:
        with condition:
            ready.set()
            answers.append(condition.wait())

    waiter = threading.Thread(target=wait)
    waiter.start()
    ready.wait()
    with condition:
        condition.notify()
    waiter.join()
    while semaphore.acquire(False):
        pass
    taker = threading.Thread(target=lambda: answers.append(semaphore.acquire()))
    taker.start()
    semaphore.release()
    taker.join()
    with lock:
        os._exit(0 if answers == [True, True] else 3)


def run(threading: Any, rng: random.Random) -> None:
    """Six forks from the main thread, six from another."""
    lock, semaphore = threading.Lock(), threading.Semaphore(2)
    condition = threading.Condition()
    leave = threading.Event()

    def work(seed: float) -> None:
        own = random.Random(seed)
        while not leave.is_set():
            choice = own.randrange(4)
            if choice == 0:
                with lock:
                    pass
            elif choice == 1 and semaphore.acquire(timeout=0.001):
                semaphore.release()
            else:
                with condition:
                    condition.notify_all() if choice == 2 else condition.wait(0.001)

    workers = [threading.Thread(target=work, args=(rng.random(),)) for _ in range(5)]
    for worker in workers:
        worker.start()
    statuses: list[int] = []

    def storm() -> None:
        for _ in range(6):
            child = os.fork()
            if not child:
                _child(threading, lock, condition, semaphore)
            statuses.append(os.waitpid(child, 0)[1])

    storm()
    other = threading.Thread(target=storm)
    other.start()
    other.join()
    leave.set()
    for worker in workers:
        worker.join()
    assert statuses == [0] * 12, [os.waitstatus_to_exitcode(s) for s in statuses]
