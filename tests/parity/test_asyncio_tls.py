"""TLS: what a protocol is told, and that no byte is lost."""

import asyncio
import asyncio.transports
import gc
import logging
import socket
import ssl
from types import ModuleType
from typing import Any

import pytest

from tests import tls
from tests.loops import PATIENCE, Recorder, open_loop, pair, pattern, run, tell_problems

MODULE = "asyncio"

versions = pytest.mark.parametrize("version", tls.VERSIONS.values(), ids=tls.VERSIONS)


@versions
def test_the_life_of_a_connection(impl: ModuleType, version: ssl.TLSVersion) -> None:
    async def main() -> list[Any]:
        protocol, far = await tls.serve(version=version)
        transport = protocol.transport
        assert protocol.told == ["connection_made"]
        assert isinstance(transport, asyncio.Transport)
        assert isinstance(transport, asyncio.transports._FlowControlMixin)
        assert not transport.is_closing()
        assert transport.is_reading()
        kept: Any = transport.get_protocol()
        assert kept is protocol
        with far:
            far.sendall(b"hello")
            await protocol.until(lambda: protocol.received == b"hello")
            transport.write(b"wor")
            transport.writelines([b"l", bytearray(b"d"), memoryview(b"!")])
            assert await tls.in_thread(tls.read_all, far, 6) == b"world!"
            plain = await tls.in_thread(far.unwrap)
            assert await protocol.lost is None
            plain.close()
        assert transport.is_closing()
        return list(protocol.told)

    assert run(impl, main) == [
        "connection_made",
        "data_received",
        "eof_received",
        ("connection_lost", type(None)),
    ]


def test_what_a_transport_knows(impl: ModuleType) -> None:
    async def main() -> None:
        protocol, far = await tls.serve()
        transport = protocol.transport
        with far:
            known = transport.get_extra_info("ssl_object")
            assert type(known) is ssl.SSLObject
            assert known.server_side
            assert transport.get_extra_info("cipher") == known.cipher()
            assert transport.get_extra_info("peercert") is None
            assert transport.get_extra_info("compression") is None
            context = transport.get_extra_info("sslcontext")
            assert type(context) is ssl.SSLContext
            assert transport.get_extra_info("peername") == far.getsockname()
            assert transport.get_extra_info("nothing", 5) == 5
            assert not transport.can_write_eof()
            with pytest.raises(NotImplementedError):
                transport.write_eof()
            transport.abort()
            assert await protocol.lost is None

    run(impl, main)


def test_a_write_of_something_else(impl: ModuleType) -> None:
    async def main() -> None:
        protocol, far = await tls.serve()
        with far:
            with pytest.raises(
                TypeError, match="data: expecting a bytes-like instance, got str"
            ):
                protocol.transport.write("text")
            protocol.transport.write(b"")
            protocol.transport.write(memoryview(b""))
            assert protocol.transport.get_write_buffer_size() == 0
            protocol.transport.abort()
            await protocol.lost

    run(impl, main)


@versions
def test_much_both_ways_and_a_slow_reader(
    impl: ModuleType, version: ssl.TLSVersion
) -> None:
    data = pattern(8 * 2**20)
    piece = 2**16

    async def main() -> None:
        protocol, far = await tls.serve(version=version)
        transport = protocol.transport
        transport.set_write_buffer_limits(high=2 * piece, low=piece)
        assert transport.get_write_buffer_limits() == (piece, 2 * piece)
        with far:
            at = 0
            while "pause_writing" not in protocol.told:
                transport.write(data[at : at + piece])
                at += piece
            # The socket's transport holds its own share.
            assert 2 * piece <= transport.get_write_buffer_size() <= 4 * piece
            sending = asyncio.ensure_future(tls.in_thread(far.sendall, data))
            got = tls.in_thread(tls.read_all, far, at)
            assert await got == data[:at]
            await protocol.until_told("resume_writing")
            for start in range(at, len(data), piece):
                transport.write(data[start : start + piece])
            rest = await tls.in_thread(tls.read_all, far, len(data) - at)
            assert rest == data[at:]
            await sending
            await protocol.until(lambda: len(protocol.received) == len(data))
            assert protocol.received == data
            transport.abort()
            await protocol.lost

    run(impl, main)


def test_a_paused_protocol_holds_up_the_other_side(impl: ModuleType) -> None:
    data = pattern(16 * 2**20)

    async def main() -> None:
        protocol, far = await tls.serve()
        transport = protocol.transport
        with far:
            transport.pause_reading()
            assert not transport.is_reading()
            sending = asyncio.ensure_future(tls.in_thread(far.sendall, data))
            _, high = transport.get_read_buffer_limits()
            while transport.get_read_buffer_size() < high:
                await asyncio.sleep(0.001)
            below = transport._ssl_protocol._transport
            assert not below.is_reading()
            assert transport.get_read_buffer_size() < high + 2**18
            assert not sending.done()
            assert protocol.received == b""
            transport.resume_reading()
            await sending
            await protocol.until(lambda: len(protocol.received) == len(data))
            assert protocol.received == data
            transport.abort()
            await protocol.lost

    run(impl, main)


