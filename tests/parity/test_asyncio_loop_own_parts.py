"""A loop of which a program replaces a part: what is short in the engine goes by it."""

import asyncio
import copy
import pickle
import socket
from collections.abc import Iterator
from types import ModuleType
from typing import Any
from unittest import mock

import pytest

MODULE = "asyncio"


@pytest.fixture
def loop(impl: ModuleType) -> Iterator[Any]:
    made = impl.SelectorEventLoop()
    yield made
    made.close()


def turn(loop: Any) -> None:
    """One turn, as CPython's tests do it."""
    loop.call_soon(loop.stop)
    loop.run_forever()


@pytest.fixture
def pair() -> Iterator[tuple[socket.socket, socket.socket]]:
    left, right = socket.socketpair()
    with left, right:
        yield left, right


async def nothing() -> str:
    """What a task does."""
    return "done"


def test_a_subclass_wakes_the_loop_in_its_own_way(impl: ModuleType) -> None:
    class Loop(impl.SelectorEventLoop):  # type: ignore[name-defined, misc]
        woken = 0

        def _write_to_self(self) -> None:
            self.woken += 1
            super()._write_to_self()

    loop = Loop()
    loop.call_soon_threadsafe(loop.call_soon_threadsafe, loop.stop)
    loop.run_forever()
    loop.close()
    assert loop.woken == 2


def test_one_loop_wakes_in_its_own_way(loop: Any) -> None:
    woken: list[None] = []
    loop._write_to_self = lambda: woken.append(None)
    loop.call_soon_threadsafe(loop.call_soon_threadsafe, loop.stop)
    loop.run_forever()
    assert woken == [None, None]


def test_a_subclass_watches_in_its_own_way(
    impl: ModuleType, pair: tuple[socket.socket, socket.socket]
) -> None:
    calls: list[Any] = []

    class Loop(impl.SelectorEventLoop):  # type: ignore[name-defined, misc]
        def _add_reader(self, fd: Any, callback: Any, *args: Any) -> Any:
            calls.append((fd, args))
            return super()._add_reader(fd, callback, *args)

        def _remove_writer(self, fd: Any) -> Any:
            calls.append(fd)
            return super()._remove_writer(fd)

    loop = Loop()
    calls.clear()
    number = pair[0].fileno()
    loop.add_reader(number, calls.append, "read")
    assert not loop.remove_writer(number)
    pair[1].send(b"x")
    loop._run_once()
    assert loop.remove_reader(number)
    loop.close()
    assert calls == [(number, ("read",)), number, "read"]


def test_watching_takes_names_and_complains_as_python_does(
    loop: Any, pair: tuple[socket.socket, socket.socket]
) -> None:
    number = pair[0].fileno()
    assert loop.add_reader(fd=number, callback=print) is None
    assert loop.add_writer(number, print) is None
    assert loop.remove_reader(fd=number) is True
    assert loop.remove_reader(number) is False
    assert loop.remove_writer(number) is True
    with pytest.raises(TypeError):
        loop.add_reader(number)
    with pytest.raises(TypeError):
        loop.remove_reader(number, number)
    with pytest.raises(TypeError):
        loop.add_reader(number, print, context=None)
    with pytest.raises(ValueError, match="-1"):
        loop.add_reader(-1, print)


def test_a_transports_descriptor_is_not_for_others(
    loop: Any, pair: tuple[socket.socket, socket.socket]
) -> None:
    pair[0].setblocking(False)
    made = loop.connect_accepted_socket(asyncio.Protocol, pair[0].dup())
    transport, _ = loop.run_until_complete(made)
    number = transport.get_extra_info("socket").fileno()
    with pytest.raises(RuntimeError, match="is used by transport"):
        loop.add_reader(number, print)
    with pytest.raises(RuntimeError, match="is used by transport"):
        loop.remove_writer(number)
    transport.close()
    turn(loop)


def test_futures_and_tasks_are_of_the_classes_that_the_names_stand_for(
    loop: Any,
) -> None:
    class Future(asyncio.Future[Any]):
        pass

    class Task(asyncio.Task[Any]):
        pass

    with mock.patch("asyncio.futures.Future", Future):
        assert type(loop.create_future()) is Future
    with mock.patch("asyncio.tasks.Task", Task):
        task = loop.create_task(nothing())
    assert type(task) is Task
    assert loop.run_until_complete(task) == "done"
    assert type(loop.create_future()) is asyncio.Future
    assert loop.create_future().get_loop() is loop


