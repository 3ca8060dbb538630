"""Nobody starves at a queue; the standard library leaves that to luck (`ours`)."""

import threading
import time
from types import ModuleType
from typing import Any

import pytest

from tests import implementations
from tests.scripts import run
from tests.threads import Background

MODULE = "queue"
only_ours = pytest.mark.skipif(
    implementations.STDLIB_ONLY, reason="the standard library promises no turns"
)


def _token(impl: ModuleType, kind: str) -> Any:
    queue = getattr(impl, kind)(1)
    queue.put(1)
    return queue


@only_ours
@pytest.mark.parametrize("kind", ["Queue", "LifoQueue", "PriorityQueue"])
@pytest.mark.parametrize("threads", [2, 5])
def test_the_one_item_goes_round(ours: ModuleType, kind: str, threads: int) -> None:
    queue = _token(ours, kind)
    had = [0] * threads
    start = threading.Barrier(threads)

    def work(number: int) -> None:
        start.wait()
        while min(had) < 30:
            item = queue.get()
            had[number] += 1
            time.sleep(0.001)
            queue.put(item)

    for worker in [Background(work, number) for number in range(threads)]:
        worker.result()
    assert min(had) * threads >= 0.1 * sum(had), had
    assert queue.qsize() == 1


@only_ours
def test_the_one_place_goes_round(ours: ModuleType) -> None:
    queue = ours.Queue(1)
    had = [0] * 3

    def work(number: int) -> None:
        while min(had) < 30:
            queue.put(number)
            had[number] += 1
            time.sleep(0.001)
            queue.get()

    for worker in [Background(work, number) for number in range(3)]:
        worker.result()
    assert queue.empty()


@only_ours
def test_items_kept_for_one_that_gives_up_go_to_others(ours: ModuleType) -> None:
    queue = _token(ours, "Queue")
    had = [0] * 2
    stop: list[int] = []

    def work(number: int) -> None:
        while min(had) < 50:
            queue.get()
            had[number] += 1
            time.sleep(0.0005)
            queue.put(1)

    def hasty() -> None:
        while not stop:
            try:
                queue.get(timeout=0.0007)
            except ours.Empty:
                continue
            queue.put(1)

    hurries = [Background(hasty) for _ in range(2)]
    for worker in [Background(work, number) for number in range(2)]:
        worker.result()
    stop.append(1)
    for thread in hurries:
        thread.result()
    assert queue.get(timeout=10) == 1
    assert queue.empty()


class _Slow:
    """Compares slowly, with the interpreter let go."""

    def __lt__(self, other: object) -> bool:
        time.sleep(0.0005)
        return False


@only_ours
def test_who_waits_for_a_comparison_to_end_has_its_turn(ours: ModuleType) -> None:
    queue = ours.PriorityQueue()
    queue.put(_Slow())
    had = [0] * 3

    def work(number: int) -> None:
        while min(had) < 20:
            queue.put(_Slow())
            had[number] += 1

    for worker in [Background(work, number) for number in range(3)]:
        worker.result()
    assert queue.qsize() == 1 + sum(had)


@only_ours
def test_a_getter_has_its_turn_beside_putters_with_a_slow_hook(
    ours: ModuleType,
) -> None:
    out = run(
        ours,
        """
        import ropewalk
        ropewalk.install()
        import queue
        class Slow(queue.Queue):
            def _put(self, item):
                time.sleep(.002)
                super()._put(item)
        slow, stop, got = Slow(), [], 0
        def put():
            while not stop:
                slow.put(1)
        putters = [Background(put) for _ in range(2)]
        for _ in range(30):
            got += slow.get(timeout=15)
        stop.append(1)
        for putter in putters:
            putter.result()
        say(got)
        """,
    )
    assert out == "30\n"
