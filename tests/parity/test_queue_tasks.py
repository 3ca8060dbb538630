"""`task_done` and `join`: the count of unfinished tasks."""

from types import ModuleType

import pytest

from tests.threads import Background

MODULE = "queue"
KINDS = ["Queue", "LifoQueue", "PriorityQueue"]
pytestmark = pytest.mark.parametrize("kind", KINDS)


def test_a_put_counts_and_a_get_does_not(impl: ModuleType, kind: str) -> None:
    q = getattr(impl, kind)()
    assert q.unfinished_tasks == 0
    q.put(1)
    q.put(2)
    assert q.unfinished_tasks == 2
    q.get()
    assert q.unfinished_tasks == 2
    q.task_done()
    assert q.unfinished_tasks == 1


def test_one_task_done_too_many(impl: ModuleType, kind: str) -> None:
    q = getattr(impl, kind)()
    with pytest.raises(ValueError, match=r"^task_done\(\) called too many times$"):
        q.task_done()
    q.put(1)
    q.task_done()
    with pytest.raises(ValueError, match=r"^task_done\(\) called too many times$"):
        q.task_done()
    assert q.unfinished_tasks == 0


def test_a_failed_put_does_not_count(impl: ModuleType, kind: str) -> None:
    q = getattr(impl, kind)(1)
    q.put(1)
    with pytest.raises(impl.Full):
        q.put_nowait(2)
    with pytest.raises(impl.Full):
        q.put(2, timeout=0.001)
    assert q.unfinished_tasks == 1


def test_join_returns_at_once_without_tasks(impl: ModuleType, kind: str) -> None:
    q = getattr(impl, kind)()
    assert q.join() is None
    q.put(1)
    q.task_done()
    q.join()
    assert q.qsize() == 1


def test_every_join_ends_with_the_last_task(impl: ModuleType, kind: str) -> None:
    q = getattr(impl, kind)()
    q.put(1)
    q.put(2)
    joiners = [Background(q.join).parked() for _ in range(3)]
    q.get()
    q.task_done()
    assert all(joiner.parked() for joiner in joiners)
    q.task_done()
    for joiner in joiners:
        assert joiner.result() is None


def test_join_waits_again_when_a_task_came_in_between(
    impl: ModuleType, kind: str
) -> None:
    q = getattr(impl, kind)()
    q.put(1)
    joiner = Background(q.join).parked()
    with q.all_tasks_done:
        q.all_tasks_done.notify_all()
    joiner.parked()
    q.task_done()
    joiner.result()


def test_workers_finish_everything_before_join_returns(
    impl: ModuleType, kind: str
) -> None:
    q = getattr(impl, kind)(3)
    done: list[int] = []

    def work() -> None:
        while (item := q.get()) >= 0:
            done.append(item)
            q.task_done()
        q.task_done()

    workers = [Background(work) for _ in range(3)]
    for item in range(200):
        q.put(item)
    Background(q.join).result()
    assert sorted(done) == list(range(200))
    for _ in workers:
        q.put(-1)
    Background(q.join).result()
    for worker in workers:
        worker.result()
