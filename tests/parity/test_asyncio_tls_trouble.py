"""TLS when something goes wrong: handshakes, time-outs, failing protocols."""

import asyncio
import contextlib
import logging
import socket
import ssl
from types import ModuleType
from typing import Any

import pytest

from tests import tls
from tests.loops import Recorder, pair, run, tell_problems

MODULE = "asyncio"


def test_a_certificate_that_is_not_trusted(impl: ModuleType) -> None:
    async def main() -> None:
        loop = asyncio.get_running_loop()
        problems = tell_problems(loop)
        server = await loop.create_server(
            Recorder, "127.0.0.1", 0, ssl=tls.server_context()
        )
        port = server.sockets[0].getsockname()[1]
        with pytest.raises(ssl.SSLCertVerificationError):
            await loop.create_connection(
                Recorder,
                "127.0.0.1",
                port,
                ssl=tls.client_context(trusting=False),
                server_hostname="localhost",
            )
        server.close()
        await server.wait_closed()
        assert problems == []

    run(impl, main)


def test_a_client_that_speaks_no_tls(impl: ModuleType) -> None:
    async def main() -> None:
        near, far = pair(socket.AF_INET)
        near.setblocking(False)
        with far:
            far.sendall(b"GET / HTTP/1.0\r\n\r\n" * 10)
            loop = asyncio.get_running_loop()
            with pytest.raises(ssl.SSLError, match=r"HTTP_REQUEST|http request"):
                await loop.connect_accepted_socket(
                    Recorder, near, ssl=tls.server_context()
                )

    run(impl, main)


def test_a_client_that_leaves_in_the_handshake(impl: ModuleType) -> None:
    async def main() -> None:
        near, far = pair(socket.AF_INET)
        near.setblocking(False)
        far.close()
        with pytest.raises(ConnectionResetError):
            await asyncio.get_running_loop().connect_accepted_socket(
                Recorder, near, ssl=tls.server_context()
            )

    run(impl, main)


def test_a_handshake_that_takes_too_long(impl: ModuleType) -> None:
    async def main() -> None:
        near, far = pair(socket.AF_INET)
        near.setblocking(False)
        with (
            far,
            pytest.raises(
                ConnectionAbortedError,
                match=r"SSL handshake is taking longer than 0\.05 seconds",
            ),
        ):
            await asyncio.get_running_loop().connect_accepted_socket(
                Recorder, near, ssl=tls.server_context(), ssl_handshake_timeout=0.05
            )

    run(impl, main)


@pytest.mark.parametrize("name", ["ssl_handshake_timeout", "ssl_shutdown_timeout"])
def test_time_outs_are_more_than_nothing(impl: ModuleType, name: str) -> None:
    async def main() -> None:
        near, far = pair(socket.AF_INET)
        near.setblocking(False)
        limit: Any = {name: 0}
        with near, far, pytest.raises(ValueError, match=f"{name} should be a positive"):
            await asyncio.get_running_loop().connect_accepted_socket(
                Recorder, near, ssl=tls.server_context(), **limit
            )

    run(impl, main)


def test_a_farewell_that_is_not_answered(impl: ModuleType) -> None:
    async def main() -> None:
        protocol, far = await tls.serve(ssl_shutdown_timeout=0.05)
        with far:
            protocol.transport.close()
            error = await protocol.lost
            assert isinstance(error, TimeoutError)
            assert str(error) == "SSL shutdown timed out"

    run(impl, main)


def test_a_connection_that_is_given_up(impl: ModuleType) -> None:
    async def main() -> None:
        near, far = pair(socket.AF_INET)
        near.setblocking(False)
        connecting = asyncio.ensure_future(
            asyncio.get_running_loop().create_connection(
                Recorder, sock=near, ssl=tls.client_context(), server_hostname="x"
            )
        )
        with far:
            # The client has begun.
            assert await tls.in_thread(far.recv, 1)
            connecting.cancel()
            with pytest.raises(asyncio.CancelledError):
                await connecting
            # Nothing of it is left: the end comes.
            await tls.in_thread(tls.read_all, far)

    run(impl, main)


