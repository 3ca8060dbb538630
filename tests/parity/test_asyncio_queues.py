"""asyncio's queues: what a program sees besides the order of things."""

import asyncio
import gc
import inspect
import weakref
from collections import deque
from types import ModuleType
from typing import Any
from unittest import mock

import pytest

MODULE = "asyncio"
KINDS = ["Queue", "LifoQueue", "PriorityQueue"]
pytestmark = pytest.mark.parametrize("kind", KINDS)


def test_order(impl: ModuleType, kind: str) -> None:
    async def main() -> list[int]:
        q = getattr(impl, kind)()
        for item in (2, 3, 1):
            assert await q.put(item) is None
        return [await q.get() for _ in range(3)]

    order = {"Queue": [2, 3, 1], "LifoQueue": [1, 3, 2], "PriorityQueue": [1, 2, 3]}
    assert asyncio.run(main()) == order[kind]


@pytest.mark.parametrize(
    "result", [None, (), (1, 2), ValueError("v"), StopIteration(3)]
)
def test_any_item_comes_out_as_it_went_in(
    impl: ModuleType, kind: str, result: Any
) -> None:
    async def main() -> None:
        q = getattr(impl, kind)()
        await q.put(result)
        assert await q.get() is result
        getter = asyncio.create_task(q.get())
        await asyncio.sleep(0)
        await q.put(result)
        if not isinstance(result, StopIteration):
            assert await getter is result
        getter.cancel()

    asyncio.run(main())


def test_the_container_can_be_looked_into(impl: ModuleType, kind: str) -> None:
    async def main() -> None:
        q = getattr(impl, kind)()
        q.put_nowait(1)
        q.put_nowait(2)
        assert list(q._queue) == [1, 2]
        assert type(q._queue) is (deque if kind == "Queue" else list)
        q._queue.clear()
        assert q.empty()
        q._queue.append(5)
        assert q.qsize() == 1
        assert await q.get() == 5
        await q.put(6)
        assert list(q._queue) == [6]
        q._queue = type(q._queue)([7])
        assert q.get_nowait() == 7

    asyncio.run(main())


def test_sizes(impl: ModuleType, kind: str) -> None:
    q = getattr(impl, kind)(2)
    assert (q.maxsize, q._maxsize, q.qsize(), q.full()) == (2, 2, 0, False)
    q.put_nowait(1)
    q.put_nowait(1)
    assert q.full()
    with pytest.raises(impl.QueueFull):
        q.put_nowait(1)
    q.get_nowait()
    q.get_nowait()
    with pytest.raises(impl.QueueEmpty):
        q.get_nowait()
    for endless in (0, -1, -0.5):
        q = getattr(impl, kind)(endless)
        q.put_nowait(1)
        assert not q.full()
    q = getattr(impl, kind)(1.5)
    q.put_nowait(1)
    assert not q.full()
    q.put_nowait(1)
    assert q.full()


def test_shapes(impl: ModuleType, kind: str) -> None:
    cls = getattr(impl, kind)
    q: Any = cls()
    assert cls[int].__origin__ is cls
    assert q._loop is None
    for name in ("put", "get", "join"):
        assert inspect.iscoroutinefunction(getattr(cls, name))
        assert inspect.iscoroutinefunction(getattr(q, name))
        assert isinstance(getattr(mock.create_autospec(cls), name), mock.AsyncMock)
        assert isinstance(getattr(mock.MagicMock(cls), name), mock.AsyncMock)
    assert str(inspect.signature(cls.put)).startswith("(self, item")
    assert not inspect.iscoroutinefunction(cls.put_nowait)
    with pytest.raises(
        TypeError, match=r"missing 1 required positional argument: 'item'"
    ):
        q.put()
    coroutine = q.put(item=1)
    assert q.empty()
    with pytest.raises(StopIteration):
        coroutine.send(None)
    assert q.qsize() == 1


