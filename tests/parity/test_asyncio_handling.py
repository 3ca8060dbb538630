"""What an exception handler of a loop finds being handled, as in an `except` block."""

import asyncio
import socket
import sys
from collections.abc import Callable
from types import ModuleType
from typing import Any

import pytest

from tests.loops import run

MODULE = "asyncio"


def _fail(*_: Any) -> None:
    raise ZeroDivisionError


class _Made(asyncio.Protocol):
    def connection_made(self, _: Any) -> None:
        _fail()


class _Lost(asyncio.Protocol):
    def connection_lost(self, _: Any) -> None:
        _fail()


class _Datagram(asyncio.DatagramProtocol):
    def datagram_received(self, *_: Any) -> None:
        _fail()


async def _call_soon(loop: Any) -> None:
    loop.call_soon(_fail)


async def _call_later(loop: Any) -> None:
    loop.call_later(0.001, _fail)


async def _threadsafe(loop: Any) -> None:
    loop.call_soon_threadsafe(_fail)


async def _done(loop: Any) -> None:
    future = loop.create_future()
    future.add_done_callback(_fail)
    future.set_result(None)


async def _connection(loop: Any, protocol: type[asyncio.Protocol]) -> None:
    one, other = socket.socketpair()
    with other:
        transport, _ = await loop.create_connection(protocol, sock=one)
        OPEN.append(transport)
        transport.close()


async def _made(loop: Any) -> None:
    await _connection(loop, _Made)


async def _lost(loop: Any) -> None:
    await _connection(loop, _Lost)


async def _datagram(loop: Any) -> None:
    transport, _ = await loop.create_datagram_endpoint(
        _Datagram, local_addr=("127.0.0.1", 0)
    )
    transport.sendto(b"x", transport.get_extra_info("sockname"))
    OPEN.append(transport)


OPEN: list[asyncio.BaseTransport] = []
WAYS = [_call_soon, _call_later, _threadsafe, _done, _made, _lost, _datagram]


@pytest.mark.parametrize("way", WAYS)
def test_the_handler_finds_the_exception(
    impl: ModuleType, way: Callable[[Any], Any]
) -> None:
    async def main() -> Any:
        loop = asyncio.get_running_loop()
        found = loop.create_future()

        def handler(_: Any, context: Any) -> None:
            known = sys.exc_info()[1]
            if not found.done():
                found.set_result((known, context["exception"]))

        loop.set_exception_handler(handler)
        await way(loop)
        known, told = await asyncio.wait_for(found, 20)
        assert isinstance(known, ZeroDivisionError)
        assert known is told
        assert sys.exc_info() == (None, None, None)
        for transport in OPEN:
            transport.close()
        # A transport lets go of its socket when the protocol knows that it is lost.
        while OPEN:
            if OPEN[-1].get_extra_info("socket").fileno() == -1:
                OPEN.pop()
            await asyncio.sleep(0)

    run(impl, main)


def test_what_the_handler_raises_has_the_context(
    impl: ModuleType, caplog: pytest.LogCaptureFixture
) -> None:
    async def main() -> None:
        loop = asyncio.get_running_loop()
        ended = loop.create_future()

        def handler(*_: Any) -> None:
            ended.set_result(None)
            raise KeyError("of the handler")

        loop.set_exception_handler(handler)
        loop.call_soon(_fail)
        await asyncio.wait_for(ended, 20)
        await asyncio.sleep(0)

    run(impl, main)
    [record] = [one for one in caplog.records if one.exc_info]
    assert record.exc_info is not None and record.exc_info[1] is not None
    assert isinstance(record.exc_info[1].__context__, ZeroDivisionError)
