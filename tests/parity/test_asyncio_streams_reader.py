"""StreamReader: what it returns, raises and shows."""

import asyncio
import gc
import inspect
import weakref
from collections.abc import Callable, Coroutine
from types import ModuleType, SimpleNamespace
from typing import Any
from unittest import mock

import pytest

MODULE = "asyncio"

READS: dict[str, Callable[[Any], Coroutine[Any, Any, Any]]] = {
    "read": lambda reader: reader.read(10),
    "read all": lambda reader: reader.read(),
    "readline": lambda reader: reader.readline(),
    "readuntil": lambda reader: reader.readuntil(b"--"),
    "readexactly": lambda reader: reader.readexactly(8),
    "next": lambda reader: reader.__anext__(),
}

each_read = pytest.mark.parametrize("read", READS.values(), ids=list(READS))


def run(main: Callable[[], Coroutine[Any, Any, Any]]) -> Any:
    return asyncio.run(main())


def made(impl: ModuleType, data: bytes = b"", **options: Any) -> Any:
    reader = impl.StreamReader(loop=asyncio.get_running_loop(), **options)
    reader.feed_data(data)
    return reader


async def settle() -> None:
    for _ in range(3):
        await asyncio.sleep(0)


@each_read
def test_cancelling_a_read_loses_nothing(impl: ModuleType, read: Any) -> None:
    async def main() -> None:
        reader = made(impl, limit=100)
        for _ in range(3):
            task = asyncio.ensure_future(read(reader))
            await settle()
            assert reader._waiter is not None
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            assert reader._waiter is None
        reader.feed_data(b"12345--8\n")
        assert await reader.readline() == b"12345--8\n"

    run(main)


@each_read
def test_a_cancelled_read_whose_data_is_there_loses_nothing(
    impl: ModuleType, read: Any
) -> None:
    async def main() -> None:
        reader = made(impl)
        task = asyncio.ensure_future(read(reader))
        await settle()
        reader.feed_data(b"12345--8\n")
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert bytes(reader._buffer) == b"12345--8\n"

    run(main)


@each_read
def test_an_exception_reaches_whoever_waits(impl: ModuleType, read: Any) -> None:
    async def main() -> None:
        reader = made(impl)
        task = asyncio.ensure_future(read(reader))
        await settle()
        error = ConnectionResetError("gone")
        reader.set_exception(error)
        with pytest.raises(ConnectionResetError) as caught:
            await task
        assert caught.value is error
        assert reader.exception() is error
        with pytest.raises(ConnectionResetError) as caught:
            await read(reader)
        assert caught.value is error

    run(main)


@each_read
def test_only_one_may_wait(impl: ModuleType, read: Any) -> None:
    async def main() -> None:
        reader = made(impl)
        first = asyncio.ensure_future(reader.read(1))
        await settle()
        said = (
            r"\(\) called while another coroutine is already waiting for incoming data"
        )
        with pytest.raises(RuntimeError, match=said):
            await read(reader)
        reader.feed_data(b"x")
        assert await first == b"x"

    run(main)


@each_read
def test_nothing_happens_before_the_first_step(impl: ModuleType, read: Any) -> None:
    async def main() -> None:
        reader = made(impl, b"12345--8\n")
        reader.feed_eof()
        coroutine = read(reader)
        assert inspect.iscoroutine(coroutine) or isinstance(coroutine, Coroutine)
        assert bytes(reader._buffer) == b"12345--8\n"
        await coroutine
        assert bytes(reader._buffer) != b"12345--8\n"

    run(main)


@each_read
def test_a_read_that_is_dropped_while_it_waits(impl: ModuleType, read: Any) -> None:
    async def main() -> None:
        reader = made(impl)
        coroutine = read(reader)
        coroutine.send(None)
        assert reader._waiter is not None
        coroutine.close()
        assert reader._waiter is None

    run(main)


@pytest.mark.parametrize(
    "name", ["read", "readline", "readuntil", "readexactly", "__anext__"]
)
def test_the_methods_are_coroutine_functions(impl: ModuleType, name: str) -> None:
    assert inspect.iscoroutinefunction(getattr(impl.StreamReader, name))
    autospecced = mock.create_autospec(impl.StreamReader)
    if name != "__anext__":
        assert isinstance(getattr(autospecced, name), mock.AsyncMock)


def test_the_signatures_are_the_standard_librarys(
    ours: ModuleType, theirs: ModuleType
) -> None:
    def plain(function: Any) -> list[tuple[str, Any, Any]]:
        found = inspect.signature(function).parameters.values()
        return [(p.name, p.kind, p.default) for p in found if p.name != "self"]

    for name in ("StreamReader", "StreamWriter", "StreamReaderProtocol"):
        mine, model = getattr(ours, name), getattr(theirs, name)
        assert plain(mine.__init__) == plain(model.__init__)
        for method, function in vars(model).items():
            if inspect.isfunction(function):
                assert plain(getattr(mine, method)) == plain(function), method
    for name in (
        "open_connection",
        "start_server",
        "open_unix_connection",
        "start_unix_server",
    ):
        assert inspect.signature(getattr(ours, name)) == inspect.signature(
            getattr(theirs, name)
        )