class Buffered(asyncio.BufferedProtocol):
    """Takes what comes in pieces of a size of its own."""

    def __init__(self, size: int) -> None:
        self.buffer = memoryview(bytearray(size))
        self.received = bytearray()
        self.told: list[str] = []
        self.lost = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: Any) -> None:
        self.transport = transport

    def get_buffer(self, sizehint: int) -> Any:
        return self.buffer

    def buffer_updated(self, nbytes: int) -> None:
        self.received += self.buffer[:nbytes]

    def eof_received(self) -> None:
        self.told.append("eof_received")

    def connection_lost(self, exc: BaseException | None) -> None:
        self.lost.set_result(exc)


@pytest.mark.parametrize("size", [1, 7, 5000, 16384, 2**20])
def test_a_buffered_protocol(impl: ModuleType, size: int) -> None:
    data = pattern(min(40 * 2**10, 2000 * size))

    async def main() -> None:
        protocol, far = await tls.serve(lambda: Buffered(size))
        with far:
            await tls.in_thread(far.sendall, data)
            while len(protocol.received) < len(data):
                await asyncio.sleep(0)
            assert protocol.received == data
            plain = await tls.in_thread(far.unwrap)
            assert await protocol.lost is None
            plain.close()
        assert protocol.told == ["eof_received"]

    run(impl, main)


@pytest.mark.parametrize("name", ["get_buffer", "buffer_updated"])
def test_a_buffered_protocol_that_fails(impl: ModuleType, name: str) -> None:
    async def main() -> None:
        problems = tell_problems(asyncio.get_running_loop())
        protocol, far = await tls.serve(lambda: Buffered(100))

        def fail(number: int) -> None:
            raise ValueError("no")

        setattr(protocol, name, fail)
        protocol.transport.set_protocol(protocol)
        with far:
            await tls.in_thread(far.sendall, b"data")
            assert isinstance(await protocol.lost, ValueError)
        assert [p["message"] for p in problems] == ["Fatal error on SSL protocol"]

    run(impl, main)


def test_a_protocol_for_another(impl: ModuleType) -> None:
    async def main() -> None:
        first, far = await tls.serve(lambda: Buffered(3))
        transport = first.transport
        with far:
            await tls.in_thread(far.sendall, b"one")
            while first.received != b"one":
                await asyncio.sleep(0)
            second = Recorder()
            transport.set_protocol(second)
            await tls.in_thread(far.sendall, b"two")
            await second.until(lambda: second.received == b"two")
            transport.set_protocol(first)
            await tls.in_thread(far.sendall, b"three")
            while first.received != b"onethree":
                await asyncio.sleep(0)
            transport.abort()
            await first.lost

    run(impl, main)


@versions
def test_a_byte_at_a_time(impl: ModuleType, version: ssl.TLSVersion) -> None:
    class Drip:
        """A client whose every byte comes alone."""

        def __init__(self, far: socket.socket) -> None:
            self.far = far
            self.incoming, self.outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
            self.tls = tls.client_context().wrap_bio(
                self.incoming, self.outgoing, server_hostname="localhost"
            )

        def shake(self) -> bool:
            self.tls.do_handshake()
            return True

        def do(self, work: Any, *args: Any) -> Any:
            while True:
                try:
                    done = work(*args)
                except ssl.SSLWantReadError:
                    done = None
                for byte in self.outgoing.read():
                    self.far.sendall(bytes([byte]))
                if done is not None:
                    return done
                self.incoming.write(self.far.recv(1))

    async def main() -> None:
        near, far = pair(socket.AF_INET)
        near.setblocking(False)
        far.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        loop = asyncio.get_running_loop()
        drip = Drip(far)
        shaking = asyncio.ensure_future(tls.in_thread(drip.do, drip.shake))
        _, protocol = await loop.connect_accepted_socket(
            Recorder, near, ssl=tls.server_context(version)
        )
        await shaking
        for byte in b"over and":
            protocol.transport.write(bytes([byte]))
        got = b""
        while len(got) < 8:
            got += await tls.in_thread(drip.do, drip.tls.read, 100)
        assert got == b"over and"
        await tls.in_thread(drip.do, drip.tls.write, b"out" * 100)
        await protocol.until(lambda: len(protocol.received) == 300)
        assert protocol.received == b"out" * 100
        protocol.transport.abort()
        await protocol.lost
        far.close()

    run(impl, main)


