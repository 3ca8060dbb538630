"""Ctrl-C while a program waits: each wait ends, and the loop with it."""

import contextlib
import os
import signal
import socket
import threading
from collections.abc import Awaitable, Callable, Iterator
from types import ModuleType
from typing import Any

import pytest

MODULE = "asyncio"


@pytest.fixture(autouse=True)
def _interrupt_is_pythons_own() -> Iterator[None]:
    kept = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, kept)


class Place:
    """Where a wait happens; what it opens is closed at the end."""

    def __init__(self, impl: ModuleType, opened: contextlib.ExitStack) -> None:
        self.impl = impl
        self.loop = impl.get_running_loop()
        self.opened = opened

    def pair(self) -> socket.socket:
        """A socket to which nobody writes and from which nobody reads."""
        near, far = socket.socketpair()
        near.setblocking(False)
        self.opened.enter_context(near)
        self.opened.enter_context(far)
        return near

    def listener(self) -> socket.socket:
        """A listener to which nobody connects."""
        listener = self.opened.enter_context(socket.create_server(("127.0.0.1", 0)))
        listener.setblocking(False)
        return listener


async def connecting(place: Place) -> None:
    """To a listener whose queue is full."""
    listener = place.listener()
    listener.listen(0)
    while True:
        one = place.opened.enter_context(socket.socket())
        one.setblocking(False)
        await place.loop.sock_connect(one, listener.getsockname())


async def streams(place: Place) -> tuple[Any, Any]:
    reader, writer = await place.impl.open_connection(sock=place.pair())
    place.opened.callback(writer.transport.abort)
    return reader, writer


async def reading(place: Place) -> None:
    reader, _ = await streams(place)
    await reader.readline()


async def draining(place: Place) -> None:
    _, writer = await streams(place)
    writer.write(bytes(10_000_000))
    await writer.drain()


async def a_child(place: Place) -> None:
    child = await place.impl.create_subprocess_exec("sleep", "1000")
    try:
        await child.wait()
    finally:
        child.kill()
        await child.wait()


async def an_executor(place: Place) -> None:
    event = threading.Event()
    place.opened.callback(event.set)
    try:
        await place.loop.run_in_executor(None, event.wait)
    finally:
        event.set()


async def a_lock(place: Place) -> None:
    lock = place.impl.Lock()
    await lock.acquire()
    await lock.acquire()


async def a_condition(place: Place) -> None:
    condition = place.impl.Condition()
    async with condition:
        await condition.wait()


async def a_task_group(place: Place) -> None:
    async with place.impl.TaskGroup() as group:
        group.create_task(place.impl.sleep(1000))


async def a_time_limit(place: Place) -> None:
    async with place.impl.timeout(1000):
        await place.loop.create_future()


async def a_server(place: Place) -> None:
    server = await place.loop.create_server(
        place.impl.Protocol, sock=place.listener(), start_serving=False
    )
    await server.serve_forever()


WAITS: dict[str, Callable[[Place], Awaitable[Any]]] = {
    "sleep": lambda place: place.impl.sleep(1000),
    "future": lambda place: place.loop.create_future(),
    "sock_recv": lambda place: place.loop.sock_recv(place.pair(), 10),
    "sock_sendall": lambda place: place.loop.sock_sendall(
        place.pair(), bytes(10_000_000)
    ),
    "sock_accept": lambda place: place.loop.sock_accept(place.listener()),
    "sock_connect": connecting,
    "readline": reading,
    "drain": draining,
    "serve_forever": a_server,
    "child": a_child,
    "executor": an_executor,
    "Queue.get": lambda place: place.impl.Queue().get(),
    "Event.wait": lambda place: place.impl.Event().wait(),
    "Lock.acquire": a_lock,
    "Condition.wait": a_condition,
    "wait_for": lambda place: place.impl.wait_for(place.impl.sleep(1000), 1000),
    "gather": lambda place: place.impl.gather(
        place.impl.sleep(1000), place.loop.create_future()
    ),
    "TaskGroup": a_task_group,
    "timeout": a_time_limit,
}


@pytest.mark.parametrize("name", WAITS)
def test_an_interrupt_ends_the_wait(impl: ModuleType, name: str) -> None:
    seen: list[str] = []

    async def main() -> None:
        with contextlib.ExitStack() as opened:
            place = Place(impl, opened)
            thread = threading.Thread(target=os.kill, args=(os.getpid(), signal.SIGINT))
            opened.callback(thread.join)
            place.loop.call_soon(thread.start)
            try:
                await WAITS[name](place)
            except impl.CancelledError:
                seen.append("cancelled")
                raise

    with pytest.raises(KeyboardInterrupt):
        impl.run(main())
    assert seen == ["cancelled"]
    # Nothing is left behind that would spoil the next loop.
    assert impl.run(impl.sleep(0, "next")) == "next"