def test_numbers_that_are_not_quite(impl: ModuleType) -> None:
    class Index(int):
        pass

    async def main() -> None:
        reader = made(impl, b"0123456789")
        assert await reader.read(True) == b"0"
        assert await reader.read(Index(2)) == b"12"
        assert await reader.readexactly(Index(1)) == b"3"
        assert await reader.read(2**80) == b"456789"
        with pytest.raises(TypeError):
            await reader.read("1")
        with pytest.raises(TypeError):
            await reader.read(None)
        with pytest.raises(
            ValueError, match="readexactly size can not be less than zero"
        ):
            await reader.readexactly(-1)
        with pytest.raises(TypeError):
            await reader.readuntil(5)
        with pytest.raises(ValueError, match="at least one-byte string"):
            await reader.readuntil(b"")

    run(main)


@pytest.mark.parametrize("limit", [0, -1])
def test_a_limit_is_positive(impl: ModuleType, limit: int) -> None:
    with pytest.raises(ValueError, match="Limit cannot be <= 0"):
        impl.StreamReader(limit=limit, loop=mock.Mock())


@pytest.mark.parametrize("limit", [2**80, 5.5])
def test_a_strange_limit(impl: ModuleType, limit: Any) -> None:
    async def main() -> None:
        reader = made(impl, b"line\nnext\n", limit=limit)
        assert await reader.readline() == b"line\n"
        assert reader._limit == limit

    run(main)


def test_a_limit_can_be_raised_later(impl: ModuleType) -> None:
    async def main() -> None:
        reader = made(impl, b"a long line\n", limit=4)
        with pytest.raises(asyncio.LimitOverrunError):
            await reader.readuntil(b"\n")
        reader._limit = 100
        assert await reader.readuntil(b"\n") == b"a long line\n"

    run(main)


def test_a_line_beyond_the_limit(impl: ModuleType) -> None:
    async def main() -> None:
        reader = made(impl, b"a long line\nnext\n", limit=4)
        with pytest.raises(ValueError, match="Separator is found, but chunk") as caught:
            await reader.readline()
        assert isinstance(caught.value.__context__, asyncio.LimitOverrunError)
        assert caught.value.__context__.consumed == 11
        assert await reader.readline() == b"next\n"
        reader.feed_data(b"no end yet")
        with pytest.raises(ValueError, match="Separator is not found, and chunk"):
            await reader.readline()
        assert bytes(reader._buffer) == b""

    run(main)


def test_the_transport_is_paused_and_resumed(impl: ModuleType) -> None:
    async def main() -> None:
        reader = made(impl, limit=4)
        transport = mock.Mock()
        reader.set_transport(transport)
        reader.feed_data(b"12345678")
        assert not reader._paused
        reader.feed_data(b"9")
        assert reader._paused
        transport.pause_reading.assert_called_once_with()
        await reader.read(4)
        transport.resume_reading.assert_not_called()
        await reader.read(1)
        transport.resume_reading.assert_called_once_with()
        assert not reader._paused
        with pytest.raises(AssertionError, match="Transport already set"):
            reader.set_transport(transport)

    run(main)


def test_a_paused_transport_is_resumed_by_a_read_that_waits(impl: ModuleType) -> None:
    async def main() -> None:
        reader = made(impl, limit=2)
        transport = mock.Mock()
        reader.set_transport(transport)
        reader.feed_data(b"12345")
        task = asyncio.ensure_future(reader.readexactly(7))
        await settle()
        transport.resume_reading.assert_called_once_with()
        reader.feed_data(b"67")
        assert await task == b"1234567"

    run(main)


def test_a_transport_that_cannot_be_paused_is_forgotten(impl: ModuleType) -> None:
    async def main() -> None:
        reader = made(impl, limit=2)
        transport = mock.Mock()
        transport.pause_reading.side_effect = NotImplementedError
        reader.set_transport(transport)
        reader.feed_data(b"12345")
        assert reader._transport is None
        assert not reader._paused

    run(main)


def test_nothing_may_follow_the_end(impl: ModuleType) -> None:
    async def main() -> None:
        reader = made(impl, b"rest")
        reader.feed_eof()
        assert not reader.at_eof()
        with pytest.raises(AssertionError, match="feed_data after feed_eof"):
            reader.feed_data(b"x")
        assert await reader.readline() == b"rest"
        assert reader.at_eof()
        assert await reader.readline() == b""
        assert await reader.read() == b""
        with pytest.raises(StopAsyncIteration):
            await reader.__anext__()

    run(main)


