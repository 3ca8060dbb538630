"""StreamWriter, StreamReaderProtocol, and the functions that connect them."""

import asyncio
import gc
import sys
from collections.abc import Callable, Coroutine
from pathlib import Path
from types import ModuleType
from typing import Any
from unittest import mock

import pytest

MODULE = "asyncio"


def run(main: Callable[[], Coroutine[Any, Any, Any]]) -> Any:
    return asyncio.run(main())


class Pair:
    """A protocol, a reader and a writer over a transport that does nothing."""

    def __init__(self, impl: ModuleType, protocol_class: Any = None) -> None:
        loop = asyncio.get_running_loop()
        self.reader: Any = impl.StreamReader(loop=loop)
        make = protocol_class or impl.StreamReaderProtocol
        self.protocol: Any = make(self.reader, loop=loop)
        self.transport = mock.Mock()
        self.transport.is_closing.return_value = False
        self.transport.get_extra_info.return_value = None
        self.protocol.connection_made(self.transport)
        self.writer: Any = impl.StreamWriter(
            self.transport, self.protocol, self.reader, loop
        )


async def echo(reader: Any, writer: Any) -> None:
    while data := await reader.read(1000):
        writer.write(data)
        await writer.drain()
    writer.close()
    await writer.wait_closed()


async def hang_up(reader: Any, writer: Any) -> None:
    """Close both ends."""
    writer.write_eof()
    assert await reader.read() == b""
    writer.close()
    await writer.wait_closed()
    await others_are_done()


async def others_are_done() -> None:
    """Wait until this is the only task, and what it left for later has been called."""
    while len(asyncio.all_tasks()) > 1:
        await asyncio.sleep(0)
    await asyncio.sleep(0)


async def talk(reader: Any, writer: Any) -> None:
    for size in (1, 1000, 300_000):
        writer.write(b"x" * size)
        await writer.drain()
        assert await reader.readexactly(size) == b"x" * size
    writer.writelines([b"one\n", b"two\n", b"rest"])
    writer.write_eof()
    assert [line async for line in reader] == [b"one\n", b"two\n", b"rest"]
    writer.close()
    await writer.wait_closed()
    assert writer.is_closing()


def test_an_echo_over_tcp(impl: ModuleType) -> None:
    async def main() -> None:
        server = await impl.start_server(echo, "127.0.0.1", 0, limit=4096)
        address = server.sockets[0].getsockname()
        reader, writer = await impl.open_connection(*address[:2])
        assert isinstance(reader, impl.StreamReader)
        assert isinstance(writer, impl.StreamWriter)
        await asyncio.wait_for(talk(reader, writer), 20)
        await others_are_done()
        server.close()

    run(main)


def test_an_echo_over_a_unix_socket(impl: ModuleType, tmp_path: Path) -> None:
    async def main() -> None:
        path = str(tmp_path / "socket")
        server = await impl.start_unix_server(echo, path)
        reader, writer = await impl.open_unix_connection(path)
        await asyncio.wait_for(talk(reader, writer), 20)
        await others_are_done()
        server.close()

    run(main)


def test_a_server_gives_the_callback_a_reader_and_a_writer(impl: ModuleType) -> None:
    async def main() -> None:
        got = asyncio.get_running_loop().create_future()

        def connected(reader: Any, writer: Any) -> None:
            got.set_result((type(reader), type(writer)))
            writer.close()

        server = await impl.start_server(connected, "127.0.0.1", 0)
        address = server.sockets[0].getsockname()
        reader, writer = await impl.open_connection(*address)
        assert await got == (impl.StreamReader, impl.StreamWriter)
        await hang_up(reader, writer)
        server.close()

    run(main)


@pytest.mark.skipif(sys.version_info < (3, 12), reason="told since Python 3.12")
def test_the_loop_is_told_what_the_callback_raised(impl: ModuleType) -> None:
    async def main() -> None:
        loop = asyncio.get_running_loop()
        told = loop.create_future()
        loop.set_exception_handler(lambda _, context: told.set_result(context))

        async def connected(reader: Any, writer: Any) -> None:
            raise KeyError("from the callback")

        server = await impl.start_server(connected, "127.0.0.1", 0)
        reader, writer = await impl.open_connection(*server.sockets[0].getsockname())
        context = await asyncio.wait_for(told, 20)
        assert context["message"] == "Unhandled exception in client_connected_cb"
        assert context["exception"].args == ("from the callback",)
        assert await reader.read() == b""
        writer.close()
        await writer.wait_closed()
        await others_are_done()
        server.close()

    run(main)


