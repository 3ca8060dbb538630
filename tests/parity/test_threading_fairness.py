"""Nobody starves: whoever waits gets its turn, however fast the others come back.

The standard library's locks are fair by luck and its semaphores are not; where luck
decides, only ropewalk's are asked (`ours`).
"""

import sys
import threading
import time
from collections.abc import Callable
from types import ModuleType
from typing import Any

import pytest

from tests import implementations
from tests.scripts import run
from tests.threads import Background, wait_until

MODULE = "threading"
KINDS = ["Lock", "RLock", "Semaphore", "BoundedSemaphore", "Condition"]
only_ours = pytest.mark.skipif(
    implementations.STDLIB_ONLY, reason="the standard library promises no turns"
)


def _sleep() -> None:
    time.sleep(0.001)


def _write() -> None:
    with open("/dev/null", "wb", buffering=0) as file:
        for _ in range(100):
            file.write(b"x" * 1000)


def _compute() -> None:
    sum(range(20_000))


TURNS = [_sleep, _write, _compute]


def _turns(guard: Any, turn: Callable[[], None], threads: int, least: int) -> list[int]:
    """How many turns each thread had by the time that every one had `least`."""
    had = [0] * threads
    start = threading.Barrier(threads)

    def work(number: int) -> None:
        start.wait()
        while True:
            with guard:
                if min(had) >= least:
                    return
                had[number] += 1
                turn()

    workers = [Background(work, number) for number in range(threads)]
    for worker in workers:
        worker.result()
    return had


@only_ours
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("turn", TURNS)
@pytest.mark.parametrize("threads", [2, 4, 16])
def test_every_thread_has_its_turns(
    ours: ModuleType, kind: str, turn: Callable[[], None], threads: int
) -> None:
    had = _turns(getattr(ours, kind)(), turn, threads, 40)
    # They run evenly; a share that small means that luck decides who goes on.
    assert min(had) * threads >= 0.1 * sum(had), had


@only_ours
@pytest.mark.parametrize("kind", KINDS)
def test_who_waits_gets_it_while_another_takes_it_again_and_again(
    ours: ModuleType, kind: str
) -> None:
    guard = getattr(ours, kind)()
    stop: list[int] = []

    def hog() -> None:
        while not stop:
            with guard:
                time.sleep(0.002)

    hogs = Background(hog)
    for _ in range(30):
        assert guard.acquire(timeout=15) is True
        guard.release()
    stop.append(1)
    hogs.result()


@only_ours
def test_each_of_two_permits_goes_round(ours: ModuleType) -> None:
    assert max(_turns(ours.Semaphore(2), _sleep, 5, 50)) < 500


@only_ours
@pytest.mark.parametrize("kind", ["Lock", "RLock"])
def test_a_notified_thread_gets_its_lock_back(ours: ModuleType, kind: str) -> None:
    condition = ours.Condition(getattr(ours, kind)())
    rounds: list[int] = []
    stop: list[int] = []

    def wait() -> None:
        with condition:
            while len(rounds) < 20:
                condition.wait()
                rounds.append(1)
        stop.append(1)

    def notify() -> None:
        while not stop:
            with condition:
                condition.notify()
                time.sleep(0.001)

    waiting = Background(wait).parked()
    notifying = [Background(notify) for _ in range(2)]
    waiting.result()
    for thread in notifying:
        thread.result()


@only_ours
def test_a_wait_with_an_end_or_none_is_served_among_many(ours: ModuleType) -> None:
    lock = ours.Lock()
    stop: list[int] = []

    def hog() -> None:
        while not stop:
            with lock:
                time.sleep(0.0005)

    def hasty() -> int:
        had = 0
        while not stop:
            if lock.acquire(timeout=0.002):
                had += 1
                lock.release()
        return had

    hogs = [Background(hog) for _ in range(2)]
    hurries = [Background(hasty) for _ in range(3)]
    for _ in range(50):
        assert lock.acquire(timeout=15)
        lock.release()
    stop.append(1)
    for hog_thread in hogs:
        hog_thread.result()
    for hurry in hurries:
        hurry.result()
    assert not lock.locked()


@only_ours
def test_a_handler_that_raises_loses_no_lock(ours: ModuleType) -> None:
    out = run(
        ours,
        """
        class Stop(Exception): pass
        armed, stop, stopped = [], [], 0
        def handler(*_):
            if armed:
                armed.clear()
                raise Stop
        signal.signal(signal.SIGALRM, handler)
        lock = threading.RLock()
        def hog():
            while not stop:
                with lock: time.sleep(.0007)
        hogs = [Background(hog) for _ in range(2)]
        signal.setitimer(signal.ITIMER_REAL, .0013, .0013)
        while stopped < 100:
            try:
                armed.append(1)
                lock.acquire()
                armed.clear()
            except Stop:
                stopped += 1
            # It may have come just after the lock was taken.
            if lock._is_owned():
                lock.release()
        signal.setitimer(signal.ITIMER_REAL, 0)
        stop.append(1)
        for thread in hogs: thread.result()
        say(lock.acquire(timeout=10))
        """,
    )
    assert out == "True\n"


def test_two_threads_that_log_through_a_slow_handler_both_log(impl: ModuleType) -> None:
    out = run(
        impl,
        """
        import logging
        lines = {"a": 0, "b": 0}
        class Slow(logging.Handler):
            def emit(self, record):
                time.sleep(.002)
                lines[record.msg] += 1
        log = logging.getLogger("slow")
        log.propagate = False
        log.addHandler(Slow())
        def work(name):
            while min(lines.values()) < 20:
                log.error(name)
        threads = [Background(work, name) for name in lines]
        for thread in threads: thread.result()
        say(min(lines.values()) >= 20)
        """,
    )
    assert out == "True\n"


def test_a_program_ends_while_daemon_threads_make_executors(impl: ModuleType) -> None:
    out = run(
        impl,
        """
        from concurrent.futures import ThreadPoolExecutor
        made = []
        def work():
            while True:
                try:
                    with ThreadPoolExecutor(2) as executor:
                        executor.submit(int).result()
                except RuntimeError:
                    continue  # refused, because the program ends
                made.append(1)
        for _ in range(3):
            threading.Thread(target=work, daemon=True).start()
        wait_until(lambda: len(made) > 20)
        say("ends")
        """,
    )
    assert out == "ends\n"


@only_ours
def test_who_computes_without_a_pause_keeps_nobody_out(ours: ModuleType) -> None:
    lock = ours.Lock()
    stop: list[int] = []
    interval = sys.getswitchinterval()

    def hog() -> None:
        while not stop:
            with lock:
                pass

    sys.setswitchinterval(1e-4)
    try:
        hogs = [Background(hog) for _ in range(3)]
        for _ in range(50):
            assert lock.acquire(timeout=15)
            lock.release()
        stop.append(1)
        for thread in hogs:
            thread.result()
    finally:
        sys.setswitchinterval(interval)
    wait_until(lambda: not lock.locked())
