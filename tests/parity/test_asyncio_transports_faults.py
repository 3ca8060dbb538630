"""Transports of sockets under protocols that fail, change, or offer a buffer."""

import array
import asyncio
import ctypes
import errno
import os
import resource
import socket
import tempfile
from types import ModuleType
from typing import Any

import pytest

from tests.loops import Recorder, connect, far_reads, pattern, run, tell_problems

MODULE = "asyncio"


class Failing(Recorder):
    """A protocol one of whose methods raises."""

    fails = ""

    def __getattribute__(self, name: str) -> Any:
        if name == super().__getattribute__("fails"):

            def fail(*arguments: object) -> None:
                raise ValueError(name)

            return fail
        return super().__getattribute__(name)


@pytest.mark.parametrize("method", ["data_received", "eof_received"])
def test_a_protocol_that_raises_loses_its_connection(
    impl: ModuleType, method: str
) -> None:
    async def main() -> None:
        problems = tell_problems(asyncio.get_running_loop())
        protocol, far = await connect(Failing)
        protocol.fails = method
        with far:
            far.sendall(b"x")
            far.shutdown(socket.SHUT_WR)
            lost = await protocol.lost
        assert isinstance(lost, ValueError)
        (problem,) = problems
        assert problem["message"] == f"Fatal error: protocol.{method}() call failed."
        assert problem["exception"] is lost
        assert problem["transport"] is protocol.transport
        assert problem["protocol"] is protocol

    run(impl, main)


def test_a_protocol_that_raises_when_its_connection_is_made(impl: ModuleType) -> None:
    class Refusing(Recorder):
        def connection_made(self, transport: Any) -> None:
            super().connection_made(transport)
            raise ValueError

    async def main() -> None:
        problems = tell_problems(asyncio.get_running_loop())
        protocol, far = await connect(Refusing)
        with far:
            far.sendall(b"x")
            await protocol.until(lambda: protocol.received == b"x")
        assert await protocol.lost is None
        (problem,) = problems
        assert problem["message"].startswith("Exception in callback ")
        assert isinstance(problem["exception"], ValueError)

    run(impl, main)


def test_a_protocol_that_raises_when_its_connection_is_lost(impl: ModuleType) -> None:
    class Ending(Recorder):
        def connection_lost(self, exc: BaseException | None) -> None:
            super().connection_lost(exc)
            raise ValueError

    async def main() -> None:
        problems = tell_problems(asyncio.get_running_loop())
        protocol, far = await connect(Ending)
        far.close()
        await protocol.lost
        await asyncio.sleep(0)
        (problem,) = problems
        assert problem["message"].startswith("Exception in callback ")
        assert protocol.transport._sock is None

    run(impl, main)


@pytest.mark.parametrize("method", ["pause_writing", "resume_writing"])
def test_a_protocol_that_raises_when_the_flow_changes(
    impl: ModuleType, method: str
) -> None:
    async def main() -> None:
        problems = tell_problems(asyncio.get_running_loop())
        protocol, far = await connect(Failing)
        protocol.fails = method
        data = pattern(1_000_000)
        protocol.transport.write(data)
        with far:
            assert await far_reads(far, len(data)) == data
            protocol.transport.write(b"more")
            protocol.transport.close()
            assert await far_reads(far) == b"more"
        assert await protocol.lost is None
        (problem,) = problems
        assert problem["message"] == f"protocol.{method}() failed"

    run(impl, main)


def test_a_read_that_fails(impl: ModuleType) -> None:
    async def main() -> None:
        problems = tell_problems(asyncio.get_running_loop())
        protocol, far = await connect()
        # The descriptor becomes that of a directory, which no one can read.
        number = protocol.transport.get_extra_info("socket").fileno()
        directory = os.open(tempfile.gettempdir(), os.O_RDONLY)
        protocol.transport.pause_reading()
        os.dup2(directory, number)
        os.close(directory)
        with far:
            protocol.transport._read_ready()
            lost = await protocol.lost
        assert isinstance(lost, OSError)
        assert lost.errno == errno.ENOTSOCK
        assert lost.strerror == os.strerror(errno.ENOTSOCK)
        assert problems == []

    run(impl, main)


def test_a_protocol_that_hands_over_to_another(impl: ModuleType) -> None:
    class First(Recorder):
        def data_received(self, data: bytes) -> None:
            super().data_received(data)
            self.transport.set_protocol(self.second)
            self.second.connection_made(self.transport)

        def connection_made(self, transport: Any) -> None:
            super().connection_made(transport)
            self.second = Recorder()

    async def main() -> None:
        first, far = await connect(First)
        with far:
            far.sendall(b"first")
            await first.until_told("data_received")
            second = first.transport.get_protocol()
            assert second is first.second
            far.sendall(b"second")
            await second.until(lambda: second.received == b"second")
        assert await second.lost is None
        assert first.received == b"first"
        assert not first.lost.done()

    run(impl, main)