def test_a_task_factory_is_asked_as_long_as_it_is_set(loop: Any) -> None:
    asked: list[Any] = []

    def factory(loop: Any, coroutine: Any, **options: Any) -> Any:
        asked.append(coroutine)
        return asyncio.Task(coroutine, loop=loop, **options)

    loop.set_task_factory(factory)
    first = loop.create_task(nothing())
    loop.set_task_factory(None)
    second = loop.create_task(nothing())
    third = loop.create_task(nothing(), name="third")
    assert len(asked) == 1
    assert third.get_name() == "third"
    for task in (first, second, third):
        assert loop.run_until_complete(task) == "done"


def test_create_task_refuses_what_is_no_coroutine(loop: Any) -> None:
    with pytest.raises(TypeError, match="a coroutine was expected, got 1"):
        loop.create_task(1)
    with pytest.raises(TypeError):
        loop.create_task()
    loop.close()
    coroutine = nothing()
    with pytest.raises(RuntimeError, match="Event loop is closed"):
        loop.create_task(coroutine)
    coroutine.close()


def test_a_handle_is_new_although_its_memory_is_not(loop: Any) -> None:
    async def main() -> None:
        for cancel in (True, False):
            for debug in (True, False):
                handle = loop.call_soon(print)
                timer = loop.call_later(100, print)
                if cancel:
                    handle.cancel()
                timer.cancel()
                repr(handle)
                del handle, timer
                loop.set_debug(debug)
                await asyncio.sleep(0)
        ran: list[str] = []
        handles = [loop.call_soon(ran.append, "x") for _ in range(10)]
        timers = [loop.call_later(0, ran.append, "y") for _ in range(10)]
        assert not any(handle.cancelled() for handle in handles + timers)
        assert "append" in repr(handles[0])
        while len(ran) < 20:
            await asyncio.sleep(0)
        assert ran == ["x"] * 10 + ["y"] * 10

    loop.run_until_complete(main())


def test_sleep_is_pickled_and_copied_by_name(impl: ModuleType) -> None:
    assert copy.copy(impl.sleep) is impl.sleep
    assert copy.deepcopy(impl.sleep) is impl.sleep
    assert pickle.loads(pickle.dumps(impl.sleep)) is impl.sleep


@pytest.mark.parametrize("delay", [0, -1, 0.0, -0.5, False, -(10**30)])
def test_sleep_for_no_time_is_one_turn(
    impl: ModuleType, loop: Any, delay: float
) -> None:
    order: list[Any] = []

    async def main() -> None:
        loop.call_soon(order.append, "turn")
        order.append(await impl.sleep(delay))
        order.append(await impl.sleep(delay, "result"))
        order.append(await impl.sleep(delay, result="named"))

    loop.run_until_complete(main())
    assert order == ["turn", None, "result", "named"]


def test_sleep_complains_when_it_is_awaited(impl: ModuleType, loop: Any) -> None:
    with pytest.raises(TypeError, match="not supported between"):
        loop.run_until_complete(impl.sleep("long"))


@pytest.mark.parametrize("name", ["Lock.release", "Event.set", "Queue.put_nowait"])
def test_a_method_of_a_class_can_be_pickled(impl: ModuleType, name: str) -> None:
    owner, method = name.split(".")
    found = getattr(getattr(impl, owner), method)
    loaded = pickle.loads(pickle.dumps(found))
    assert loaded.__qualname__ == found.__qualname__
    assert copy.copy(found).__qualname__ == found.__qualname__


def test_waits_ask_which_loop_runs_now(impl: ModuleType, loop: Any) -> None:
    other = impl.SelectorEventLoop()

    async def main() -> None:
        await impl.sleep(0.001)
        asyncio._set_running_loop(None)
        try:
            with pytest.raises(RuntimeError, match="no running event loop"):
                impl.sleep(1).send(None)
            lock = impl.Lock()
            await lock.acquire()
            asyncio._set_running_loop(other)
            waiting = lock.acquire()
            assert waiting.send(None).get_loop() is other
            waiting.close()
        finally:
            asyncio._set_running_loop(loop)
        await impl.sleep(0.001)

    try:
        loop.run_until_complete(main())
    finally:
        other.close()