def test_data_that_is_not_bytes(impl: ModuleType) -> None:
    async def main() -> None:
        reader = made(impl)
        for data in (bytearray(b"ab"), memoryview(b"cd"), [101, 102]):
            reader.feed_data(data)
        with pytest.raises(TypeError):
            reader.feed_data(7)
        reader.feed_data(0)
        found = await reader.read(100)
        assert type(found) is bytes
        assert found == b"abcdef"

    run(main)


def test_bytes_that_were_fed_are_the_readers_own(impl: ModuleType) -> None:
    async def main() -> None:
        reader = made(impl)
        data = bytearray(b"before")
        reader.feed_data(data)
        data[:] = b"after!"
        assert await reader.read(100) == b"before"

    run(main)


def test_whoever_holds_the_buffer_holds_the_bytes(impl: ModuleType) -> None:
    async def main() -> None:
        reader = made(impl, b"one\ntwo\n")
        held = reader._buffer
        assert reader._buffer is held
        assert await reader.readline() == b"one\n"
        assert held == b"two\n"
        reader.feed_data(b"three\n")
        held[:3] = b"2"
        assert await reader.readline() == b"2\n"
        del held
        assert await reader.readline() == b"three\n"
        reader._buffer = bytearray(b"put there\n")
        assert await reader.readline() == b"put there\n"

    run(main)


def test_looking_while_a_read_waits(impl: ModuleType) -> None:
    async def main() -> None:
        reader = made(impl, b"be")
        task = asyncio.ensure_future(reader.readline())
        await settle()
        held = reader._buffer
        reader.feed_data(b"gun\n")
        assert await task == b"begun\n"
        assert held == b""

    run(main)


def test_a_subclass_is_asked_for_what_it_overrides(impl: ModuleType) -> None:
    asked = []

    class Curious(impl.StreamReader):  # type: ignore[misc, name-defined]
        async def _wait_for_data(self, name: str) -> None:
            asked.append(name)
            await super()._wait_for_data(name)

        def _wakeup_waiter(self) -> None:
            asked.append("wake")
            super()._wakeup_waiter()

        def feed_data(self, data: bytes) -> None:
            super().feed_data(data.upper())

    async def main() -> None:
        reader = Curious(loop=asyncio.get_running_loop())
        task = asyncio.ensure_future(reader.readline())
        await settle()
        reader.feed_data(b"line\n")
        reader.feed_eof()
        assert await task == b"LINE\n"
        assert asked == ["readuntil", "wake", "wake"]

    run(main)


def test_readline_calls_an_overridden_readuntil(impl: ModuleType) -> None:
    class Lower(impl.StreamReader):  # type: ignore[misc, name-defined]
        async def readuntil(self, separator: bytes = b"\n") -> bytes:
            line: bytes = await super().readuntil(separator)
            return line.lower()

    async def main() -> None:
        reader = Lower(loop=asyncio.get_running_loop())
        reader.feed_data(b"LINE\nREST\n")
        assert await reader.readline() == b"line\n"
        assert [line async for line in stopped(reader)] == [b"rest\n"]

    async def stopped(reader: Any) -> Any:
        reader.feed_eof()
        async for line in reader:
            yield line

    run(main)


def test_a_plain_subclass(impl: ModuleType) -> None:
    class Named(impl.StreamReader):  # type: ignore[misc, name-defined]
        def __init__(self, name: str) -> None:
            super().__init__(limit=10, loop=asyncio.get_running_loop())
            self.name = name

    async def main() -> None:
        reader = Named("mine")
        reader.feed_data(b"0123456789abc")
        assert (reader.name, await reader.read(4)) == ("mine", b"0123")
        assert repr(reader) == "<StreamReader 9 bytes limit=10>"

    run(main)


def test_what_it_shows(impl: ModuleType) -> None:
    async def main() -> None:
        reader = impl.StreamReader(loop=asyncio.get_running_loop())
        assert repr(reader) == "<StreamReader>"
        reader.feed_data(b"12")
        reader.feed_eof()
        assert repr(reader) == "<StreamReader 2 bytes eof>"
        reader.set_exception(ValueError("why"))
        assert repr(reader) == "<StreamReader 2 bytes eof exception=ValueError('why')>"

    run(main)


def test_debug_mode_remembers_where_it_was_made(impl: ModuleType) -> None:
    async def main() -> None:
        asyncio.get_running_loop().set_debug(True)
        reader = impl.StreamReader(loop=asyncio.get_running_loop())
        assert reader._source_traceback[-1].name == "main"

    run(main)


def test_it_is_collected_with_what_it_holds(impl: ModuleType) -> None:
    def make() -> weakref.ref[Any]:
        loop = SimpleNamespace(get_debug=lambda: False)
        reader = impl.StreamReader(loop=loop)
        loop.reader = reader
        reader.set_transport(SimpleNamespace(reader=reader))
        reader.set_exception(ValueError(reader))
        reader.myself = reader
        return weakref.ref(reader)

    gone = make()
    gc.collect()
    assert gone() is None