def test_all_is_sent_before_the_end(impl: ModuleType) -> None:
    data = pattern(4 * 2**20)

    async def main() -> None:
        protocol, far = await tls.serve()
        with far:
            protocol.transport.write(data)
            protocol.transport.close()
            assert protocol.transport.is_closing()
            reading = tls.in_thread(tls.read_all, far)
            assert await reading == data
            plain = await tls.in_thread(far.unwrap)
            plain.close()
            assert await protocol.lost is None

    run(impl, main)


def test_an_end_without_a_farewell(impl: ModuleType) -> None:
    async def main() -> list[Any]:
        protocol, far = await tls.serve()
        far.sendall(b"data")
        await protocol.until_told("data_received")
        far.shutdown(socket.SHUT_WR)
        await protocol.lost
        far.close()
        return list(protocol.told)

    assert run(impl, main)[-1][0] == "connection_lost"


def test_writing_after_the_end(
    impl: ModuleType, caplog: pytest.LogCaptureFixture
) -> None:
    async def main() -> None:
        protocol, far = await tls.serve()
        transport = protocol.transport
        with far:
            transport.abort()
            await protocol.lost
            with caplog.at_level(logging.WARNING):
                for _ in range(7):
                    transport.write(b"data")
                    transport.writelines([b"data"])

    run(impl, main)
    assert {record.message for record in caplog.records} == {"SSL connection is closed"}
    # The loss counts as one of the five that are not told.
    assert len(caplog.records) == 10


def test_the_marks_of_the_buffers(impl: ModuleType) -> None:
    async def main() -> None:
        protocol, far = await tls.serve()
        transport = protocol.transport
        with far:
            transport.set_write_buffer_limits(high=float("inf"), low=0.5)
            assert transport.get_write_buffer_limits() == (0.5, float("inf"))
            transport.set_write_buffer_limits(low=100)
            assert transport.get_write_buffer_limits() == (100, 400)
            transport.set_read_buffer_limits(high=2**70)
            assert transport.get_read_buffer_limits() == (2**68, 2**70)
            with pytest.raises(ValueError, match="must be >="):
                transport.set_write_buffer_limits(high=1, low=2)
            transport.set_write_buffer_limits(high=0)
            assert protocol.told[-1] == "pause_writing"
            transport.set_write_buffer_limits()
            assert protocol.told[-1] == "resume_writing"
            transport.abort()
            await protocol.lost

    run(impl, main)


def test_a_transport_that_is_forgotten(impl: ModuleType) -> None:
    loop = impl.new_event_loop()

    async def main() -> ssl.SSLSocket:
        _, far = await tls.serve()
        return far

    far = loop.run_until_complete(asyncio.wait_for(main(), PATIENCE))
    loop.run_until_complete(loop.shutdown_default_executor())
    loop.close()
    far.close()
    with pytest.warns(ResourceWarning) as warned:
        del loop
        gc.collect()
    words = [str(one.message) for one in warned]
    assert "unclosed transport <asyncio._SSLProtocolTransport object>" in words


def test_a_subclass_of_the_protocol_is_obeyed(impl: ModuleType) -> None:
    """It may override what the standard library's methods call."""
    seen: list[str] = []

    async def main() -> None:
        protocol, far = await tls.serve()
        ours: Any = type(protocol.transport._ssl_protocol)
        protocol.transport.abort()
        await protocol.lost
        far.close()

        class Watched(ours):  # type: ignore[misc]
            def _do_read__copied(self) -> None:
                seen.append("read")
                super()._do_read__copied()

            def _process_outgoing(self) -> None:
                seen.append("outgoing")
                super()._process_outgoing()

        loop: Any = asyncio.get_running_loop()
        near, plain = pair(socket.AF_INET)
        near.setblocking(False)
        recorder = Recorder()
        wrapping = loop.run_in_executor(None, tls.wrap_far, plain)
        watched = Watched(
            loop, recorder, tls.server_context(), loop.create_future(), True
        )
        loop._make_socket_transport(near, watched)
        client = await wrapping
        with client:
            await recorder.until_told("connection_made")
            seen.clear()
            await tls.in_thread(client.sendall, b"data")
            await recorder.until_told("data_received")
            recorder.transport.write(b"back")
            assert await tls.in_thread(tls.read_all, client, 4) == b"back"
            recorder.transport.abort()
            await recorder.lost

    run(impl, main)
    assert {"read", "outgoing"} <= set(seen)


def test_debug_mode_tells_of_the_handshake(
    impl: ModuleType, caplog: pytest.LogCaptureFixture
) -> None:
    async def main() -> None:
        asyncio.get_running_loop().set_debug(True)
        protocol, far = await tls.serve()
        with far:
            protocol.transport.abort()
            await protocol.lost

    with caplog.at_level(logging.DEBUG, "asyncio"), open_loop(impl) as loop:
        loop.run_until_complete(asyncio.wait_for(main(), PATIENCE))
    told = [record.message for record in caplog.records]
    assert any("starts SSL handshake" in line for line in told)
    assert any("SSL handshake took" in line for line in told)
