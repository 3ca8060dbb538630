"""What a program puts in place of a method is called, by whichever way it was put.

A subclass, or an attribute of one object: a short way past a method is only for objects
that have none of their own.
"""

import asyncio
import functools
import socket
from collections.abc import Callable
from types import ModuleType
from typing import Any

import pytest

from tests.loops import Recorder, run
from tests.tls import client_context, server_context

MODULE = "asyncio"


class Turning(socket.socket):
    """A socket whose bytes are other ones on the wire."""

    calls: list[str]

    def _note(self, name: str) -> None:
        self.__dict__.setdefault("calls", []).append(name)

    def send(self, data: Any, *flags: Any) -> int:
        self._note("send")
        return super().send(bytes(data).swapcase(), *flags)

    def sendmsg(self, buffers: Any, *rest: Any) -> int:
        self._note("send")
        return super().send(b"".join(buffers).swapcase())

    def recv(self, size: int, *flags: Any) -> bytes:
        self._note("recv")
        return super().recv(size, *flags).swapcase()

    def recv_into(self, buffer: Any, *rest: Any) -> int:
        self._note("recv_into")
        view = memoryview(buffer)
        data = super().recv(len(view)).swapcase()
        view[: len(data)] = data
        return len(data)

    def accept(self) -> Any:
        number, address = self._accept()  # type: ignore[attr-defined]
        return type(self)(self.family, self.type, self.proto, fileno=number), address


def turning_pair() -> tuple[Turning, socket.socket]:
    near, far = socket.socketpair()
    turning = Turning(near.family, near.type, near.proto, fileno=near.detach())
    turning.setblocking(False)
    return turning, far


class Buffered(asyncio.BufferedProtocol):
    """Keeps what it got, and writes it back."""

    def __init__(self) -> None:
        self.memory = bytearray(100)
        self.got: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: Any) -> None:
        self.transport = transport

    def get_buffer(self, sizehint: int) -> Any:
        return self.memory

    def buffer_updated(self, nbytes: int) -> None:
        self.got.set_result(bytes(self.memory[:nbytes]))


def test_a_transport_uses_the_methods_of_a_socket(impl: ModuleType) -> None:
    async def main() -> None:
        loop = asyncio.get_running_loop()
        near, far = turning_pair()
        with far:
            transport, protocol = await loop.create_connection(Recorder, sock=near)
            transport.write(b"out")
            transport.writelines([b"more", b"of it"])
            far.sendall(b"in")
            await protocol.until(lambda: protocol.received == b"IN")
            far.settimeout(10)
            sent = b""
            while len(sent) < 12:
                sent += far.recv(100)
                await asyncio.sleep(0)
            assert sent == b"OUTMOREOF IT"
            transport.close()
            await protocol.lost
        assert {"send", "recv"} <= set(near.calls)

    run(impl, main)


def test_a_buffered_protocol_reads_by_the_method_of_a_socket(impl: ModuleType) -> None:
    async def main() -> None:
        loop = asyncio.get_running_loop()
        near, far = turning_pair()
        with far:
            transport, protocol = await loop.create_connection(Buffered, sock=near)
            far.sendall(b"in")
            assert await protocol.got == b"IN"
            transport.close()
        assert near.calls == ["recv_into"]

    run(impl, main)


def test_streams_and_servers_use_the_methods_of_a_socket(impl: ModuleType) -> None:
    async def main() -> None:
        async def serve(reader: Any, writer: Any) -> None:
            writer.write(await reader.readexactly(5))
            await writer.drain()
            writer.close()

        listener = Turning()
        listener.bind(("127.0.0.1", 0))
        server = await asyncio.start_server(serve, sock=listener)
        async with server:
            reader, writer = await asyncio.open_connection(*listener.getsockname())
            writer.write(b"there")
            # Turned when it was received, and back when it was sent.
            assert await reader.read() == b"there"
            writer.close()
            kind = type(server.sockets[0]._sock)  # type: ignore[attr-defined]
            assert kind is Turning

    run(impl, main)


def test_an_accepted_socket_of_a_class_is_used_by_its_methods(impl: ModuleType) -> None:
    async def main() -> None:
        loop = asyncio.get_running_loop()
        near, far = turning_pair()
        with far:
            transport, _ = await loop.connect_accepted_socket(Recorder, near)
            transport.write(b"out")
            far.settimeout(10)
            assert far.recv(100) == b"OUT"
            transport.close()

    run(impl, main)


