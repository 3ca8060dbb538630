"""Transports of sockets: what a protocol is told, in which order, and what it may do."""

import asyncio
import contextvars
import socket
import struct
import sys
from types import ModuleType
from typing import Any

import pytest

from tests.loops import Recorder, connect, open_loop, run, tell_problems

MODULE = "asyncio"

FAMILIES = {"tcp": socket.AF_INET, "unix": socket.AF_UNIX}
families = pytest.mark.parametrize("family", FAMILIES.values(), ids=FAMILIES)


async def far_reads(far: socket.socket, size: int = -1) -> bytes:
    """Read in a thread: so many bytes, or to the end."""

    def read() -> bytes:
        data = bytearray()
        while len(data) != size:
            piece = far.recv(65536 if size < 0 else min(65536, size - len(data)))
            if not piece:
                break
            data += piece
        return bytes(data)

    return await asyncio.get_running_loop().run_in_executor(None, read)


def pattern(size: int) -> bytes:
    """Bytes whose order shows."""
    return b"".join(struct.pack(">I", i) for i in range(size // 4 + 1))[:size]


@families
def test_the_life_of_a_connection(impl: ModuleType, family: int) -> None:
    async def main() -> list[Any]:
        protocol, far = await connect(family=family)
        assert protocol.told == ["connection_made"]
        transport = protocol.transport
        assert isinstance(transport, asyncio.Transport)
        with far:
            far.sendall(b"hello")
            await protocol.until(lambda: protocol.received == b"hello")
            transport.write(b"world")
            assert far.recv(10) == b"world"
            assert transport.is_reading()
            assert not transport.is_closing()
        assert await protocol.lost is None
        assert transport.is_closing()
        assert not transport.is_reading()
        return list(protocol.told)

    assert run(impl, main) == [
        "connection_made",
        "data_received",
        "eof_received",
        ("connection_lost", type(None)),
    ]


def test_what_a_transport_knows_of_its_socket(impl: ModuleType) -> None:
    async def main() -> None:
        protocol, far = await connect(family=socket.AF_INET)
        transport = protocol.transport
        with far:
            known = transport.get_extra_info("socket")
            assert isinstance(known, asyncio.trsock.TransportSocket)
            assert known.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
            assert transport.get_extra_info("sockname") == far.getpeername()
            assert transport.get_extra_info("peername") == far.getsockname()
            assert transport.get_extra_info("nothing", 5) == 5
            assert transport.get_protocol() is protocol
            assert transport.can_write_eof()
            transport.close()
            await protocol.lost

    run(impl, main)


def test_the_order_of_what_a_server_and_a_client_see(impl: ModuleType) -> None:
    async def main() -> list[str]:
        seen: list[str] = []
        loop = asyncio.get_running_loop()
        done = loop.create_future()

        class Side(asyncio.Protocol):
            def __init__(self, name: str) -> None:
                self.name = name

            def connection_made(self, transport: Any) -> None:
                seen.append(f"{self.name} made")
                loop.call_soon(seen.append, f"{self.name} after made")
                if self.name == "client":
                    transport.write(b"x")
                    transport.close()

            def data_received(self, data: bytes) -> None:
                seen.append(f"{self.name} {data!r}")

            def eof_received(self) -> None:
                seen.append(f"{self.name} eof")

            def connection_lost(self, exc: BaseException | None) -> None:
                seen.append(f"{self.name} lost {exc!r}")
                if self.name == "server":
                    done.set_result(None)

        server = await loop.create_server(lambda: Side("server"), "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        await loop.create_connection(lambda: Side("client"), "127.0.0.1", port)
        seen.append("connected")
        await done
        server.close()
        await server.wait_closed()
        return seen

    seen = run(impl, main)
    client = [event for event in seen if event.startswith("client")]
    assert client == ["client made", "client after made", "client lost None"]
    assert seen.index("client made") < seen.index("connected")
    server = [event for event in seen if event.startswith("server")]
    assert server == [
        "server made",
        "server after made",
        "server b'x'",
        "server eof",
        "server lost None",
    ]


def test_a_protocol_runs_in_the_context_of_its_connection(impl: ModuleType) -> None:
    variable = contextvars.ContextVar("variable", default="unset")

    async def main() -> list[str]:
        seen = []

        class Side(Recorder):
            def connection_made(self, transport: Any) -> None:
                seen.append(variable.get())
                super().connection_made(transport)

            def data_received(self, data: bytes) -> None:
                seen.append(variable.get())
                variable.set(data.decode())
                super().data_received(data)

        variable.set("connecting")
        protocol, far = await connect(Side)
        variable.set("later")
        with far:
            for data in (b"a", b"b"):
                protocol.received = b""
                far.sendall(data)
                await protocol.until(lambda data=data: protocol.received == data)
        await protocol.lost
        return seen

    assert run(impl, main) == ["connecting", "connecting", "a"]


@families
def test_one_byte_at_a_time(impl: ModuleType, family: int) -> None:
    async def main() -> None:
        protocol, far = await connect(family=family)
        with far:
            for number, byte in enumerate(b"one byte at a time"):
                far.send(bytes([byte]))
                await protocol.until(lambda n=number: len(protocol.received) == n + 1)
                protocol.transport.write(bytes([byte]))
            assert protocol.received == b"one byte at a time"
            protocol.transport.close()
            assert await far_reads(far) == b"one byte at a time"
        await protocol.lost

    run(impl, main)


@families
def test_large_amounts_in_both_directions(impl: ModuleType, family: int) -> None:
    data = pattern(5_000_003)

    async def main() -> None:
        protocol, far = await connect(family=family)
        loop = asyncio.get_running_loop()
        with far:
            sending = loop.run_in_executor(None, far.sendall, data)
            await protocol.until(lambda: len(protocol.received) == len(data))
            await sending
            assert protocol.received == data
            protocol.transport.write(data)
            protocol.transport.close()
            assert await far_reads(far) == data
        assert await protocol.lost is None

    run(impl, main)


@families
def test_what_was_written_before_close_arrives(impl: ModuleType, family: int) -> None:
    pieces: list[Any] = [pattern(size) for size in (1, 0, 70_000, 3, 9_000_000, 17)]
    pieces += [bytearray(pattern(300_000)), memoryview(pattern(300_000))[1:]]
    expected = b"".join(pieces)

    async def main() -> None:
        protocol, far = await connect(family=family)
        for piece in pieces:
            protocol.transport.write(piece)
            if isinstance(piece, bytearray):
                piece[:] = bytes(len(piece))
        assert protocol.transport.get_write_buffer_size() > 0
        protocol.transport.close()
        with far:
            assert await far_reads(far) == expected
        assert await protocol.lost is None

    run(impl, main)


def test_lines_that_were_written_before_close_arrive(impl: ModuleType) -> None:
    pieces: list[Any] = [b"a" * 200_000, b"", bytearray(b"b" * 200_000)]
    pieces += [memoryview(b"c" * 200_000), b"end"]
    expected = b"".join(pieces)

    async def main() -> None:
        protocol, far = await connect()
        protocol.transport.writelines([])
        protocol.transport.writelines(pieces)
        pieces[2][:] = bytes(200_000)
        protocol.transport.writelines([b"more", b""])
        protocol.transport.writelines(piece for piece in (b"and", b"more"))
        protocol.transport.close()
        with far:
            assert await far_reads(far) == expected + b"moreandmore"

    run(impl, main)


def test_abort_forgets_what_was_written(impl: ModuleType) -> None:
    async def main() -> None:
        protocol, far = await connect()
        data = bytes(3_000_000)
        protocol.transport.write(data)
        protocol.transport.abort()
        assert protocol.transport.get_write_buffer_size() == 0
        with far:
            assert len(await far_reads(far)) < len(data)
        assert await protocol.lost is None
        assert protocol.told[-2:] != [protocol.told[-1]] * 2

    run(impl, main)


def test_a_peer_that_never_reads_fills_a_bounded_buffer(impl: ModuleType) -> None:
    async def main() -> None:
        protocol, far = await connect()
        transport = protocol.transport
        transport.set_write_buffer_limits(high=100_000, low=20_000)
        assert transport.get_write_buffer_limits() == (20_000, 100_000)
        written = 0
        while "pause_writing" not in protocol.told:
            transport.write(bytes(10_000))
            written += 10_000
        assert 100_000 < transport.get_write_buffer_size() <= 110_000
        transport.write(b"more")
        assert protocol.told.count("pause_writing") == 1
        with far:
            reading = asyncio.ensure_future(far_reads(far, written + 4))
            await protocol.until_told("resume_writing")
            assert transport.get_write_buffer_size() <= 20_000
            assert len(await reading) == written + 4
            transport.close()
        await protocol.lost

    run(impl, main)


def test_limits_of_the_write_buffer(impl: ModuleType) -> None:
    async def main() -> None:
        protocol, far = await connect()
        transport = protocol.transport
        with far:
            assert transport.get_write_buffer_limits() == (16 * 1024, 64 * 1024)
            transport.set_write_buffer_limits(low=10)
            assert transport.get_write_buffer_limits() == (10, 40)
            transport.set_write_buffer_limits(high=10)
            assert transport.get_write_buffer_limits() == (2, 10)
            for limits in ({"high": 1, "low": 2}, {"low": -1}, {"high": -1}):
                with pytest.raises(ValueError, match="must be >= low"):
                    transport.set_write_buffer_limits(**limits)
            transport.set_write_buffer_limits(high=0)
            while not transport.get_write_buffer_size():
                transport.write(bytes(100_000))
            assert "pause_writing" in protocol.told
            transport.set_write_buffer_limits(high=10**30)
            assert transport.get_write_buffer_limits()[1] == 10**30
            transport.abort()
        await protocol.lost

    run(impl, main)


def test_a_reset_connection(impl: ModuleType) -> None:
    async def main() -> None:
        protocol, far = await connect(family=socket.AF_INET)
        far.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        far.close()
        lost = await protocol.lost
        assert isinstance(lost, ConnectionResetError)
        assert lost.errno is not None
        assert "reset by peer" in str(lost)
        assert "eof_received" not in protocol.told

    run(impl, main)


def test_writing_to_a_connection_that_is_gone(
    impl: ModuleType, caplog: pytest.LogCaptureFixture
) -> None:
    async def main() -> None:
        protocol, far = await connect()
        transport = protocol.transport
        transport.pause_reading()
        far.close()
        for _ in range(20):
            transport.write(b"lost")
        assert transport.is_closing()
        lost = await protocol.lost
        assert isinstance(lost, BrokenPipeError)
        transport.write(b"still lost")

    run(impl, main)
    warned = [record.getMessage() for record in caplog.records]
    assert warned.count("socket.send() raised exception.") >= 15


def test_the_buffer_of_a_connection_that_is_gone(impl: ModuleType) -> None:
    async def main() -> None:
        protocol, far = await connect()
        transport = protocol.transport
        transport.pause_reading()
        transport.write(bytes(3_000_000))
        far.close()
        assert isinstance(await protocol.lost, BrokenPipeError | ConnectionResetError)
        assert transport.get_write_buffer_size() == 0

    run(impl, main)


def test_what_cannot_be_written(impl: ModuleType) -> None:
    async def main() -> None:
        protocol, far = await connect()
        transport = protocol.transport
        with far:
            for data in ("text", 5, None, [b"list"]):
                words = f"must be a bytes-like object, not {type(data).__name__!r}"
                with pytest.raises(TypeError, match=words):
                    transport.write(data)
            with pytest.raises(TypeError):
                transport.writelines(["text"])
            with pytest.raises(TypeError):
                transport.writelines([5])
            for data in (b"", bytearray(), memoryview(b"")):
                transport.write(data)
            transport.write(memoryview(b"0123").cast("H"))
            transport.write(memoryview(b"0123").cast("c"))
            transport.write(memoryview(b"0123").cast("b"))
            transport.write_eof()
            transport.write_eof()
            with pytest.raises(RuntimeError, match="Cannot call write.. after write_eof"):
                transport.write(b"x")
            with pytest.raises(RuntimeError, match="after write_eof"):
                transport.writelines([b"x"])
            assert await far_reads(far) == b"0123" * 3
        await protocol.lost

    run(impl, main)


def test_subclasses_of_bytes_can_be_written(impl: ModuleType) -> None:
    class Named(bytes):
        pass

    async def main() -> None:
        protocol, far = await connect()
        for _ in range(3):
            protocol.transport.write(Named(bytes(500_000)))
        protocol.transport.close()
        with far:
            assert len(await far_reads(far)) == 1_500_000

    run(impl, main)


@families
def test_a_half_closed_connection_can_still_be_written_to(
    impl: ModuleType, family: int
) -> None:
    class Open(Recorder):
        def eof_received(self) -> bool:
            super().eof_received()
            return True

    async def main() -> None:
        protocol, far = await connect(Open, family)
        with far:
            far.sendall(b"question")
            far.shutdown(socket.SHUT_WR)
            await protocol.until_told("eof_received")
            assert protocol.received == b"question"
            protocol.transport.write(b"answer")
            assert far.recv(100) == b"answer"
            protocol.transport.close()
            assert await far_reads(far) == b""
        assert await protocol.lost is None
        assert protocol.told.count("eof_received") == 1

    run(impl, main)


@families
def test_the_end_of_writing_comes_after_what_was_written(
    impl: ModuleType, family: int
) -> None:
    async def main() -> None:
        protocol, far = await connect(family=family)
        data = pattern(3_000_000)
        protocol.transport.write(data)
        protocol.transport.write_eof()
        with far:
            assert await far_reads(far) == data
            far.sendall(b"thanks")
            await protocol.until(lambda: protocol.received == b"thanks")
        assert await protocol.lost is None

    run(impl, main)


def test_a_protocol_that_pauses_while_it_reads(impl: ModuleType) -> None:
    class Slow(Recorder):
        def data_received(self, data: bytes) -> None:
            self.transport.pause_reading()
            super().data_received(data)

    async def main() -> None:
        protocol, far = await connect(Slow)
        transport = protocol.transport
        data = pattern(1_000_000)
        loop = asyncio.get_running_loop()
        with far:
            sending = loop.run_in_executor(None, far.sendall, data)
            while len(protocol.received) < len(data):
                before = len(protocol.received)
                await protocol.until(lambda n=before: len(protocol.received) > n)
                assert not transport.is_reading()
                before = len(protocol.received)
                for _ in range(3):
                    await asyncio.sleep(0)
                assert len(protocol.received) == before
                transport.pause_reading()
                transport.resume_reading()
                transport.resume_reading()
                assert transport.is_reading()
            await sending
            assert protocol.received == data
        assert await protocol.lost is None

    run(impl, main)


def test_pausing_before_reading_began(impl: ModuleType) -> None:
    class Paused(Recorder):
        def connection_made(self, transport: Any) -> None:
            transport.pause_reading()
            super().connection_made(transport)

    async def main() -> Any:
        protocol, far = await connect(Paused)
        with far:
            far.sendall(b"x")
            for _ in range(5):
                await asyncio.sleep(0)
            early = protocol.received
            protocol.transport.resume_reading()
            await protocol.until(lambda: protocol.received == b"x")
        await protocol.lost
        return early

    # Python 3.11 forgot that it had paused.
    assert run(impl, main) == (b"x" if sys.version_info < (3, 12) else b"")


def test_closing_while_it_reads(impl: ModuleType) -> None:
    class Hasty(Recorder):
        def data_received(self, data: bytes) -> None:
            super().data_received(data[:1])
            self.transport.close()

    async def main() -> None:
        protocol, far = await connect(Hasty)
        with far:
            far.sendall(bytes(100_000))
            assert await protocol.lost is None
        assert protocol.told == [
            "connection_made",
            "data_received",
            ("connection_lost", type(None)),
        ]

    run(impl, main)


def test_writing_when_the_connection_is_lost(impl: ModuleType) -> None:
    class Late(Recorder):
        def connection_lost(self, exc: BaseException | None) -> None:
            self.transport.write(b"too late")
            self.transport.writelines([])
            self.transport.close()
            self.transport.abort()
            super().connection_lost(exc)

    async def main() -> None:
        protocol, far = await connect(Late)
        far.close()
        assert await protocol.lost is None

    run(impl, main)


def test_a_loop_that_is_closed_with_live_transports(impl: ModuleType) -> None:
    with open_loop(impl) as loop:
        protocol, far = loop.run_until_complete(connect())
        transport = protocol.transport
    assert "closed" not in repr(transport)
    with far, pytest.warns(ResourceWarning, match="unclosed transport"):
        transport.__del__()
    transport._sock = None


def test_how_a_transport_shows_itself(impl: ModuleType) -> None:
    async def main() -> None:
        protocol, far = await connect()
        transport = protocol.transport
        fd = transport.get_extra_info("socket").fileno()
        with far:
            name = "_SelectorSocketTransport"
            await asyncio.sleep(0)
            assert repr(transport) == (
                f"<{name} fd={fd} read=polling write=<idle, bufsize=0>>"
            )
            transport.pause_reading()
            transport.write(bytes(1_000_000))
            left = transport.get_write_buffer_size()
            assert repr(transport) == (
                f"<{name} fd={fd} read=idle write=<polling, bufsize={left}>>"
            )
            transport.abort()
            assert repr(transport).startswith(f"<{name} closing fd={fd} ")
            await protocol.lost
            await asyncio.sleep(0)
            assert repr(transport) == f"<{name} closed fd={fd}>"

    run(impl, main)


def test_a_descriptor_of_a_transport_is_not_for_add_reader(impl: ModuleType) -> None:
    async def main() -> None:
        protocol, far = await connect()
        loop = asyncio.get_running_loop()
        sock = protocol.transport.get_extra_info("socket")
        with far:
            with pytest.raises(RuntimeError, match="is used by transport"):
                loop.add_reader(sock.fileno(), print)
            protocol.transport.close()
            await protocol.lost

    run(impl, main)


@pytest.mark.parametrize("error", [SystemExit, KeyboardInterrupt])
def test_what_asks_the_program_to_end_leaves_the_loop(
    impl: ModuleType, error: type[BaseException]
) -> None:
    class Ending(Recorder):
        def data_received(self, data: bytes) -> None:
            raise error

    with open_loop(impl) as loop:
        problems = tell_problems(loop)
        protocol, far = loop.run_until_complete(connect(Ending))
        far.sendall(b"x")
        with pytest.raises(error):
            loop.run_forever()
        far.close()
        protocol.transport.abort()
        loop.run_until_complete(protocol.lost)
        assert problems == []
