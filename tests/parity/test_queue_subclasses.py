"""Subclasses: the documented hooks, and overridden public methods."""

import threading
from types import ModuleType
from typing import Any

import pytest

from tests.threads import Background

MODULE = "queue"


def _set_queue(impl: ModuleType) -> Any:
    class SetQueue(impl.Queue):  # type: ignore[misc, name-defined]
        def _init(self, maxsize: int) -> None:
            self.queue: set[int] = set()

        def _put(self, item: int) -> None:
            self.queue.add(item)

        def _get(self) -> Any:
            return self.queue.pop()

    return SetQueue


def test_a_queue_of_distinct_items(impl: ModuleType) -> None:
    q = _set_queue(impl)(2)
    q.put(1)
    q.put(1)
    assert q.qsize() == 1
    assert q.unfinished_tasks == 2
    q.put(2)
    assert q.full()
    with pytest.raises(impl.Full):
        q.put_nowait(3)
    assert {q.get(), q.get()} == {1, 2}
    with pytest.raises(impl.Empty):
        q.get_nowait()


def test_threads_wait_on_a_queue_with_hooks(impl: ModuleType) -> None:
    q = _set_queue(impl)(1)
    getter = Background(q.get).parked()
    q.put(1)
    assert getter.result() == 1
    q.put(2)
    putter = Background(q.put, 3).parked()
    assert q.get() == 2
    putter.result()
    joiner = Background(q.join).parked()
    for _ in range(3):
        q.task_done()
    joiner.result()


def test_init_hook_gets_maxsize_and_sees_a_bare_object(impl: ModuleType) -> None:
    seen: list[tuple[Any, bool]] = []

    class Noted(impl.Queue):  # type: ignore[misc, name-defined]
        def _init(self, maxsize: Any) -> None:
            seen.append((maxsize, self.maxsize == maxsize))
            super()._init(maxsize)

    q = Noted(maxsize=4)
    q.put(1)
    assert q.get() == 1
    assert seen == [(4, True)]


def test_qsize_hook_decides_what_is_full_and_empty(impl: ModuleType) -> None:
    class Weighed(impl.Queue):  # type: ignore[misc, name-defined]
        def _qsize(self) -> int:
            return int(sum(self.queue))

    q = Weighed(10)
    q.put(0)
    assert q.empty()
    with pytest.raises(impl.Empty):
        q.get_nowait()
    q.put(7)
    q.put(3)
    assert q.full()
    assert q.qsize() == 10
    with pytest.raises(impl.Full):
        q.put_nowait(1)
    assert [q.get(), q.get()] == [0, 7]


@pytest.mark.parametrize("hook", ["_put", "_get", "_qsize"])
def test_a_failing_hook_leaves_the_queue_usable(impl: ModuleType, hook: str) -> None:
    fail: list[bool] = []

    def failing(self: Any, *arguments: Any) -> Any:
        if fail:
            raise LookupError(hook)
        return getattr(impl.Queue, hook)(self, *arguments)

    cls = type("Failing", (impl.Queue,), {hook: failing})
    q = cls(5)
    q.put(1)
    fail.append(True)
    with pytest.raises(LookupError, match=hook):
        q.put(2) if hook == "_put" else q.get()
    fail.clear()
    assert q.unfinished_tasks == 1
    assert not q.mutex.locked()
    assert Background(q.get).result() == 1


def test_a_failing_init_hook_fails_the_constructor(impl: ModuleType) -> None:
    class Failing(impl.Queue):  # type: ignore[misc, name-defined]
        def _init(self, maxsize: int) -> None:
            raise LookupError("no")

    with pytest.raises(LookupError, match="no"):
        Failing()


def test_hooks_run_with_the_mutex_held(impl: ModuleType) -> None:
    held: set[tuple[str, bool]] = set()

    class Watched(impl.Queue):  # type: ignore[misc, name-defined]
        def _put(self, item: Any) -> None:
            held.add(("put", self.mutex.locked()))
            super()._put(item)

        def _get(self) -> Any:
            held.add(("get", self.mutex.locked()))
            return super()._get()

        def _qsize(self) -> Any:
            held.add(("qsize", self.mutex.locked()))
            return super()._qsize()

    q = Watched(3)
    q.put(1)
    q.get()
    q.empty(), q.full(), q.qsize()
    assert held == {("put", True), ("get", True), ("qsize", True)}
    assert not q.mutex.locked()


