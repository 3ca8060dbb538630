"""Nobody starves at a queue; the standard library leaves that to luck (`ours`)."""

import threading
import time
from types import ModuleType
from typing import Any

import pytest

from tests import implementations
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