class Buffered(asyncio.BufferedProtocol):
    """A protocol that offers its own buffer."""

    def __init__(self, size: int = 10) -> None:
        self.recorder = Recorder()
        self.buffer: Any = bytearray(size)

    def connection_made(self, transport: Any) -> None:
        self.recorder.connection_made(transport)

    def get_buffer(self, sizehint: int) -> Any:
        assert sizehint == -1
        return self.buffer

    def buffer_updated(self, nbytes: int) -> None:
        self.recorder.data_received(bytes(self.buffer[:nbytes]))

    def eof_received(self) -> None:
        self.recorder.eof_received()

    def connection_lost(self, exc: BaseException | None) -> None:
        self.recorder.connection_lost(exc)


@pytest.mark.parametrize("size", [1, 10, 65536, 300_000])
def test_a_protocol_with_its_own_buffer(impl: ModuleType, size: int) -> None:
    async def main() -> None:
        protocol, far = await connect(lambda: Buffered(size))
        data = pattern(min(1_000_000, 1000 * size))
        loop = asyncio.get_running_loop()
        recorder = protocol.recorder
        with far:
            sending = loop.run_in_executor(None, far.sendall, data)
            await recorder.until(lambda: len(recorder.received) == len(data))
            await sending
            assert recorder.received == data
        assert await recorder.lost is None
        assert recorder.told[-2] == "eof_received"

    run(impl, main)


def test_protocols_of_both_kinds_take_turns(impl: ModuleType) -> None:
    async def main() -> None:
        protocol, far = await connect(Buffered)
        recorder = protocol.recorder
        with far:
            for number in range(6):
                now = [protocol, recorder][number % 2]
                recorder.transport.set_protocol(now)
                far.sendall(b"x")
                await recorder.until(lambda n=number: len(recorder.received) == n + 1)
        await recorder.lost

    run(impl, main)


@pytest.mark.parametrize(
    "buffer",
    [
        array.array("i", [0] * 4),
        array.array("d", [0.0] * 2),
        (ctypes.c_char * 16)(),
        (ctypes.c_int * 4)(),
        memoryview(bytearray(16)).cast("b"),
        memoryview(bytearray(16)).cast("i"),
        memoryview(bytearray(16)).cast("B", (4, 4)),
    ],
    ids=["ints", "doubles", "chars of C", "ints of C", "signed", "cast", "square"],
)
def test_a_buffer_whose_items_are_no_unsigned_bytes(
    impl: ModuleType, buffer: Any
) -> None:
    class Typed(Buffered):
        def get_buffer(self, sizehint: int) -> Any:
            return buffer

        def buffer_updated(self, nbytes: int) -> None:
            self.recorder.data_received(memoryview(buffer).cast("B")[:nbytes].tobytes())

    async def main() -> None:
        protocol, far = await connect(Typed)
        recorder = protocol.recorder
        with far:
            far.sendall(b"more than the buffer holds")
            await recorder.until(lambda: recorder.received[-5:] == b"holds")
        assert recorder.received == b"more than the buffer holds"
        assert await recorder.lost is None

    run(impl, main)


def test_buffers_that_do_not_serve(impl: ModuleType) -> None:
    def fail() -> Any:
        raise KeyError("no buffer")

    get_buffer = "Fatal error: protocol.get_buffer() call failed."
    reading = "Fatal read error on socket transport"
    offers: list[tuple[Any, type[BaseException], str, str]] = [
        (fail, KeyError, "no buffer", get_buffer),
        (bytearray, RuntimeError, "get_buffer() returned an empty buffer", get_buffer),
        (lambda: None, TypeError, "has no len()", get_buffer),
        (
            lambda: b"readonly",
            TypeError,
            "must be read-write bytes-like object",
            reading,
        ),
        (lambda: [1], TypeError, "must be read-write bytes-like object", reading),
    ]

    async def main() -> None:
        problems = tell_problems(asyncio.get_running_loop())
        for offer, kind, words, message in offers:

            class Odd(Buffered):
                def get_buffer(self, sizehint: int, offer: Any = offer) -> Any:
                    return offer()

            protocol, far = await connect(Odd)
            with far:
                far.sendall(b"x")
                lost = await protocol.recorder.lost
            assert isinstance(lost, kind)
            assert words in str(lost)
            assert problems.pop()["message"] == message
            assert problems == []

    run(impl, main)


def test_buffer_updated_that_raises(impl: ModuleType) -> None:
    class Odd(Buffered):
        def buffer_updated(self, nbytes: int) -> None:
            raise KeyError

    async def main() -> None:
        problems = tell_problems(asyncio.get_running_loop())
        protocol, far = await connect(Odd)
        with far:
            far.sendall(b"x")
            assert isinstance(await protocol.recorder.lost, KeyError)
        words = "Fatal error: protocol.buffer_updated() call failed."
        assert problems.pop()["message"] == words

    run(impl, main)


