"""Programs that reach for `mutex`, `queue`, the conditions and the task count."""

import heapq
import threading
from collections import deque
from types import ModuleType
from typing import Any

import pytest

from tests.threads import Background, wait_until

MODULE = "queue"
KINDS = ["Queue", "LifoQueue", "PriorityQueue"]


@pytest.mark.parametrize(
    ("kind", "container"),
    [("Queue", deque), ("LifoQueue", list), ("PriorityQueue", list)],
)
def test_queue_is_the_container_itself(
    impl: ModuleType, kind: str, container: type
) -> None:
    q: Any = getattr(impl, kind)()
    found: object = q.queue
    assert type(found) is container
    assert q.queue is q.queue
    q.put(1)
    q.put(2)
    assert list(q.queue) == [1, 2]
    q.queue.append(3)
    assert q.qsize() == 3
    assert q.get() == (3 if kind == "LifoQueue" else 1)


def test_the_container_seen_late_has_what_was_put_before(impl: ModuleType) -> None:
    q = impl.Queue()
    for item in range(100):
        q.put(item)
    for item in range(60):
        assert q.get() == item
    assert list(q.queue) == list(range(60, 100))
    q.put(100)
    assert q.queue[-1] == 100
    assert len(q.queue) == 41


def test_the_heap_is_a_heap(impl: ModuleType) -> None:
    q = impl.PriorityQueue()
    heap: list[int] = []
    for item in [5, 3, 8, 1, 9, 2, 7]:
        q.put(item)
        heapq.heappush(heap, item)
    assert q.queue == heap
    q.get()
    heapq.heappop(heap)
    assert q.queue == heap


@pytest.mark.parametrize("kind", KINDS)
def test_the_container_may_be_replaced(impl: ModuleType, kind: str) -> None:
    q = getattr(impl, kind)()
    q.put(1)
    with q.mutex:
        q.queue = type(q.queue)([5, 6])
    assert q.qsize() == 2
    assert {q.get(), q.get()} == {5, 6}
    assert q.empty()


@pytest.mark.parametrize("kind", KINDS)
def test_clearing_under_the_mutex(impl: ModuleType, kind: str) -> None:
    q = getattr(impl, kind)(2)
    q.put(1)
    q.put(2)
    putter = Background(q.put, 3).parked()
    joiner = Background(q.join).parked()
    with q.mutex:
        q.queue.clear()
        q.all_tasks_done.notify_all()
        q.unfinished_tasks = 0
        q.not_full.notify_all()
    putter.result()
    assert q.get() == 3
    if joiner.thread.is_alive():  # it looked again only after the put
        q.task_done()
    joiner.result()
    assert q.empty()


def test_an_item_added_under_the_mutex_wakes_a_getter(impl: ModuleType) -> None:
    q = impl.Queue()
    getter = Background(q.get).parked()
    with q.not_empty:
        q.queue.append("by hand")
        q.not_empty.notify()
    assert getter.result() == "by hand"
    assert q.unfinished_tasks == 0


def test_a_getter_that_parked_before_the_conditions_were_seen(
    impl: ModuleType,
) -> None:
    q = impl.Queue()
    getters = [Background(q.get).parked() for _ in range(3)]
    with q.mutex:
        q.queue.extend([1, 2, 3])
        q.not_empty.notify_all()
    assert sorted(getter.result() for getter in getters) == [1, 2, 3]
    late = Background(q.get).parked()
    q.put(4)
    assert late.result() == 4


def test_a_held_mutex_keeps_everyone_out(impl: ModuleType) -> None:
    q = impl.Queue()
    q.put(0)
    with q.mutex:
        calls: list[Background[Any]] = [
            Background(q.put, 1).parked(),
            Background(q.get).parked(),
            Background(q.qsize).parked(),
            Background(q.task_done).parked(),
            Background(q.empty).parked(),
            Background(q.full).parked(),
        ]
        assert list(q.queue) == [0]
    for call in calls:
        call.result()
    assert q.qsize() == 1


def test_a_mutex_held_from_before_a_call_from_another_thread(impl: ModuleType) -> None:
    q = impl.Queue()
    mutex = q.mutex
    mutex.acquire()
    putter = Background(q.put, 1).parked()
    Background(mutex.release).result()
    putter.result()
    assert q.get() == 1


def test_the_three_conditions_share_the_mutex(impl: ModuleType) -> None:
    q = impl.Queue()
    names = ("not_empty", "not_full", "all_tasks_done")
    assert all(isinstance(getattr(q, n), threading.Condition) for n in names)
    assert q.mutex is q.mutex
    for name in names:
        condition = getattr(q, name)
        assert condition is getattr(q, name)
        with condition:
            assert q.mutex.locked()
        assert not q.mutex.locked()


def test_waiting_on_a_condition_by_hand(impl: ModuleType) -> None:
    q = impl.Queue(1)

    def wait_for(condition: str, predicate: Any) -> bool:
        with getattr(q, condition):
            return bool(getattr(q, condition).wait_for(predicate, timeout=20))

    filled = Background(wait_for, "not_empty", lambda: len(q.queue) == 1).parked()
    q.put(1)
    assert filled.result()
    emptied = Background(wait_for, "not_full", lambda: len(q.queue) == 0).parked()
    q.get()
    assert emptied.result()
    done = Background(
        wait_for, "all_tasks_done", lambda: q.unfinished_tasks == 0
    ).parked()
    q.task_done()
    assert done.result()


def test_unfinished_tasks_may_be_set(impl: ModuleType) -> None:
    q = impl.Queue()
    q.unfinished_tasks = 2
    joiner = Background(q.join).parked()
    q.task_done()
    joiner.parked()
    q.task_done()
    joiner.result()
    q.put(1)
    q.unfinished_tasks += 1
    assert q.unfinished_tasks == 2


def test_setting_the_count_to_zero_ends_a_join(impl: ModuleType) -> None:
    q = impl.Queue()
    q.put(1)
    joiner = Background(q.join).parked()
    with q.all_tasks_done:
        q.unfinished_tasks = 0
        q.all_tasks_done.notify_all()
    joiner.result()
    assert q.qsize() == 1


def test_the_container_is_read_while_threads_work(impl: ModuleType) -> None:
    q = impl.Queue(10)
    rounds = 2000

    def produce() -> None:
        for item in range(rounds):
            q.put(item)

    def consume() -> int:
        return sum(q.get() for _ in range(rounds))

    eater, maker = Background(consume), Background(produce)
    looks = 0
    while eater.thread.is_alive() or not looks:
        with q.mutex:
            inside = list(q.queue)
        first = inside[0] if inside else 0
        assert inside == list(range(first, first + len(inside)))
        assert len(inside) <= 10
        looks += 1
    maker.result()
    assert eater.result() == sum(range(rounds))
    wait_until(q.empty)


def test_private_methods_can_be_called(impl: ModuleType) -> None:
    q = impl.Queue()
    with q.mutex:
        q._put("x")
        assert q._qsize() == 1
        assert q._get() == "x"
        q._init(0)
    assert q.empty()


def test_own_attributes(impl: ModuleType) -> None:
    q = impl.Queue(3)
    q.label = "jobs"
    assert q.label == "jobs"
    assert vars(q)["label"] == "jobs"
    del q.label
    assert not hasattr(q, "label")