def test_the_loops_operations_use_the_methods_of_a_socket(impl: ModuleType) -> None:
    async def main() -> None:
        loop = asyncio.get_running_loop()
        near, far = turning_pair()
        with near, far:
            far.setblocking(False)
            await loop.sock_sendall(near, b"out")
            assert await loop.sock_recv(far, 9) == b"OUT"
            await loop.sock_sendall(far, b"in")
            assert await loop.sock_recv(near, 9) == b"IN"
            memory = bytearray(9)
            reading = asyncio.ensure_future(loop.sock_recv_into(near, memory))
            await asyncio.sleep(0)
            await loop.sock_sendall(far, b"into")
            assert await reading == 4
            assert memory[:4] == b"INTO"

    run(impl, main)


def test_tls_goes_through_the_methods_of_a_socket(impl: ModuleType) -> None:
    class Counting(Turning):
        def send(self, data: Any, *flags: Any) -> int:
            self._note("send")
            return socket.socket.send(self, data, *flags)

        def recv_into(self, buffer: Any, *rest: Any) -> int:
            self._note("recv_into")
            return socket.socket.recv_into(self, buffer, *rest)

        def sendmsg(self, buffers: Any, *rest: Any) -> int:
            self._note("send")
            return socket.socket.sendmsg(self, buffers, *rest)

    async def main() -> None:
        async def serve(reader: Any, writer: Any) -> None:
            writer.write(await reader.readexactly(5))
            await writer.drain()
            writer.close()

        server = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=server_context())
        async with server:
            near = Counting()
            near.connect(server.sockets[0].getsockname())
            near.setblocking(False)
            reader, writer = await asyncio.open_connection(
                sock=near, ssl=client_context(), server_hostname="localhost"
            )
            before = list(near.calls)
            writer.write(b"there")
            assert await reader.read() == b"there"
            writer.close()
            later = near.calls[len(before) :]
            assert {"send", "recv_into"} <= set(later)

    run(impl, main)


def counted(thing: Any, name: str, calls: list[str]) -> Callable[..., Any]:
    """Put a method that counts its calls in place of one of `thing`'s own."""
    method = getattr(thing, name)

    @functools.wraps(method)
    def counting(*args: Any, **kwargs: Any) -> Any:
        calls.append(name)
        return method(*args, **kwargs)

    setattr(thing, name, counting)
    return counting


def made(impl: ModuleType, kind: str, how: str, names: tuple[str, ...]) -> Any:
    """Return an object whose methods of these names write down their calls."""
    base = getattr(impl, kind)
    calls: list[str] = []
    if how == "class":
        base = type(kind, (base,), {})
        space = {}
        for name in names:
            method = getattr(base, name, None)  # a Condition's are its lock's
            if method is None:
                continue

            def counting(
                self: Any, *args: Any, name: str = name, method: Any = method
            ) -> Any:
                calls.append(name)
                return method(self, *args)

            space[name] = counting
        base = type(kind, (base,), space)
    thing = base(1) if "Semaphore" in kind else base()
    if how == "instance":
        for name in names:
            counted(thing, name, calls)
    del calls[:]
    thing.calls = calls
    return thing


async def use_lock(lock: Any) -> None:
    async with lock:
        waiting = asyncio.ensure_future(lock.acquire())
        await asyncio.sleep(0)
    await waiting
    lock.release()
    async with lock:
        pass


async def use_queue(queue: Any) -> None:
    getting = asyncio.ensure_future(queue.get())
    await asyncio.sleep(0)
    queue.put_nowait(1)
    await getting
    await queue.put(2)
    await queue.put(3)
    assert queue.get_nowait() in (2, 3)
    assert await queue.get() in (2, 3)
    for _ in range(3):
        queue.task_done()
    await queue.join()


async def use_event(event: Any) -> None:
    waiting = asyncio.ensure_future(event.wait())
    await asyncio.sleep(0)
    event.set()
    await waiting
    event.clear()
    event.set()
    await event.wait()


async def use_condition(condition: Any) -> None:
    async def wait() -> None:
        async with condition:
            await condition.wait()

    waiting = asyncio.ensure_future(wait())
    await asyncio.sleep(0)
    async with condition:
        condition.notify()
        condition.notify_all()
    await waiting


QUEUE = ("_put", "_get", "_wakeup_next", "empty", "full", "put_nowait", "get_nowait")
USES: dict[str, tuple[Callable[[Any], Any], tuple[str, ...]]] = {
    "Lock": (use_lock, ("acquire", "release", "_wake_up_first")),
    "Semaphore": (use_lock, ("acquire", "release", "_wake_up_next")),
    "BoundedSemaphore": (use_lock, ("acquire", "release", "_wake_up_next")),
    "Queue": (use_queue, QUEUE),
    "LifoQueue": (use_queue, QUEUE),
    "PriorityQueue": (use_queue, QUEUE),
    "Event": (use_event, ("wait", "set", "clear")),
    "Condition": (use_condition, ("acquire", "release", "wait", "notify")),
}
CASES = [(kind, names) for kind, (_, all) in USES.items() for names in [all, *zip(all)]]