def test_abort_in_the_handshake(impl: ModuleType) -> None:
    async def main() -> None:
        loop: Any = asyncio.get_running_loop()
        near, far = pair(socket.AF_INET)
        near.setblocking(False)
        recorder = Recorder()
        waiter = loop.create_future()
        transport = loop._make_ssl_transport(
            near, recorder, tls.server_context(), waiter, server_side=True
        )
        with far:
            await asyncio.sleep(0)
            await asyncio.sleep(0)
            transport.abort()
            assert transport.is_closing()
            await waiter
            assert await tls.in_thread(tls.read_all, far) == b""
        assert recorder.told == []

    run(impl, main)


def test_what_is_no_record(impl: ModuleType) -> None:
    """Bytes that were changed on their way end the connection."""

    async def main() -> list[dict[str, Any]]:
        problems = tell_problems(asyncio.get_running_loop())
        protocol, far = await tls.serve()
        with socket.socket(fileno=far.detach()) as plain:
            plain.sendall(b"\x17\x03\x03\x00\x20" + bytes(32))
            error = await protocol.lost
            assert isinstance(error, ssl.SSLError)
            assert protocol.received == b""
        return problems

    # An OSError is for the debug log.
    assert run(impl, main) == []


class Failing(Recorder):
    """Fails where it is told to."""

    at = ""

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        self.fail("data_received")

    def eof_received(self) -> bool | None:
        super().eof_received()
        self.fail("eof_received")
        return True

    def pause_writing(self) -> None:
        super().pause_writing()
        self.fail("pause_writing")

    def resume_writing(self) -> None:
        super().resume_writing()
        self.fail("resume_writing")

    def fail(self, where: str) -> None:
        if where == self.at:
            raise ValueError(where)


def say_farewell(far: ssl.SSLSocket) -> None:
    """Whatever the other side answers."""
    with contextlib.suppress(OSError):
        far.unwrap().close()


@pytest.mark.parametrize(
    ("at", "message"),
    [
        ("data_received", "Fatal error on SSL protocol"),
        ("eof_received", "Error calling eof_received()"),
    ],
)
def test_a_protocol_that_fails(impl: ModuleType, at: str, message: str) -> None:
    async def main() -> None:
        problems = tell_problems(asyncio.get_running_loop())
        protocol, far = await tls.serve(Failing)
        protocol.at = at
        await tls.in_thread(far.sendall, b"data")
        await protocol.until_told("data_received")
        if at == "eof_received":
            await tls.in_thread(say_farewell, far)
        error = await protocol.lost
        far.close()
        assert isinstance(error, ValueError)
        assert [problem["message"] for problem in problems] == [message]
        assert problems[0]["exception"] is error
        assert problems[0]["protocol"] is protocol.transport._ssl_protocol

    run(impl, main)


def test_a_protocol_that_fails_to_pause(impl: ModuleType) -> None:
    async def main() -> None:
        problems = tell_problems(asyncio.get_running_loop())
        protocol, far = await tls.serve(Failing)
        with far:
            for at, high in (("pause_writing", 0), ("resume_writing", 100)):
                protocol.at = at
                protocol.transport.set_write_buffer_limits(high=high)
            assert [problem["message"] for problem in problems] == [
                "protocol.pause_writing() failed",
                "protocol.resume_writing() failed",
            ]
            protocol.transport.abort()
            await protocol.lost

    run(impl, main)


def test_a_protocol_that_wants_to_go_on_after_the_end(
    impl: ModuleType, caplog: pytest.LogCaptureFixture
) -> None:
    async def main() -> None:
        protocol, far = await tls.serve(Failing)
        plain = await tls.in_thread(far.unwrap)
        assert await protocol.lost is None
        plain.close()

    with caplog.at_level(logging.WARNING, "asyncio"):
        run(impl, main)
    told = [record.message for record in caplog.records]
    assert told == ["returning true from eof_received() has no effect when using ssl"]
