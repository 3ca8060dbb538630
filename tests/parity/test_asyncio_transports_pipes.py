"""Transports of pipes and terminals."""

import asyncio
import io
import os
import pty
import socket
import tty
from types import ModuleType
from typing import Any

import pytest

from tests.loops import Recorder, open_loop, pattern, run, tell_problems

MODULE = "asyncio"


async def reader(file: Any = None, factory: Any = Recorder) -> tuple[Any, int]:
    """Return the protocol of a pipe's reading end, and the descriptor of the other."""
    descriptor = -1
    if file is None:
        near, descriptor = os.pipe()
        file = io.FileIO(near, "rb")
    loop = asyncio.get_running_loop()
    _, protocol = await loop.connect_read_pipe(factory, file)
    return protocol, descriptor


async def writer(file: Any = None, factory: Any = Recorder) -> tuple[Any, int]:
    """Return the protocol of a pipe's writing end, and the descriptor of the other."""
    descriptor = -1
    if file is None:
        descriptor, near = os.pipe()
        file = io.FileIO(near, "wb")
    loop = asyncio.get_running_loop()
    _, protocol = await loop.connect_write_pipe(factory, file)
    return protocol, descriptor


def read_all(descriptor: int) -> bytes:
    """Read to the end, and close."""
    with open(descriptor, "rb") as file:
        return file.read()


def test_reading_to_the_end(impl: ModuleType) -> None:
    async def main() -> list[Any]:
        protocol, far = await reader()
        assert isinstance(protocol.transport, asyncio.ReadTransport)
        assert protocol.transport.get_extra_info("pipe") is not None
        data = pattern(500_000)
        loop = asyncio.get_running_loop()

        def write() -> None:
            with open(far, "wb") as file:
                file.write(data)

        writing = loop.run_in_executor(None, write)
        assert await protocol.lost is None
        await writing
        assert protocol.received == data
        return [what for what in protocol.told if what != "data_received"]

    assert run(impl, main) == [
        "connection_made",
        "eof_received",
        ("connection_lost", type(None)),
    ]


def test_reading_pauses_and_resumes(impl: ModuleType) -> None:
    async def main() -> None:
        protocol, far = await reader()
        transport = protocol.transport
        os.write(far, b"a")
        await protocol.until(lambda: protocol.received == b"a")
        transport.pause_reading()
        os.write(far, b"b")
        for _ in range(4):
            await asyncio.sleep(0)
        assert protocol.received == b"a"
        transport.resume_reading()
        await protocol.until(lambda: protocol.received == b"ab")
        second = Recorder()
        transport.set_protocol(second)
        assert transport.get_protocol() is second
        os.write(far, b"c")
        await second.until(lambda: second.received == b"c")
        transport.close()
        transport.close()
        assert transport.is_closing()
        assert await second.lost is None
        os.close(far)

    run(impl, main)


def test_a_reader_that_raises_stays_connected(impl: ModuleType) -> None:
    class Failing(Recorder):
        def data_received(self, data: bytes) -> None:
            super().data_received(data)
            raise ValueError

    async def main() -> None:
        problems = tell_problems(asyncio.get_running_loop())
        protocol, far = await reader(factory=Failing)
        os.write(far, b"a")
        await protocol.until(lambda: protocol.received == b"a")
        os.write(far, b"b")
        await protocol.until(lambda: protocol.received == b"ab")
        os.close(far)
        assert await protocol.lost is None
        assert len(problems) == 2
        assert problems[0]["message"].startswith("Exception in callback ")

    run(impl, main)


def test_a_read_that_fails(impl: ModuleType) -> None:
    async def main() -> None:
        problems = tell_problems(asyncio.get_running_loop())
        protocol, far = await reader()
        protocol.transport.pause_reading()
        number = protocol.transport.get_extra_info("pipe").fileno()
        directory = os.open("/", os.O_RDONLY)
        os.dup2(directory, number)
        os.close(directory)
        protocol.transport._read_ready()
        assert isinstance(await protocol.lost, IsADirectoryError)
        (problem,) = problems
        assert problem["message"] == "Fatal read error on pipe transport"
        os.close(far)

    run(impl, main)


@pytest.mark.parametrize("make", [bytes, bytearray, memoryview])
def test_what_was_written_before_close_arrives(impl: ModuleType, make: Any) -> None:
    async def main() -> None:
        protocol, far = await writer()
        transport = protocol.transport
        assert isinstance(transport, asyncio.WriteTransport)
        assert transport.can_write_eof()
        data = pattern(500_000)
        transport.write(make(data))
        transport.write(make(b""))
        transport.writelines([make(b"more"), make(b"end")])
        assert transport.get_write_buffer_size() > 0
        assert "pause_writing" in protocol.told
        transport.close()
        assert transport.is_closing()
        transport.write(b"too late")
        loop = asyncio.get_running_loop()
        got = await loop.run_in_executor(None, read_all, far)
        assert got == data + b"moreend"
        assert await protocol.lost is None
        assert "resume_writing" in protocol.told

    run(impl, main)