def test_overridden_put_and_get_that_call_super(impl: ModuleType) -> None:
    class Boxed(impl.Queue):  # type: ignore[misc, name-defined]
        def put(self, item: Any, block: bool = True, timeout: Any = None) -> None:
            super().put([item], block, timeout)

        def get(self, block: bool = True, timeout: Any = None) -> Any:
            return super().get(block, timeout)[0]

    q = Boxed(2)
    q.put(1)
    q.put_nowait(2)
    assert list(q.queue) == [[1], [2]]
    with pytest.raises(impl.Full):
        q.put_nowait(3)
    assert q.get_nowait() == 1
    assert q.get() == 2
    with pytest.raises(impl.Empty):
        q.get_nowait()


def test_attributes_set_before_the_constructor_ran(impl: ModuleType) -> None:
    class Named(impl.PriorityQueue):  # type: ignore[misc, name-defined]
        def __init__(self, name: str, **options: Any) -> None:
            self.name = name
            self.maxsize: Any = "overwritten"
            super().__init__(**options)

    q = Named("jobs", maxsize=1)
    assert q.name == "jobs"
    assert q.maxsize == 1
    q.put(1)
    assert q.full()


def test_a_subclass_without_the_constructor_fails_and_does_not_crash(
    impl: ModuleType,
) -> None:
    class Forgot(impl.Queue):  # type: ignore[misc, name-defined]
        def __init__(self) -> None:
            pass

    q = Forgot()
    for call in (lambda: q.put(1), q.get, q.qsize, q.join, q.task_done):
        with pytest.raises(AttributeError):
            call()


def test_new_without_init_fails_and_does_not_crash(impl: ModuleType) -> None:
    q = impl.Queue.__new__(impl.Queue)
    for call in (lambda: q.put(1), q.get, q.qsize, q.join, q.task_done):
        with pytest.raises(AttributeError):
            call()


def test_the_constructor_called_twice_starts_anew(impl: ModuleType) -> None:
    for kind in ("Queue", "LifoQueue", "PriorityQueue"):
        q = getattr(impl, kind)(1)
        q.put(1)
        q.__init__(3)
        assert (q.maxsize, q.qsize(), q.unfinished_tasks) == (3, 0, 0)
        q.put(2)
        q.put(3)
        assert q.qsize() == 2


def test_a_subclass_may_add_slots_and_other_bases(impl: ModuleType) -> None:
    class Mixin:
        def drain(self) -> list[Any]:
            return [self.get() for _ in range(self.qsize())]  # type: ignore[attr-defined]

    class Mixed(Mixin, impl.LifoQueue):  # type: ignore[misc, name-defined]
        __slots__ = ("label",)

    q = Mixed()
    q.label = "x"
    q.put(1)
    q.put(2)
    assert q.drain() == [2, 1]
    order = [Mixed, Mixin, impl.LifoQueue, impl.Queue, object]
    assert [cls for cls in Mixed.__mro__ if cls in order] == order


def test_hooks_set_on_an_instance(impl: ModuleType) -> None:
    q = impl.Queue()
    q._put = lambda item: q.queue.append(item * 2)
    q.put(4)
    assert q.get() == 8


@pytest.mark.differs(reason="hooks are looked for on the class, when a queue is made")
def test_hooks_set_on_a_subclass_after_it_was_used(impl: ModuleType) -> None:
    class Later(impl.Queue):  # type: ignore[misc, name-defined]
        pass

    q = Later()
    q.put(1)
    Later._put = lambda self, item: self.queue.appendleft(item)
    q.put(2)
    assert [q.get(), q.get()] == [2, 1]


def test_an_overridden_put_is_what_put_nowait_calls(impl: ModuleType) -> None:
    calls: list[Any] = []

    class Noted(impl.Queue):  # type: ignore[misc, name-defined]
        def put(self, *arguments: Any, **options: Any) -> str:
            calls.append((arguments, options))
            return "put"

        def get(self, *arguments: Any, **options: Any) -> str:
            calls.append((arguments, options))
            return "got"

    q = Noted()
    assert (q.put_nowait(1), q.get_nowait()) == ("put", "got")
    assert calls == [((1,), {"block": False}), ((), {"block": False})]


def test_the_mutex_may_be_replaced_by_an_rlock(impl: ModuleType) -> None:
    class Reentrant(impl.Queue):  # type: ignore[misc, name-defined]
        def __init__(self) -> None:
            super().__init__()
            self.mutex = threading.RLock()
            self.not_empty = threading.Condition(self.mutex)
            self.not_full = threading.Condition(self.mutex)
            self.all_tasks_done = threading.Condition(self.mutex)

    q = Reentrant()
    with q.mutex:
        q.put(1)
        assert q.get() == 1
    getter = Background(q.get).parked()
    q.put(2)
    assert getter.result() == 2
    q.task_done()
    q.task_done()
    q.join()
