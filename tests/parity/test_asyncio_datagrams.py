"""Datagram transports: what goes out, what comes in, in which order, until when."""

import asyncio
import errno
import os
import socket
import sys
from collections.abc import Callable
from types import ModuleType
from typing import Any

import pytest

from tests.parity.test_asyncio_sock import Loop, run, udp

MODULE = "asyncio"


class Recorder(asyncio.DatagramProtocol):
    """Writes down what it is told."""

    def __init__(self, act: Callable[["Recorder", bytes], None] | None = None) -> None:
        self.told: list[Any] = []
        self.transport: Any = None
        self.lost = asyncio.get_running_loop().create_future()
        self._act = act
        self._changed = asyncio.Event()

    def _tell(self, what: Any) -> None:
        self.told.append(what)
        self._changed.set()

    async def until(self, condition: Callable[[list[Any]], Any]) -> None:
        while not condition(self.told):
            self._changed.clear()
            await self._changed.wait()

    async def until_count(self, count: int) -> None:
        await self.until(lambda told: len(told) >= count)

    def connection_made(self, transport: Any) -> None:
        self.transport = transport

    def datagram_received(self, data: bytes, addr: Any) -> None:
        assert type(data) is bytes
        self._tell((data, addr))
        if self._act is not None:
            self._act(self, data)

    def error_received(self, exc: Exception) -> None:
        self._tell(exc)

    def pause_writing(self) -> None:
        self._tell("pause")

    def resume_writing(self) -> None:
        self._tell("resume")

    def connection_lost(self, exc: Any) -> None:
        self.lost.set_result(exc)


