"""anyio on its asyncio back end: groups, scopes, threads, sockets, TLS, processes."""

import ssl
import subprocess
import sys
from typing import Any

import anyio
import anyio.from_thread
import anyio.to_thread
import trustme
from anyio.streams.tls import TLSListener

from tests.software.driver import Factory, prove


def run(factory: Factory) -> None:
    """`anyio.run`, and the portal that runs a loop in a thread."""
    options: dict[str, Any] = {} if factory is None else {"loop_factory": factory}
    anyio.run(main, backend_options=options)
    with anyio.from_thread.start_blocking_portal(backend_options=options) as portal:
        portal.call(_proved)
        assert portal.call(_answer, 5) == 6
        assert portal.start_task_soon(_answer, 6).result() == 7


async def _proved() -> None:
    prove()


async def _answer(number: int) -> int:
    await anyio.sleep(0)
    return number + 1


async def main() -> None:
    """Each part of anyio once."""
    prove()
    await _groups()
    await _streams()
    await _threads()
    await _tcp()
    await _datagrams()
    await _processes()


async def _groups() -> None:
    with anyio.move_on_after(0.01) as scope:
        await anyio.sleep(1000)
    assert scope.cancelled_caught
    try:
        with anyio.fail_after(0.01):
            async with anyio.create_task_group() as group:
                group.start_soon(anyio.sleep, 1000)
    except TimeoutError:
        pass
    else:
        raise AssertionError("no time-out")
    try:
        async with anyio.create_task_group() as group:
            group.start_soon(anyio.sleep, 1000)
            group.start_soon(_fail)
    except* LookupError:
        pass
    else:
        raise AssertionError("nothing was raised")
    async with anyio.create_task_group() as group:
        with anyio.CancelScope(shield=True):
            group.cancel_scope.cancel()
            await anyio.sleep(0.005)


async def _fail() -> None:
    await anyio.sleep(0.005)
    raise LookupError


async def _streams() -> None:
    send, receive = anyio.create_memory_object_stream[int](3)
    got = []

    async def produce(end: Any) -> None:
        async with end:
            for number in range(50):
                await end.send(number)

    async with anyio.create_task_group() as group, receive:
        for _ in range(4):
            group.start_soon(produce, send.clone())
        send.close()
        async for item in receive:
            got.append(item)
    assert sorted(got) == sorted([*range(50)] * 4)
    limiter, lock, event = anyio.CapacityLimiter(2), anyio.Lock(), anyio.Event()
    inside = 0

    async def work() -> None:
        nonlocal inside
        async with limiter:
            inside += 1
            assert inside <= 2
            await anyio.sleep(0)
            inside -= 1
        async with lock:
            await event.wait()

    async with anyio.create_task_group() as group:
        for _ in range(20):
            group.start_soon(work)
        await anyio.sleep(0.01)
        event.set()


async def _threads() -> None:
    def work(number: int) -> int:
        anyio.from_thread.run(anyio.sleep, 0)
        doubled: int = anyio.from_thread.run_sync(lambda: number * 2)
        return doubled

    got: list[int] = []

    async def one(number: int) -> None:
        got.append(await anyio.to_thread.run_sync(work, number))

    async with anyio.create_task_group() as group:
        for number in range(30):
            group.start_soon(one, number)
    assert sorted(got) == [number * 2 for number in range(30)]


async def _tcp() -> None:
    authority = trustme.CA()
    for_server = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("localhost").configure_cert(for_server)
    for_client = ssl.create_default_context()
    authority.configure_trust(for_client)
    plain = await anyio.create_tcp_listener(local_host="127.0.0.1")
    secret = TLSListener(
        await anyio.create_tcp_listener(local_host="127.0.0.1"), for_server
    )

    async def echo(stream: Any) -> None:
        async with stream:
            async for data in stream:
                await stream.send(data)

    async def ask(tls: bool) -> None:
        listener: Any = secret.listener if tls else plain
        port = listener.extra(anyio.abc.SocketAttribute.local_port)
        more: dict[str, Any] = {}
        if tls:
            more = {"ssl_context": for_client, "tls_hostname": "localhost"}
        stream: Any = await anyio.connect_tcp("127.0.0.1", port, tls=tls, **more)
        async with stream:
            sent = bytes(range(256)) * 2000
            back = b""
            async with anyio.create_task_group() as group:
                group.start_soon(stream.send, sent)
                while len(back) < len(sent):
                    back += await stream.receive()
            assert back == sent

    async with anyio.create_task_group() as group:
        group.start_soon(plain.serve, echo)
        group.start_soon(secret.serve, echo)
        async with anyio.create_task_group() as asking:
            for number in range(10):
                asking.start_soon(ask, number % 2 == 0)
        group.cancel_scope.cancel()
    await plain.aclose()
    await secret.aclose()


async def _datagrams() -> None:
    here: Any
    there: Any
    async with (
        await anyio.create_udp_socket(local_host="127.0.0.1") as here,
        await anyio.create_udp_socket(local_host="127.0.0.1") as there,
    ):
        port = there.extra(anyio.abc.SocketAttribute.local_port)
        await here.sendto(b"hello", "127.0.0.1", port)
        data, _ = await there.receive()
        assert data == b"hello"


async def _processes() -> None:
    code = "import sys; sys.stdout.write(sys.stdin.read()[::-1])"
    done = await anyio.run_process([sys.executable, "-S", "-c", code], input=b"abc")
    assert done.stdout == b"cba"
    with anyio.move_on_after(0.05):
        async with await anyio.open_process(["/bin/sleep", "1000"]) as child:
            await child.wait()
    assert child.returncode is not None
    try:
        await anyio.run_process(["/bin/false"])
    except subprocess.CalledProcessError as error:
        assert error.returncode == 1
    else:
        raise AssertionError("it succeeded")