@pytest.mark.parametrize("how", ["class", "instance"])
@pytest.mark.parametrize(("kind", "names"), CASES)
def test_a_method_of_ones_own_is_called_as_often(
    ours: ModuleType, theirs: ModuleType, kind: str, names: tuple[str, ...], how: str
) -> None:
    found = []
    for impl in (theirs, ours):

        async def main(impl: ModuleType = impl) -> Any:
            thing = made(impl, kind, how, names)
            await USES[kind][0](thing)
            return thing.calls

        found.append(run(impl, main))
    assert found[1] == found[0]


def test_a_queues_hooks_may_come_later(impl: ModuleType) -> None:
    """In the middle of its life, with items inside."""

    async def main() -> None:
        queue = impl.Queue()
        queue.put_nowait(1)
        calls: list[str] = []
        counted(queue, "_put", calls)
        counted(queue, "_get", calls)
        queue.put_nowait(2)
        assert [await queue.get(), queue.get_nowait()] == [1, 2]
        assert calls == ["_put", "_get", "_get"]

    run(impl, main)


@pytest.mark.parametrize("how", ["class", "instance"])
@pytest.mark.parametrize("kind", ["Queue", "LifoQueue", "PriorityQueue"])
def test_a_queue_is_as_full_as_its_own_qsize_says(
    impl: ModuleType, kind: str, how: str
) -> None:
    """Such as one that counts bytes, not items."""

    async def main() -> None:
        def bytes_inside(self: Any) -> int:
            return sum(map(len, self._queue))

        base = getattr(impl, kind)
        if how == "class":
            base = type(kind, (base,), {"qsize": bytes_inside})
        queue = base(5)
        if how == "instance":
            queue.qsize = functools.partial(bytes_inside, queue)
        assert queue.qsize() == 0
        await queue.put("ab")
        assert not queue.full()
        await queue.put("cdef")
        assert queue.full()
        with pytest.raises(impl.QueueFull):
            queue.put_nowait("g")
        putting = asyncio.ensure_future(queue.put("h"))
        await asyncio.sleep(0)
        assert not putting.done()
        queue.get_nowait()
        queue.get_nowait()
        await putting
        assert queue.qsize() == 1
        queue._queue.clear()
        assert queue.empty()

    run(impl, main)


TLS_METHODS = (
    "get_buffer",
    "buffer_updated",
    "_do_read",
    "_do_read__copied",
    "_process_outgoing",
    "_write_appdata",
    "_do_write",
    "_control_ssl_reading",
)


@pytest.mark.parametrize("name", TLS_METHODS)
def test_a_method_put_into_one_tls_protocol_is_called(
    impl: ModuleType, name: str
) -> None:
    async def main() -> None:
        async def serve(reader: Any, writer: Any) -> None:
            writer.write(await reader.readexactly(5))
            await writer.drain()
            writer.close()

        server = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=server_context())
        async with server:
            reader, writer = await asyncio.open_connection(
                *server.sockets[0].getsockname(),
                ssl=client_context(),
                server_hostname="localhost",
            )
            calls: list[str] = []
            transport: Any = writer.transport
            counted(transport._ssl_protocol, name, calls)
            writer.write(b"there")
            assert await reader.read() == b"there"
            writer.close()
        assert calls

    run(impl, main)


@pytest.mark.parametrize("how", ["class", "instance"])
@pytest.mark.parametrize("name", ["call_at", "_call_soon"])
def test_a_loops_own_scheduling_is_used(
    theirs: ModuleType, ours: ModuleType, name: str, how: str
) -> None:
    expected = _scheduled(theirs, name, how)
    assert _scheduled(ours, name, how) == expected
    assert expected


def _scheduled(impl: ModuleType, name: str, how: str) -> list[str]:
    """The calls of a loop's own method, of all that schedule three callbacks."""
    calls: list[str] = []
    base: Any = impl.SelectorEventLoop
    if how == "class":
        method = getattr(base, name)

        def counting(self: Any, *args: Any, **kwargs: Any) -> Any:
            calls.append(name)
            return method(self, *args, **kwargs)

        base = type("Loop", (base,), {name: counting})
    loop = base()
    try:
        if how == "instance":
            counted(loop, name, calls)
        loop.call_later(0, loop.call_soon, loop.call_soon_threadsafe, loop.stop)
        loop.run_forever()
    finally:
        loop.close()
    return calls
