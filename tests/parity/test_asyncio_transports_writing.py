"""Transports of sockets: what is written arrives, and what happens if it cannot."""

import asyncio
import socket
import sys
from types import ModuleType
from typing import Any

import pytest

from tests.loops import (
    Recorder,
    connect,
    far_reads,
    pattern,
    run,
)

MODULE = "asyncio"

FAMILIES = {"tcp": socket.AF_INET, "unix": socket.AF_UNIX}
families = pytest.mark.parametrize("family", FAMILIES.values(), ids=FAMILIES)


def may_change(impl: ModuleType) -> bool:
    """Say whether what was given may change afterwards: from 3.12 on not in CPython."""
    return impl is not asyncio or sys.version_info < (3, 12)


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
            if isinstance(piece, bytearray) and may_change(impl):
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
        if may_change(impl):
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
            data: Any
            for data in ("text", 5, None, [b"list"]):
                words = f"must be a bytes.*, not {type(data).__name__!r}"
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
            with pytest.raises(RuntimeError, match="Cannot call write"):
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