def test_they_are_subclasses_of_the_standard_librarys(
    ours: ModuleType, theirs: ModuleType
) -> None:
    for name in ("StreamReader", "StreamWriter", "StreamReaderProtocol"):
        assert getattr(ours, name) is not getattr(theirs, name)
        assert issubclass(getattr(ours, name), getattr(theirs, name))
    assert issubclass(ours.StreamReaderProtocol, asyncio.Protocol)


def test_writing_is_the_transports(impl: ModuleType) -> None:
    async def main() -> None:
        pair = Pair(impl)
        pair.writer.write(b"data")
        pair.transport.write.assert_called_once_with(b"data")
        pair.writer.writelines([b"a", b"b"])
        pair.transport.writelines.assert_called_once_with([b"a", b"b"])
        pair.transport.write.side_effect = TypeError("not bytes")
        with pytest.raises(TypeError, match="not bytes"):
            pair.writer.write("text")
        assert pair.writer.transport is pair.transport
        pair.writer.get_extra_info("name", 5)
        pair.transport.get_extra_info.assert_called_with("name", 5)
        assert pair.writer.can_write_eof() is pair.transport.can_write_eof()
        assert repr(pair.writer).startswith("<StreamWriter transport=<Mock id=")
        assert "reader=<StreamReader transport=" in repr(pair.writer)
        pair.transport.is_closing.return_value = True

    run(main)


def test_drain_ends_at_once_when_nothing_is_paused(impl: ModuleType) -> None:
    async def main() -> None:
        pair = Pair(impl)
        with pytest.raises(StopIteration) as caught:
            pair.writer.drain().send(None)
        assert caught.value.value is None
        pair.transport.is_closing.return_value = True

    run(main)


def test_drain_waits_while_writing_is_paused(impl: ModuleType) -> None:
    async def main() -> None:
        pair = Pair(impl)
        pair.protocol.pause_writing()
        tasks = [asyncio.ensure_future(pair.writer.drain()) for _ in range(3)]
        await asyncio.sleep(0)
        assert not any(task.done() for task in tasks)
        assert len(pair.protocol._drain_waiters) == 3
        tasks[1].cancel()
        pair.protocol.resume_writing()
        await asyncio.wait(tasks)
        assert [task.cancelled() for task in tasks] == [False, True, False]
        assert not pair.protocol._drain_waiters
        pair.transport.is_closing.return_value = True

    run(main)


@pytest.mark.parametrize("error", [None, BrokenPipeError("broken")])
def test_drain_ends_when_the_connection_is_lost(
    impl: ModuleType, error: Exception | None
) -> None:
    async def main() -> None:
        pair = Pair(impl)
        pair.protocol.pause_writing()
        task = asyncio.ensure_future(pair.writer.drain())
        await asyncio.sleep(0)
        pair.protocol.connection_lost(error)
        outcomes: Any = await asyncio.gather(task, return_exceptions=True)
        assert list(outcomes) == [error]
        assert pair.protocol._connection_lost
        expected: Any = ConnectionResetError if error is None else BrokenPipeError
        with pytest.raises(expected):
            await pair.writer.drain()
        pair.transport.is_closing.return_value = True

    run(main)


def test_drain_raises_what_the_reader_has(impl: ModuleType) -> None:
    async def main() -> None:
        pair = Pair(impl)
        error = ValueError("set")
        pair.reader.set_exception(error)
        with pytest.raises(ValueError, match="set") as caught:
            await pair.writer.drain()
        assert caught.value is error
        pair.transport.is_closing.return_value = True

    run(main)


def test_drain_of_a_closing_transport_lets_the_loop_turn(impl: ModuleType) -> None:
    async def main() -> None:
        pair = Pair(impl)
        pair.transport.is_closing.return_value = True
        asyncio.get_running_loop().call_soon(pair.protocol.connection_lost, None)
        with pytest.raises(ConnectionResetError, match="Connection lost"):
            await pair.writer.drain()

    run(main)


def test_drain_asks_a_protocol_of_ones_own(impl: ModuleType) -> None:
    asked = []

    class Mine(impl.StreamReaderProtocol):  # type: ignore[misc, name-defined]
        async def _drain_helper(self) -> None:
            asked.append("helper")

    class Foreign:
        async def _drain_helper(self) -> None:
            asked.append("foreign")

    async def main() -> None:
        pair = Pair(impl, Mine)
        await pair.writer.drain()
        pair.writer._protocol = Foreign()
        await pair.writer.drain()
        assert asked == ["helper", "foreign"]
        pair.transport.is_closing.return_value = True

    run(main)


def test_drain_without_a_reader(impl: ModuleType) -> None:
    async def main() -> None:
        pair = Pair(impl)
        pair.writer._reader = None
        await pair.writer.drain()
        pair.transport.is_closing.return_value = True

    run(main)