def test_a_writer_whose_reader_goes(impl: ModuleType) -> None:
    async def main() -> None:
        protocol, far = await writer()
        os.close(far)
        assert await protocol.lost is None
        protocol, far = await writer()
        protocol.transport.write(bytes(1_000_000))
        os.close(far)
        assert isinstance(await protocol.lost, BrokenPipeError)
        assert protocol.transport.get_write_buffer_size() == 0

    run(impl, main)


def test_a_write_that_fails(impl: ModuleType, caplog: pytest.LogCaptureFixture) -> None:
    async def main() -> None:
        protocol, far = await writer()
        os.close(far)
        for _ in range(20):
            protocol.transport.write(b"lost")
        assert isinstance(await protocol.lost, BrokenPipeError)

    run(impl, main)
    words = "pipe closed by peer or os.write(pipe, data) raised exception."
    warned = [record.getMessage() for record in caplog.records]
    assert warned.count(words) >= 14


def test_abort_forgets_what_was_written(impl: ModuleType) -> None:
    async def main() -> None:
        protocol, far = await writer()
        protocol.transport.write(bytes(1_000_000))
        protocol.transport.abort()
        assert await protocol.lost is None
        assert len(read_all(far)) < 1_000_000

    run(impl, main)


def test_what_cannot_be_written(impl: ModuleType) -> None:
    async def main() -> None:
        protocol, far = await writer()
        for data in ("text", 5, None):
            with pytest.raises(AssertionError, match=repr(data)):
                protocol.transport.write(data)
        protocol.transport.close()
        await protocol.lost
        os.close(far)

    run(impl, main)


def test_files_that_are_no_pipes(impl: ModuleType) -> None:
    async def main() -> None:
        for connecting in (reader, writer):
            with (
                open(__file__, "rb") as file,
                pytest.raises(ValueError, match="ipe transport is "),
            ):
                await connecting(file)

    run(impl, main)


def test_a_terminal(impl: ModuleType) -> None:
    async def main() -> None:
        outer, inner = pty.openpty()
        tty.setraw(inner)
        one, _ = await reader(io.FileIO(os.dup(outer), "rb"))
        two, _ = await writer(io.FileIO(outer, "wb"))
        with open(inner, "r+b", 0) as file:
            file.write(b"1")
            await one.until(lambda: one.received == b"1")
            two.transport.write(b"2")
            assert file.read(1) == b"2"
        # The kernel tells of a terminal without a user by an error of reading.
        assert isinstance(await one.lost, OSError)
        two.transport.close()
        assert await two.lost is None

    run(impl, main)


def test_a_socket_as_a_pipe(impl: ModuleType) -> None:
    async def main() -> None:
        near, far = socket.socketpair()
        one, _ = await writer(near)
        two, _ = await reader(far)
        one.transport.write(b"x")
        await two.until(lambda: two.received == b"x")
        one.transport.close()
        assert await one.lost is None
        assert await two.lost is None

    run(impl, main)


def test_how_a_transport_shows_itself(impl: ModuleType) -> None:
    async def main() -> None:
        source, far = await reader()
        await asyncio.sleep(0)
        fd = source.transport.get_extra_info("pipe").fileno()
        name = "_UnixReadPipeTransport"
        assert repr(source.transport) == f"<{name} fd={fd} polling>"
        source.transport.pause_reading()
        assert repr(source.transport) == f"<{name} fd={fd} idle>"
        source.transport.close()
        assert repr(source.transport) == f"<{name} closing fd={fd} idle>"
        await source.lost
        await asyncio.sleep(0)
        assert repr(source.transport) == f"<{name} closed fd={fd} closed>"
        os.close(far)
        sink, far = await writer()
        name = "_UnixWritePipeTransport"
        fd = sink.transport.get_extra_info("pipe").fileno()
        assert repr(sink.transport) == f"<{name} fd={fd} idle bufsize=0>"
        sink.transport.abort()
        await sink.lost
        os.close(far)

    run(impl, main)


def test_a_loop_that_is_closed_with_live_transports(impl: ModuleType) -> None:
    with open_loop(impl) as loop:
        source, far = loop.run_until_complete(reader())
        sink, end = loop.run_until_complete(writer())
    for transport in (source.transport, sink.transport):
        with pytest.warns(ResourceWarning, match="unclosed transport"):
            transport.__del__()
        transport._pipe = None
    os.close(far)
    os.close(end)