HOSTS = [(socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1")]


async def endpoint(
    loop: Loop, protocol: Callable[[], Recorder] = Recorder, **arguments: Any
) -> Recorder:
    made: tuple[Any, Recorder]
    made = await loop.create_datagram_endpoint(protocol, **arguments)
    return made[1]


async def end(*protocols: Recorder) -> None:
    for protocol in protocols:
        protocol.transport.close()
        await protocol.lost


@pytest.mark.parametrize(("family", "host"), HOSTS)
def test_an_echo_with_and_without_a_peer(
    impl: ModuleType, family: int, host: str
) -> None:
    def echo(one: Recorder, data: bytes) -> None:
        one.transport.sendto(data.upper(), one.told[-1][1])

    async def main(loop: Loop) -> None:
        server = await endpoint(loop, lambda: Recorder(echo), local_addr=(host, 0))
        place = server.transport.get_extra_info("sockname")
        client = await endpoint(loop, remote_addr=place[:2])
        assert client.transport.get_extra_info("peername") == place
        assert server.transport.get_extra_info("peername") is None
        assert client.transport.get_extra_info("socket").family == family
        for data in [b"bytes", bytearray(b"bytearray"), memoryview(b"view")]:
            client.transport.sendto(data)
            client.transport.sendto(data, None)
            client.transport.sendto(data, place)
        await client.until_count(9)
        assert [data for data, _ in client.told] == [
            word for word in (b"BYTES", b"BYTEARRAY", b"VIEW") for _ in range(3)
        ]
        assert {address for _, address in client.told} == {place}
        sender = client.transport.get_extra_info("sockname")
        assert {address for _, address in server.told} == {sender}
        other = await endpoint(loop, local_addr=(host, 0))
        for address in [place, place[:2], ("localhost", place[1])]:
            if family == socket.AF_INET or address[0] != "localhost":
                before = len(other.told)
                other.transport.sendto(b"x", address)
                await other.until_count(before + 1)
                assert other.told[-1] == (b"X", place)
        await end(server, client, other)

    run(impl, main)


def test_datagrams_arrive_in_order_however_many(impl: ModuleType) -> None:
    async def main(loop: Loop) -> None:
        server = await endpoint(loop, local_addr=("127.0.0.1", 0))
        place = server.transport.get_extra_info("sockname")
        clients = [udp() for _ in range(12)]
        for turn in range(3):
            for number, client in enumerate(clients):
                for count in range(3):
                    client.sendto(b"%d %d %d" % (turn, number, count), place)
            await server.until_count(12 * 3 * (turn + 1))
        assert server.told == [
            (b"%d %d %d" % (turn, number, count), client.getsockname())
            for turn in range(3)
            for number, client in enumerate(clients)
            for count in range(3)
        ]
        for client in clients:
            client.close()
        await end(server)

    run(impl, main)


@pytest.mark.parametrize("method", ["close", "abort"])
def test_nothing_comes_after_the_end(impl: ModuleType, method: str) -> None:
    def act(one: Recorder, data: bytes) -> None:
        if data == b"end":
            getattr(one.transport, method)()

    async def main(loop: Loop) -> None:
        server = await endpoint(
            loop, lambda: Recorder(act), local_addr=("127.0.0.1", 0)
        )
        place = server.transport.get_extra_info("sockname")
        with udp() as client:
            for data in [b"1", b"2", b"end", b"3", b"4"]:
                client.sendto(data, place)
            assert await server.lost is None
        assert [data for data, _ in server.told] == [b"1", b"2", b"end"]
        assert server.transport.is_closing()

    run(impl, main)


@pytest.mark.skipif(sys.version_info < (3, 12), reason="cannot be paused before 3.12")
def test_nothing_comes_while_paused(impl: ModuleType) -> None:
    def act(one: Recorder, data: bytes) -> None:
        one.transport.pause_reading()

    async def main(loop: Loop) -> None:
        server = await endpoint(
            loop, lambda: Recorder(act), local_addr=("127.0.0.1", 0)
        )
        place = server.transport.get_extra_info("sockname")
        with udp() as client:
            for data in [b"1", b"2", b"3"]:
                client.sendto(data, place)
            for count in (1, 2, 3):
                await server.until_count(count)
                for _ in range(5):
                    await asyncio.sleep(0)
                assert len(server.told) == count
                server.transport.resume_reading()
        await end(server)

    run(impl, main)


def test_an_exception_of_the_protocol_is_reported(impl: ModuleType) -> None:
    def act(one: Recorder, data: bytes) -> None:
        if data == b"bad":
            raise LookupError(data)

    async def main(loop: Loop) -> None:
        reports: list[dict[str, Any]] = []
        loop.set_exception_handler(lambda _, context: reports.append(context))
        server = await endpoint(
            loop, lambda: Recorder(act), local_addr=("127.0.0.1", 0)
        )
        place = server.transport.get_extra_info("sockname")
        with udp() as client:
            for data in [b"1", b"bad", b"2", b"bad", b"3"]:
                client.sendto(data, place)
            await server.until_count(5)
        assert [type(report["exception"]) for report in reports] == [LookupError] * 2
        assert all("_read_ready" in report["message"] for report in reports)
        await end(server)

    run(impl, main)


def test_an_error_of_the_kernel_is_told_once(impl: ModuleType) -> None:
    async def main(loop: Loop) -> None:
        with udp() as gone:
            place = gone.getsockname()
        client = await endpoint(loop, remote_addr=place)
        client.transport.sendto(b"into the void")
        await client.until_count(1)
        (error,) = client.told
        assert type(error) is ConnectionRefusedError
        assert error.args == (errno.ECONNREFUSED, os.strerror(errno.ECONNREFUSED))
        client.transport.sendto(b"a refusal follows")
        # The kernel tells it to the next call, whichever that is.
        client.transport.sendto(b"which is this")
        await client.until_count(2)
        for _ in range(5):
            await asyncio.sleep(0)
        assert [type(told) for told in client.told] == [ConnectionRefusedError] * 2
        client.transport.sendto(bytes(100_000))
        assert client.told[2].errno in (errno.EMSGSIZE, errno.ECONNREFUSED)
        await end(client)

    run(impl, main)


def test_what_cannot_be_sent_is_refused(impl: ModuleType) -> None:
    async def main(loop: Loop) -> None:
        server = await endpoint(loop, local_addr=("127.0.0.1", 0))
        place = server.transport.get_extra_info("sockname")
        client = await endpoint(loop, remote_addr=place)
        for data in ["text", None, 5, [b"x"]]:
            with pytest.raises(TypeError, match="must be a bytes-like object"):
                client.transport.sendto(data)
        with pytest.raises(ValueError, match="Invalid address: must be None or"):
            client.transport.sendto(b"x", ("127.0.0.1", 1))
        server.transport.sendto(bytes(100_000), place)
        assert server.told.pop().errno == errno.EMSGSIZE
        client.transport.sendto(b"")
        client.transport.sendto(b"x")
        await server.until(lambda told: told and told[-1][0] == b"x")
        empty = [data for data, _ in server.told if not data]
        assert empty == ([b""] if sys.version_info >= (3, 12, 7) else [])
        await end(server, client)

    run(impl, main)


def test_an_address_that_is_none_ends_the_transport(impl: ModuleType) -> None:
    async def main(loop: Loop) -> None:
        reports: list[dict[str, Any]] = []
        loop.set_exception_handler(lambda _, context: reports.append(context))
        server = await endpoint(loop, local_addr=("127.0.0.1", 0))
        server.transport.sendto(b"x")
        assert type(await server.lost) is TypeError
        assert [report["message"] for report in reports] == [
            "Fatal write error on datagram transport"
        ]

    run(impl, main)


def test_what_the_kernel_does_not_take_waits(impl: ModuleType, tmp_path: Any) -> None:
    async def main(loop: Loop) -> None:
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as receiver:
            receiver.setblocking(False)
            path = str(tmp_path / "socket")
            receiver.bind(path)
            sender = await endpoint(loop, remote_addr=path, family=socket.AF_UNIX)
            transport = sender.transport
            transport.set_write_buffer_limits(high=2000, low=500)
            assert transport.get_write_buffer_limits() == (500, 2000)
            sent = 0
            while "pause" not in sender.told:
                transport.sendto(b"%1000d" % sent)
                sent += 1
            assert transport.get_write_buffer_size() > 2000
            data = bytearray(b"%1000d" % sent)
            transport.sendto(data)
            data[:] = b"changed meanwhile"
            assert "polling" in repr(transport)
            for number in range(sent + 1):
                assert await loop.sock_recv(receiver, 2000) == b"%1000d" % number
            await sender.until(lambda told: told == ["pause", "resume"])
            # 3.13.0 counts a header of eight bytes in, and not out again.
            if sys.version_info < (3, 13):
                assert transport.get_write_buffer_size() == 0
            while "write=<polling" not in repr(transport):
                transport.sendto(b"last")
            transport.close()
            transport.sendto(b"too late?")
            last = b""
            while not sender.lost.done():
                last = await loop.sock_recv(receiver, 2000)
            assert last in (b"last", b"too late?")

    run(impl, main)


def test_unix_sockets_have_paths(impl: ModuleType, tmp_path: Any) -> None:
    one, two = str(tmp_path / "one"), str(tmp_path / "two")

    async def main(loop: Loop) -> None:
        first = await endpoint(loop, local_addr=one, family=socket.AF_UNIX)
        second = await endpoint(loop, local_addr=two, family=socket.AF_UNIX)
        first.transport.sendto(b"hello", two)
        await second.until_count(1)
        assert second.told == [(b"hello", one)]
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as nameless:
            nameless.sendto(b"x" * 70_000, two)
        await second.until_count(2)
        assert second.told[1] == (b"x" * 70_000, None)
        first.transport.sendto(b"x", str(tmp_path / "nobody"))
        assert type(first.told[0]) is FileNotFoundError
        await end(first, second)

    run(impl, main)


def test_a_transport_shows_itself(impl: ModuleType) -> None:
    async def main(loop: Loop) -> None:
        server = await endpoint(loop, local_addr=("127.0.0.1", 0))
        transport = server.transport
        await asyncio.sleep(0)
        number = transport.get_extra_info("socket").fileno()
        begin = f"<_SelectorDatagramTransport fd={number} read=polling write=<idle"
        assert repr(transport).startswith(begin)
        assert transport.get_protocol() is server
        assert isinstance(transport, asyncio.BaseTransport)
        with pytest.raises(RuntimeError, match="is used by transport"):
            loop.add_reader(number, print)
        await end(server)
        assert repr(transport).startswith("<_SelectorDatagramTransport closed")

    run(impl, main)


def test_a_transport_that_is_dropped_warns(impl: ModuleType) -> None:
    async def main(loop: Loop) -> None:
        server = await endpoint(loop, local_addr=("127.0.0.1", 0))
        transport = server.transport
        with pytest.warns(ResourceWarning, match="unclosed transport"):
            transport.__del__()
        transport.abort()
        await server.lost

    run(impl, main)


def test_a_protocol_can_be_changed(impl: ModuleType) -> None:
    async def main(loop: Loop) -> None:
        first = await endpoint(loop, local_addr=("127.0.0.1", 0))
        second = Recorder()
        first.transport.set_protocol(second)
        with udp() as client:
            client.sendto(b"x", first.transport.get_extra_info("sockname"))
            await second.until_count(1)
        assert not first.told
        first.transport.close()
        assert await second.lost is None

    run(impl, main)