def test_a_writer_takes_a_reader_only(impl: ModuleType) -> None:
    async def main() -> None:
        with pytest.raises(AssertionError):
            impl.StreamWriter(mock.Mock(), mock.Mock(), object(), mock.Mock())

    run(main)


@pytest.mark.skipif(sys.version_info < (3, 12), reason="warns since Python 3.12")
def test_a_writer_that_was_not_closed(impl: ModuleType) -> None:
    async def main() -> None:
        pair = Pair(impl)
        with pytest.warns(ResourceWarning, match="unclosed <StreamWriter"):
            del pair.writer
            gc.collect()
        pair.transport.close.assert_called_once_with()

    run(main)


def test_a_protocol_hands_data_to_its_reader(impl: ModuleType) -> None:
    async def main() -> None:
        pair = Pair(impl)
        pair.protocol.data_received(b"data")
        assert await pair.reader.read(10) == b"data"
        assert pair.protocol.eof_received() is True
        assert pair.reader.at_eof()
        pair.protocol._over_ssl = True
        assert pair.protocol.eof_received() is False
        pair.transport.is_closing.return_value = True

    run(main)


def test_a_protocol_calls_a_patched_reader(impl: ModuleType) -> None:
    async def main() -> None:
        pair = Pair(impl)
        with mock.patch.object(pair.reader, "feed_data") as feed:
            pair.protocol.data_received(b"data")
        feed.assert_called_once_with(b"data")
        pair.transport.is_closing.return_value = True

    run(main)


def test_a_protocol_whose_reader_is_gone(impl: ModuleType) -> None:
    async def main() -> None:
        loop = asyncio.get_running_loop()
        reader = impl.StreamReader(loop=loop)
        protocol = impl.StreamReaderProtocol(reader, loop=loop)
        del reader
        gc.collect()
        assert protocol._stream_reader is None
        protocol.data_received(b"into the void")
        protocol.eof_received()
        protocol.connection_lost(None)
        assert protocol._closed.done()
        protocol.data_received(b"after the end")

    run(main)


def test_a_flow_control_mixin_of_ones_own(impl: ModuleType) -> None:
    bases = impl.StreamReaderProtocol.__mro__
    flow: Any = next(cls for cls in bases if cls.__name__ == "FlowControlMixin")

    class Mine(flow, asyncio.SubprocessProtocol):  # type: ignore[misc]
        def _get_close_waiter(self, stream: Any) -> Any:
            return self.closed

    async def main() -> None:
        loop = asyncio.get_running_loop()
        protocol: Any = Mine(loop=loop)
        protocol.closed = loop.create_future()
        transport = mock.Mock()
        transport.is_closing.return_value = False
        writer = impl.StreamWriter(transport, protocol, None, loop)
        await writer.drain()
        protocol.pause_writing()
        task = asyncio.ensure_future(writer.drain())
        await asyncio.sleep(0)
        assert not task.done()
        protocol.resume_writing()
        await task
        protocol.closed.set_result(None)
        await writer.wait_closed()
        transport.is_closing.return_value = True

    run(main)


def test_whatever_is_set_on_a_reader_or_a_protocol_is_asked(
    impl: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Data of a transport goes where the attributes say, not where they said."""
    seen: list[tuple[str, bytes]] = []
    of_class: list[bytes] = []

    def feed_noted(self: Any, data: bytes) -> None:
        of_class.append(data)
        feed_of_class(self, data)

    async def main() -> None:
        server = await impl.start_server(echo, "127.0.0.1", 0)
        address = server.sockets[0].getsockname()
        reader, writer = await impl.open_connection(*address[:2])
        feed = reader.feed_data

        def note(name: str) -> Callable[[bytes], None]:
            def taken(data: bytes) -> None:
                seen.append((name, data))
                feed(data)

            return taken

        async def say(word: bytes) -> None:
            writer.write(word)
            assert await reader.readexactly(len(word)) == word

        await say(b"1")
        reader.feed_data = note("reader")
        await say(b"2")
        del reader.feed_data
        writer.transport.get_protocol().data_received = note("protocol")
        await say(b"3")
        del writer.transport.get_protocol().data_received
        with monkeypatch.context() as patch:
            patch.setattr(impl.StreamReader, "feed_data", feed_noted)
            await say(b"4")
        assert b"4" in of_class
        await say(b"5")
        assert b"5" not in of_class
        assert seen == [("reader", b"2"), ("protocol", b"3")]
        await hang_up(reader, writer)
        server.close()

    feed_of_class = impl.StreamReader.feed_data
    loop = impl.new_event_loop()
    try:
        loop.run_until_complete(main())
        loop.run_until_complete(loop.shutdown_asyncgens())
    finally:
        loop.close()
