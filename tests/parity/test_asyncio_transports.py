"""Transports of sockets: what a protocol is told, in which order."""

import asyncio
import contextvars
import socket
import struct
from asyncio import selector_events, trsock
from types import ModuleType
from typing import Any

import pytest

from tests.loops import (
    Recorder,
    connect,
    open_loop,
    pattern,
    run,
    tell_problems,
)

MODULE = "asyncio"

FAMILIES = {"tcp": socket.AF_INET, "unix": socket.AF_UNIX}
families = pytest.mark.parametrize("family", FAMILIES.values(), ids=FAMILIES)


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
            assert isinstance(known, trsock.TransportSocket)
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

    # The first patch releases of Python 3.11 forgot that it had paused.
    stdlib: Any = selector_events
    forgets = "pause_reading" not in vars(stdlib._SelectorTransport)
    assert run(impl, main) == (b"x" if forgets else b"")


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
