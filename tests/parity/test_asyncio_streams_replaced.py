"""What a program puts in the place of streams and their methods is what is used."""

import asyncio
from collections.abc import Callable, Coroutine
from types import ModuleType
from typing import Any
from unittest import mock

import pytest

MODULE = "asyncio"


def run_on_its_loop(
    impl: ModuleType, main: Callable[[], Coroutine[Any, Any, Any]]
) -> None:
    loop = impl.new_event_loop()
    try:
        loop.run_until_complete(main())
    finally:
        loop.close()


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


@pytest.mark.parametrize(
    "name", ["StreamReader", "StreamReaderProtocol", "StreamWriter"]
)
def test_a_class_that_is_put_into_asyncio_streams(
    impl: ModuleType, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    made = []

    class Mine(getattr(impl, name)):  # type: ignore[misc]
        def __init__(self, *args: Any, **kwargs: Any) -> None:
            made.append(name)
            super().__init__(*args, **kwargs)

    monkeypatch.setattr(asyncio.streams, name, Mine)

    async def main() -> None:
        server = await impl.start_server(echo, "127.0.0.1", 0)
        address = server.sockets[0].getsockname()
        reader, writer = await impl.open_connection(*address[:2])
        writer.write(b"to and fro\n")
        assert await reader.readline() == b"to and fro\n"
        await hang_up(reader, writer)
        server.close()

    run_on_its_loop(impl, main)
    # One for each end.
    assert made == [name, name]


@pytest.mark.parametrize("method", ["write", "is_closing"])
def test_what_is_set_on_a_transport_is_what_a_writer_calls(
    impl: ModuleType, method: str
) -> None:
    calls = []

    async def main() -> None:
        server = await impl.start_server(echo, "127.0.0.1", 0)
        address = server.sockets[0].getsockname()
        reader, writer = await impl.open_connection(*address[:2])
        usual = getattr(writer.transport, method)

        def watched(*args: Any) -> Any:
            calls.append(args)
            return usual(*args)

        async def to_and_fro() -> None:
            writer.write(b"line\n")
            await writer.drain()
            assert await reader.readline() == b"line\n"

        await to_and_fro()
        setattr(writer.transport, method, watched)
        await to_and_fro()
        seen = len(calls)
        await hang_up(reader, writer)
        server.close()
        assert seen == 1

    run_on_its_loop(impl, main)


def test_what_is_set_on_a_class_of_transports_is_what_a_writer_calls(
    impl: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls = []

    async def main() -> None:
        server = await impl.start_server(echo, "127.0.0.1", 0)
        address = server.sockets[0].getsockname()
        reader, writer = await impl.open_connection(*address[:2])
        assert not writer.is_closing()
        usual = type(writer.transport).is_closing

        def watched(self: Any) -> Any:
            calls.append(self)
            return usual(self)

        with monkeypatch.context() as patched:
            patched.setattr(type(writer.transport), "is_closing", watched)
            writer.is_closing()
            assert calls == [writer.transport]
        writer.is_closing()
        assert len(calls) == 1
        await hang_up(reader, writer)
        server.close()

    run_on_its_loop(impl, main)


def test_a_writer_follows_its_transport(impl: ModuleType) -> None:
    """StreamWriter.start_tls() puts another one in its place."""

    async def main() -> None:
        server = await impl.start_server(echo, "127.0.0.1", 0)
        address = server.sockets[0].getsockname()
        reader, writer = await impl.open_connection(*address[:2])
        transport = writer._transport
        writer._transport = other = mock.Mock()
        writer.write(b"other")
        other.write.assert_called_once_with(b"other")
        assert writer.is_closing() is other.is_closing.return_value
        assert writer.get_extra_info("name") is other.get_extra_info.return_value
        writer._transport = transport
        writer.write(b"line\n")
        assert await reader.readline() == b"line\n"
        await hang_up(reader, writer)
        server.close()

    run_on_its_loop(impl, main)
