"""Methods of a program's own, set on one queue; and its own clock."""

import queue as stdlib_queue
from types import ModuleType
from typing import Any

import pytest

MODULE = "queue"


@pytest.mark.parametrize("cls", ["Queue", "LifoQueue", "PriorityQueue"])
def test_the_nowait_methods_call_what_is_set_on_the_queue(
    impl: ModuleType, cls: str
) -> None:
    queue = getattr(impl, cls)()
    put, get = queue.put, queue.get
    calls: list[Any] = []

    def own_put(item: Any, block: bool = True) -> None:
        calls.append(("put", block))
        put(item)

    def own_get(block: bool = True) -> Any:
        calls.append(("get", block))
        return get()

    queue.put, queue.get = own_put, own_get
    queue.put_nowait(7)
    assert queue.get_nowait() == 7
    assert calls == [("put", False), ("get", False)]
    del queue.put
    queue.put_nowait(8)
    assert calls[2:] == []


@pytest.mark.parametrize("hook", ["_put", "_get", "_qsize"])
def test_a_hook_set_on_the_queue_is_called(impl: ModuleType, hook: str) -> None:
    queue = impl.Queue()
    queue.put(1)
    calls: list[str] = []
    real = getattr(queue, hook)

    def own(*args: Any) -> Any:
        calls.append(hook)
        return real(*args)

    setattr(queue, hook, own)
    queue.put(2)
    assert [queue.get(), queue.get()] == [1, 2]
    assert calls
    delattr(queue, hook)
    calls.clear()
    queue.put(3)
    assert queue.get() == 3
    assert not calls
    with pytest.raises(AttributeError):
        delattr(queue, hook)


def test_a_queue_that_was_looked_into_uses_the_modules_clock(
    impl: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    queue = impl.Queue()
    assert queue.mutex
    times = iter([0.0, 1e9])
    monkeypatch.setattr(stdlib_queue, "time", lambda: next(times))
    with pytest.raises(impl.Empty):
        queue.get(timeout=1e6)