def test_representations(impl: ModuleType, kind: str) -> None:
    async def main() -> None:
        q = getattr(impl, kind)(1)
        assert str(q) == f"<{kind} maxsize=1>"
        q.put_nowait(7)
        putter = asyncio.create_task(q.put(8))
        await asyncio.sleep(0)
        assert str(q) == f"<{kind} maxsize=1 _queue=[7] _putters[1] tasks=1>"
        assert repr(q).startswith(f"<{kind} at 0x")
        q.get_nowait()
        await putter

    asyncio.run(main())


def test_subclasses_override_hooks(impl: ModuleType, kind: str) -> None:
    seen: list[str] = []

    class Noting(getattr(impl, kind)):  # type: ignore[misc]
        def _init(self, maxsize: int) -> None:
            seen.append(f"init {maxsize}")
            super()._init(maxsize)

        def _put(self, item: Any) -> None:
            seen.append(f"put {item}")
            super()._put(item)

        def _get(self) -> Any:
            seen.append("get")
            return super()._get()

    async def main() -> None:
        q = Noting(3)
        await q.put(1)
        assert await q.get() == 1
        q.put_nowait(2)
        assert q.get_nowait() == 2

    asyncio.run(main())
    assert seen == ["init 3", "put 1", "get", "put 2", "get"]


def test_subclasses_override_methods(impl: ModuleType, kind: str) -> None:
    class Unbounded(getattr(impl, kind)):  # type: ignore[misc]
        def full(self) -> bool:
            return False

        def put_nowait(self, item: Any) -> None:
            super().put_nowait(item + 1)

    async def main() -> None:
        q = Unbounded(1)
        await q.put(1)
        await q.put(1)
        assert (await q.get(), await q.get()) == (2, 2)

    asyncio.run(main())


def test_join_and_task_done(impl: ModuleType, kind: str) -> None:
    async def main() -> None:
        q = getattr(impl, kind)()
        await q.join()
        assert q._finished.is_set()
        await q.put(1)
        assert not q._finished.is_set()
        joining = asyncio.create_task(q.join())
        await asyncio.sleep(0)
        assert not joining.done()
        q.task_done()
        await joining
        with pytest.raises(ValueError, match=r"^task_done\(\) called too many times$"):
            q.task_done()

    asyncio.run(main())


def test_cycles_are_collected(impl: ModuleType, kind: str) -> None:
    q = getattr(impl, kind)()
    q.put_nowait(q)
    q.method = q.get
    reference = weakref.ref(q)
    del q
    gc.collect()
    assert reference() is None


@pytest.fixture
def queues(impl: ModuleType) -> ModuleType:
    """An implementation that has `shutdown`."""
    if not hasattr(impl, "QueueShutDown"):
        pytest.skip("since Python 3.13")
    return impl


def test_shutdown(queues: ModuleType, kind: str) -> None:
    async def main() -> None:
        q = getattr(queues, kind)(1)
        q.put_nowait(1)
        putter = asyncio.create_task(q.put(2))
        await asyncio.sleep(0)
        q.shutdown()
        with pytest.raises(queues.QueueShutDown):
            await putter
        with pytest.raises(queues.QueueShutDown):
            await q.put(3)
        with pytest.raises(queues.QueueShutDown):
            q.put_nowait(3)
        assert await q.get() == 1
        with pytest.raises(queues.QueueShutDown):
            await q.get()
        with pytest.raises(queues.QueueShutDown):
            q.get_nowait()
        assert "shutdown" in str(q)

    asyncio.run(main())


def test_shutdown_at_once(queues: ModuleType, kind: str) -> None:
    async def main() -> None:
        q = getattr(queues, kind)()
        getter = asyncio.create_task(q.get())
        await asyncio.sleep(0)
        q.shutdown(immediate=True)
        with pytest.raises(queues.QueueShutDown):
            await getter
        q = getattr(queues, kind)()
        q.put_nowait(1)
        joining = asyncio.create_task(q.join())
        await asyncio.sleep(0)
        q.shutdown(immediate=True)
        await joining
        assert q.empty()
        assert q._unfinished_tasks == 0

    asyncio.run(main())
