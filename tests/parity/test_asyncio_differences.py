"""What docs/compat.md lists of asyncio and no other test shows.

Each test says what the standard library does; where ropewalk does something else on
purpose, it is marked so.
"""

import asyncio
import contextlib
import copy
import heapq
import os
import ssl
import sys
from types import ModuleType
from typing import Any

import pytest

from tests import tls
from tests.loops import connect, far_reads, open_loop, run
from tests.threads import fork_alone

MODULE = "asyncio"

SINCE_12 = sys.version_info >= (3, 12)
# Later patch releases of CPython do here what ropewalk does.
_WRITELINES: Any = asyncio.selector_events._SelectorSocketTransport.writelines  # type: ignore[attr-defined]
_KNOWS = _WRITELINES.__code__.co_names

from_12 = pytest.mark.skipif(not SINCE_12, reason="3.11 copies what is written")
pauses_not = pytest.mark.skipif(
    not SINCE_12 or "_maybe_pause_protocol" in _KNOWS,
    reason="this Python's writelines() pauses the protocol",
)
counts_not = pytest.mark.skipif(
    not SINCE_12 or "_conn_lost" in _KNOWS,
    reason="this Python's writelines() counts what is lost",
)


@pytest.mark.differs(reason="the parent's loop is refused in a forked child")
def test_a_child_may_use_the_parents_loop(impl: ModuleType) -> None:
    with open_loop(impl) as loop:
        child = fork_alone()
        if child == 0:
            status = 1
            try:
                loop.call_soon(print)
                status = 0
            finally:
                os._exit(status)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


def test_heapq_works_on_the_timers(impl: ModuleType) -> None:
    with open_loop(impl) as loop:
        private: Any = loop
        timer = loop.call_later(1000, print)
        heapq.heapify(private._scheduled)
        assert heapq.heappop(private._scheduled) is timer


def test_the_timers_can_be_sorted_in_place(impl: ModuleType) -> None:
    with open_loop(impl) as loop:
        private: Any = loop
        later = loop.call_later(2000, print)
        sooner = loop.call_later(1000, print)
        private._scheduled.sort()
        assert private._scheduled == [sooner, later]


@pytest.mark.differs(reason="_ready is a view of the loop's callbacks")
def test_the_ready_callbacks_can_be_rotated(impl: ModuleType) -> None:
    with open_loop(impl) as loop:
        private: Any = loop
        first = loop.call_soon(print)
        second = loop.call_soon(print)
        private._ready.rotate()
        assert list(private._ready) == [second, first]


@from_12
@pytest.mark.differs(reason="what can change is copied when write() returns")
def test_a_bytearray_is_sent_as_it_is_when_its_turn_comes(impl: ModuleType) -> None:
    size = 3_000_000

    async def main() -> None:
        protocol, far = await connect()
        with far:
            data = bytearray(size)
            protocol.transport.write(data)
            assert protocol.transport.get_write_buffer_size() > 0
            data[-1] = 1
            received = await far_reads(far, size)
            protocol.transport.close()
        await protocol.lost
        assert received[-1] == 1

    run(impl, main)


@pauses_not
@pytest.mark.differs(reason="writelines() pauses the protocol as write() does")
def test_writelines_pauses_no_protocol(impl: ModuleType) -> None:
    async def main() -> None:
        protocol, far = await connect()
        with far:
            protocol.transport.writelines([bytes(3_000_000)])
            assert protocol.transport.get_write_buffer_size() > 1_000_000
            protocol.transport.abort()
        await protocol.lost
        assert "pause_writing" not in protocol.told

    run(impl, main)


@counts_not
@pytest.mark.differs(reason="writelines() drops it and counts, as write() does")
def test_writelines_keeps_what_nobody_will_read(impl: ModuleType) -> None:
    async def main() -> None:
        protocol, far = await connect()
        with far:
            transport = protocol.transport
            transport.abort()
            lost = transport._conn_lost
            transport.writelines([b"lost"])
            counted = transport._conn_lost - lost
        await protocol.lost
        assert counted == 0

    run(impl, main)


@pytest.mark.differs(reason="it is a built-in method's name")
def test_a_task_names_the_function_of_gather(impl: ModuleType) -> None:
    async def main() -> None:
        task = asyncio.get_running_loop().create_task(asyncio.sleep(0))
        gathered = impl.gather(task)
        shown = repr(task)
        await gathered
        assert "gather.<locals>." in shown

    run(impl, main)


@pytest.mark.differs(reason="refused with TypeError, as pickling is")
def test_a_timeout_can_be_copied(impl: ModuleType) -> None:
    if not hasattr(impl, "Timeout"):
        pytest.skip("no Timeout")
    copy.copy(impl.Timeout(None))


@pytest.mark.differs(reason="every record is put into the buffer, not into a copy")
def test_a_bytearray_loses_records(impl: ModuleType) -> None:
    class Taker(asyncio.BufferedProtocol):
        def __init__(self) -> None:
            self.buffer = bytearray(2**18)
            self.received = bytearray()
            self.lost = asyncio.get_running_loop().create_future()

        def connection_made(self, transport: Any) -> None:
            self.transport = transport
            transport.pause_reading()

        def get_buffer(self, sizehint: int) -> bytearray:
            return self.buffer

        def buffer_updated(self, nbytes: int) -> None:
            self.received += self.buffer[:nbytes]

        def connection_lost(self, exc: BaseException | None) -> None:
            self.lost.set_result(None)

    data = b"a" * 2**14 + b"b" * 2**14

    async def main() -> None:
        protocol, far = await tls.serve(Taker)
        with far:
            await tls.in_thread(far.sendall, data)
            while protocol.transport.get_read_buffer_size() <= len(data):
                await asyncio.sleep(0)
            protocol.transport.resume_reading()
            while len(protocol.received) < len(data):
                await asyncio.sleep(0)
            protocol.transport.abort()
            await protocol.lost
        assert protocol.received != data

    run(impl, main)


loses_early = pytest.mark.skipif(
    "_buffer" in asyncio.BaseEventLoop.start_tls.__code__.co_names,
    reason="this Python hands early bytes on",
)


@loses_early
@pytest.mark.differs(reason="what was read too early is handed to TLS")
def test_a_hello_that_comes_too_early_is_lost(impl: ModuleType) -> None:
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    client = tls.client_context().wrap_bio(
        incoming, outgoing, server_hostname="localhost"
    )
    with pytest.raises(ssl.SSLWantReadError):
        client.do_handshake()

    async def main() -> None:
        outcome = asyncio.get_running_loop().create_future()

        async def handle(reader: Any, writer: Any) -> None:
            try:
                assert await reader.readline() == b"start\n"
                await writer.start_tls(tls.server_context(), ssl_handshake_timeout=0.3)
                outcome.set_result(None)
            except BaseException as error:
                outcome.set_exception(error)
            finally:
                writer.transport.abort()

        server = await impl.start_server(handle, "127.0.0.1", 0)
        reader, writer = await impl.open_connection(*server.sockets[0].getsockname())
        writer.write(b"start\n" + outgoing.read())
        while data := await reader.read(10_000):
            incoming.write(data)
            with contextlib.suppress(ssl.SSLWantReadError):
                client.do_handshake()
            writer.write(outgoing.read())
        await asyncio.wait([outcome])
        writer.close()
        with contextlib.suppress(OSError):
            await writer.wait_closed()
        server.close()
        await server.wait_closed()
        assert isinstance(outcome.exception(), ConnectionAbortedError)

    run(impl, main)