def test_a_server_without_descriptors_accepts_later(impl: ModuleType) -> None:
    async def main() -> None:
        loop = asyncio.get_running_loop()
        refused = loop.create_future()

        def problem(_: Any, context: dict[str, Any]) -> None:
            if not refused.done():
                refused.set_result(context)

        loop.set_exception_handler(problem)
        server = await loop.create_server(Recorder, "127.0.0.1", 0)
        with socket.socket() as client:
            soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
            lowest = os.dup(0)
            os.close(lowest)
            resource.setrlimit(resource.RLIMIT_NOFILE, (lowest, hard))
            try:
                client.connect(server.sockets[0].getsockname())
                context = await refused
            finally:
                resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
            assert "out of system resource" in context["message"]
            assert context["exception"].errno == errno.EMFILE
            # The connection still waits in the listener's queue.
            client.sendall(b"x")
            while not list(loop._transports.values()):  # type: ignore[attr-defined]
                await asyncio.sleep(0.01)
            (transport,) = loop._transports.values()  # type: ignore[attr-defined]
            protocol = transport.get_protocol()
            await protocol.until(lambda: protocol.received == b"x")
        await protocol.lost
        server.close()
        await server.wait_closed()

    run(impl, main)


def test_a_file_goes_between_what_was_written_before_and_after(
    impl: ModuleType,
) -> None:
    data = pattern(700_000)

    async def main() -> None:
        loop = asyncio.get_running_loop()
        protocol, far = await connect(family=socket.AF_INET)
        transport = protocol.transport
        with tempfile.TemporaryFile() as file, far:
            file.write(data)
            file.flush()
            reading = asyncio.ensure_future(far_reads(far))
            transport.write(pattern(400_000))
            sending = asyncio.ensure_future(
                loop.sendfile(transport, file, 3, fallback=False)
            )
            await asyncio.sleep(0)
            with pytest.raises(RuntimeError, match="sendfile is in progress"):
                transport.write(b"x")
            with pytest.raises(RuntimeError, match="sendfile is in progress"):
                transport.writelines([b"x"])
            assert await sending == len(data) - 3
            transport.write(b"end")
            transport.close()
            assert await reading == pattern(400_000) + data[3:] + b"end"
        await protocol.lost

    run(impl, main)


def test_many_connections_at_once(impl: ModuleType) -> None:
    class Echo(asyncio.Protocol):
        def connection_made(self, transport: Any) -> None:
            self.transport = transport

        def data_received(self, data: bytes) -> None:
            self.transport.write(data)

    async def one(port: int, number: int) -> None:
        loop = asyncio.get_running_loop()
        transport, protocol = await loop.create_connection(Recorder, "127.0.0.1", port)
        data = pattern(number * 1000)
        for start in range(0, len(data), 997):
            transport.write(data[start : start + 997])
            await asyncio.sleep(0)
        await protocol.until(lambda: len(protocol.received) == len(data))
        assert protocol.received == data
        transport.close()
        await protocol.lost

    async def main() -> None:
        loop = asyncio.get_running_loop()
        server = await loop.create_server(Echo, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        await asyncio.gather(*(one(port, number) for number in range(50)))
        server.close()
        await server.wait_closed()

    run(impl, main)


def test_writes_to_a_lost_connection_are_told_to_the_log(
    impl: ModuleType, caplog: pytest.LogCaptureFixture
) -> None:
    async def main() -> None:
        protocol, far = await connect()
        with far:
            protocol.transport.close()
            await protocol.lost
            for _ in range(12):
                protocol.transport.write(b"x")
            with pytest.raises(TypeError, match=r"bytes.* object, not 'str'"):
                protocol.transport.write("x")

    run(impl, main)
    # Closing counts as the first of the five that are not told.
    assert [record.message for record in caplog.records] == (
        ["socket.send() raised exception."] * 8
    )


def test_writes_to_a_lost_pipe_are_told_to_the_log(
    impl: ModuleType, caplog: pytest.LogCaptureFixture
) -> None:
    async def main() -> None:
        loop = asyncio.get_running_loop()
        near, far = os.pipe()
        try:
            transport, protocol = await loop.connect_write_pipe(
                Recorder, os.fdopen(far, "wb")
            )
            transport.close()
            await protocol.lost
            for _ in range(12):
                transport.write(b"x")
        finally:
            os.close(near)

    run(impl, main)
    assert [record.message for record in caplog.records] == (
        ["pipe closed by peer or os.write(pipe, data) raised exception."] * 7
    )


def test_writing_after_the_end_raises_also_when_closed(impl: ModuleType) -> None:
    async def main() -> None:
        protocol, far = await connect()
        with far:
            protocol.transport.write_eof()
            for _ in range(2):
                for data in (b"x", b""):
                    with pytest.raises(RuntimeError, match=r"after write_eof\(\)$"):
                        protocol.transport.write(data)
                protocol.transport.close()
                await protocol.lost

    run(impl, main)


@pytest.mark.differs(reason="it is sent")
def test_a_view_with_gaps_ends_the_connection(impl: ModuleType) -> None:
    async def main() -> None:
        protocol, far = await connect()
        tell_problems(asyncio.get_running_loop())
        with far:
            protocol.transport.write(memoryview(b"abcdef")[::2])
            ended = protocol.transport.is_closing()
            protocol.transport.abort()
            await protocol.lost
        assert ended

    run(impl, main)
