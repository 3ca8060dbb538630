"""`shutdown` and `ShutDown`: Python 3.13's rules, on every Python that ropewalk has."""

import queue as stdlib_queue
from types import ModuleType
from typing import Any

import pytest

from tests.threads import Background

MODULE = "queue"
KINDS = ["Queue", "LifoQueue", "PriorityQueue"]
pytestmark = pytest.mark.parametrize("kind", KINDS)


def _filled(module: ModuleType, kind: str, maxsize: int, filled: int) -> Any:
    q = getattr(module, kind)(maxsize)
    for item in range(filled):
        q.put(item)
    return q


@pytest.fixture
def queue(shutdown_impl: ModuleType) -> ModuleType:
    return shutdown_impl


def test_is_shutdown_tells(queue: ModuleType, kind: str) -> None:
    q = _filled(queue, kind, 0, 0)
    assert q.is_shutdown is False
    assert q.shutdown() is None
    assert q.is_shutdown is True
    q.shutdown(immediate=True)
    assert q.is_shutdown is True


def test_shut_down_is_its_own_error(queue: ModuleType, kind: str) -> None:
    assert issubclass(queue.ShutDown, Exception)
    assert not issubclass(queue.ShutDown, (queue.Empty, queue.Full))


@pytest.mark.parametrize("immediate", [False, True])
@pytest.mark.parametrize("filled", [0, 1, 2])
def test_no_put_after_shutdown(
    queue: ModuleType, kind: str, immediate: bool, filled: int
) -> None:
    q = _filled(queue, kind, 2, filled)
    q.shutdown(immediate)
    left = q.qsize(), q.unfinished_tasks
    for arguments in [(1,), (1, False), (1, True, 0.001), (1, True, -1), (1, 0, "x")]:
        with pytest.raises(queue.ShutDown):
            q.put(*arguments)
    with pytest.raises(queue.ShutDown):
        q.put_nowait(1)
    assert (q.qsize(), q.unfinished_tasks) == left


def test_what_is_inside_can_still_be_taken(queue: ModuleType, kind: str) -> None:
    q = _filled(queue, kind, 0, 4)
    q.shutdown()
    taken = [q.get(), q.get_nowait(), q.get(False), q.get(timeout=1)]
    assert sorted(taken) == [0, 1, 2, 3]
    for arguments in [(), (False,), (True, 0.001), (True, -1), (True, "x")]:
        with pytest.raises(queue.ShutDown):
            q.get(*arguments)
    with pytest.raises(queue.ShutDown):
        q.get_nowait()


def test_tasks_are_still_counted_after_shutdown(queue: ModuleType, kind: str) -> None:
    q = _filled(queue, kind, 0, 2)
    q.shutdown()
    joiner = Background(q.join).parked()
    q.get()
    q.task_done()
    q.get()
    joiner.parked()
    q.task_done()
    joiner.result()
    with pytest.raises(ValueError, match="too many times"):
        q.task_done()


def test_immediate_drops_the_items_and_their_tasks(
    queue: ModuleType, kind: str
) -> None:
    q = _filled(queue, kind, 0, 3)
    q.get()
    q.shutdown(immediate=True)
    assert q.empty()
    assert q.unfinished_tasks == 1
    with pytest.raises(queue.ShutDown):
        q.get()
    q.task_done()
    q.join()
    with pytest.raises(ValueError, match="too many times"):
        q.task_done()


def test_immediate_after_a_gentle_shutdown(queue: ModuleType, kind: str) -> None:
    q = _filled(queue, kind, 0, 3)
    q.shutdown()
    assert q.qsize() == 3
    q.shutdown(immediate=True)
    assert (q.qsize(), q.unfinished_tasks) == (0, 0)


@pytest.mark.parametrize("immediate", [False, True])
@pytest.mark.parametrize("timeout", [None, 60])
def test_waiting_getters_and_putters_are_told(
    queue: ModuleType, kind: str, immediate: bool, timeout: float | None
) -> None:
    empty, full = _filled(queue, kind, 0, 0), _filled(queue, kind, 1, 1)
    waiting = [Background(empty.get, timeout=timeout).parked() for _ in range(3)]
    waiting += [Background(full.put, 1, timeout=timeout).parked() for _ in range(3)]
    empty.shutdown(immediate)
    full.shutdown(immediate)
    for waiter in waiting:
        with pytest.raises(queue.ShutDown):
            waiter.result()


def test_immediate_ends_a_join_for_which_nothing_is_left(
    queue: ModuleType, kind: str
) -> None:
    q = _filled(queue, kind, 0, 3)
    joiner = Background(q.join).parked()
    q.shutdown(immediate=True)
    joiner.result()


def test_immediate_leaves_a_join_waiting_for_a_taken_task(
    queue: ModuleType, kind: str
) -> None:
    q = _filled(queue, kind, 0, 3)
    q.get()
    joiner = Background(q.join).parked()
    q.shutdown(immediate=True)
    joiner.parked()
    q.task_done()
    joiner.result()


def test_is_shutdown_may_be_set_by_hand(queue: ModuleType, kind: str) -> None:
    """Where queues have none a program's own attribute of that name is no more."""
    q = _filled(queue, kind, 0, 1)
    q.is_shutdown = True
    if not hasattr(stdlib_queue.Queue, "shutdown"):
        q.put(1)
        assert ({q.get(), q.get()}, q.is_shutdown) == ({0, 1}, True)
        return
    with pytest.raises(queue.ShutDown):
        q.put(1)
    assert q.get() == 0
    with pytest.raises(queue.ShutDown):
        q.get_nowait()
    q.is_shutdown = False
    q.put(7)
    assert q.get() == 7


def test_immediate_empties_through_the_hooks(queue: ModuleType, kind: str) -> None:
    taken: list[int] = []

    class Watched(getattr(queue, kind)):  # type: ignore[misc]
        def _get(self) -> Any:
            taken.append(item := super()._get())
            return item

    q = Watched()
    for item in range(3):
        q.put(item)
    q.shutdown(immediate=True)
    assert sorted(taken) == [0, 1, 2]
    assert q.unfinished_tasks == 0
