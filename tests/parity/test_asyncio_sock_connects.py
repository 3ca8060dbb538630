"""Accepting and connecting with `sock_*`: at once, later, refused, cancelled."""

import asyncio
import errno
import os
import socket
import sys
from types import ModuleType
from typing import Any

import pytest

from tests.parity.test_asyncio_sock import Loop, run
from tests.parity.test_asyncio_sock_waits import begin, cancel

MODULE = "asyncio"


def listening() -> socket.socket:
    made = socket.create_server(("127.0.0.1", 0))
    made.setblocking(False)
    return made


def client(family: int = socket.AF_INET) -> socket.socket:
    made = socket.socket(family)
    made.setblocking(False)
    return made


def test_accept_returns_at_once_or_waits(impl: ModuleType) -> None:
    async def main(loop: Loop) -> None:
        with listening() as listener:
            for wait in (False, True):
                with client() as one:
                    if wait:
                        accepting = await begin(loop, loop.sock_accept(listener))
                    await loop.sock_connect(one, listener.getsockname())
                    if not wait:
                        accepting = loop.sock_accept(listener)
                    two, address = await accepting
                    with two:
                        assert type(two) is socket.socket
                        assert two.gettimeout() == 0
                        assert address == one.getsockname()
            await cancel(await begin(loop, loop.sock_accept(listener)))
            assert not loop.remove_reader(listener)

    run(impl, main)


def test_connect_says_why_it_failed(impl: ModuleType, tmp_path: Any) -> None:
    with listening() as listener:
        address = listener.getsockname()

    async def main(loop: Loop) -> None:
        with client() as one:
            with pytest.raises(ConnectionRefusedError) as caught:
                await loop.sock_connect(one, address)
            why = caught.value
            assert why.errno == errno.ECONNREFUSED
            assert why.strerror == f"Connect call failed {address}"
        with client(socket.AF_UNIX) as one, pytest.raises(FileNotFoundError):
            await loop.sock_connect(one, str(tmp_path / "nobody"))
        for wrong in ["127.0.0.1", 5, ("127.0.0.1",), ("127.0.0.1", 70_000)]:
            refused = pytest.raises((TypeError, ValueError, OverflowError))
            with client() as one, refused:
                await loop.sock_connect(one, wrong)

    run(impl, main)


def test_only_names_are_looked_up(
    impl: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def main(loop: Loop) -> None:
        asked = []
        real = loop.getaddrinfo

        async def getaddrinfo(*arguments: Any, **names: Any) -> Any:
            asked.append(arguments[0])
            return await real(*arguments, **names)

        monkeypatch.setattr(loop, "getaddrinfo", getaddrinfo)
        with listening() as listener:
            port = listener.getsockname()[1]
            for host in ["127.0.0.1", "localhost"]:
                with client() as one:
                    assert await loop.sock_connect(one, (host, port)) is None
                transport, _ = await loop.create_connection(
                    asyncio.Protocol, host, port, family=socket.AF_INET
                )
                transport.abort()
                await asyncio.sleep(0)
        assert asked == ["localhost", "localhost"]

    run(impl, main)


def test_a_cancelled_connect_leaves_nothing(impl: ModuleType) -> None:
    async def main(loop: Loop) -> None:
        with listening() as listener:
            listener.listen(0)
            fill: list[socket.socket] = []
            while True:
                # The backlog takes some, then connections wait.
                one = client()
                fill.append(one)
                task = loop.create_task(loop.sock_connect(one, listener.getsockname()))
                done, _ = await asyncio.wait([task], timeout=0.2)
                if not done:
                    break
            await cancel(task)
            assert not loop.remove_writer(one.fileno())
            before = len(os.listdir("/proc/self/fd"))
            connecting = loop.create_connection(
                asyncio.Protocol, *listener.getsockname()
            )
            await cancel(await begin(loop, connecting))
            assert len(os.listdir("/proc/self/fd")) == before
            for each in fill:
                each.close()

    run(impl, main)


def test_all_errors_of_a_connection_are_told(impl: ModuleType) -> None:
    with listening() as listener:
        port = listener.getsockname()[1]

    async def main(loop: Loop) -> None:
        with pytest.raises(OSError, match="Connect call failed") as caught:
            await loop.create_connection(
                asyncio.Protocol, "127.0.0.1", port, local_addr=("127.0.0.1", 0)
            )
        assert caught.value.errno == errno.ECONNREFUSED
        if sys.version_info >= (3, 12):
            with pytest.raises(ExceptionGroup):
                await loop.create_connection(
                    asyncio.Protocol, "127.0.0.1", port, all_errors=True
                )

    run(impl, main)
