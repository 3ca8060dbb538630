"""A loop's operations on sockets: what they return and refuse, whom they call."""

import array
import asyncio
import errno
import inspect
import os
import socket
import ssl
import sys
from collections.abc import Awaitable, Callable, Iterator
from types import ModuleType
from typing import Any
from unittest import mock

import pytest

MODULE = "asyncio"
# Far more than anything here takes: a test that waits longer has found a hang.
PATIENCE = 20.0

Loop = Any


def run(
    impl: ModuleType, main: Callable[[Loop], Awaitable[Any]], debug: bool = False
) -> Any:
    """Run `main` on a loop of the implementation until it returns."""
    loop = impl.new_event_loop()
    loop.set_debug(debug)
    try:
        return loop.run_until_complete(asyncio.wait_for(main(loop), PATIENCE))
    finally:
        loop.run_until_complete(loop.shutdown_default_executor())
        loop.close()


async def until(condition: Callable[[], bool]) -> None:
    """Let the loop turn until the condition is true."""
    while not condition():
        await asyncio.sleep(0)


@pytest.fixture
def pair() -> Iterator[tuple[socket.socket, socket.socket]]:
    one, two = socket.socketpair()
    one.setblocking(False)
    two.setblocking(False)
    with one, two:
        yield one, two


Pair = tuple[socket.socket, socket.socket]


def udp(family: int = socket.AF_INET, host: str = "127.0.0.1") -> socket.socket:
    made = socket.socket(family, socket.SOCK_DGRAM)
    made.setblocking(False)
    made.bind((host, 0))
    return made


METHODS = [
    "sock_accept",
    "sock_connect",
    "sock_recv",
    "sock_recv_into",
    "sock_recvfrom",
    "sock_recvfrom_into",
    "sock_sendall",
    "sock_sendfile",
    "sock_sendto",
]


@pytest.mark.parametrize("name", METHODS)
def test_each_is_a_coroutine_function(impl: ModuleType, name: str) -> None:
    loop = impl.new_event_loop()
    method = getattr(loop, name)
    assert inspect.iscoroutinefunction(method)
    theirs = getattr(asyncio.SelectorEventLoop, name)
    parameters = inspect.signature(theirs).parameters
    assert [*inspect.signature(method).parameters] == [*parameters][1:]
    loop.close()


def test_nothing_happens_before_the_first_step(impl: ModuleType, pair: Pair) -> None:
    one, two = pair

    async def main(loop: Loop) -> None:
        two.send(b"abc")
        waiting = loop.sock_recv(one, 10)
        assert asyncio.iscoroutine(waiting)
        assert one.recv(1) == b"a"
        assert await asyncio.ensure_future(waiting) == b"bc"
        unused = loop.sock_sendall(one, b"never")
        unused.close()
        await loop.sock_sendall(one, b"!")
        assert await loop.sock_recv(two, 10) == b"!"

    run(impl, main)


@pytest.mark.parametrize("size", [1, 3, 100, 65536, 262144, 262145, 1 << 20])
def test_recv_takes_what_is_there_or_waits(
    impl: ModuleType, pair: Pair, size: int
) -> None:
    one, two = pair

    async def main(loop: Loop) -> None:
        two.send(b"abc")
        assert await loop.sock_recv(one, size) == b"abc"[:size]
        while size < 3 and one.recv(1) != b"c":
            pass
        waiting = loop.create_task(loop.sock_recv(one, size))
        await asyncio.sleep(0)
        two.send(b"x")
        assert await waiting == b"x"
        two.close()
        assert await loop.sock_recv(one, size) == b""
        assert await loop.sock_recv(one, size) == b""

    run(impl, main)


@pytest.mark.parametrize("size", [-1, "1", None, 2.0, 1 << 80])
def test_recv_refuses_sizes_as_sockets_do(
    impl: ModuleType, pair: Pair, size: Any
) -> None:
    with pytest.raises(Exception) as theirs:
        pair[0].recv(size)

    async def main(loop: Loop) -> None:
        with pytest.raises(theirs.type) as ours:
            await loop.sock_recv(pair[0], size)
        assert str(ours.value) == str(theirs.value)

    run(impl, main)


def test_recv_of_nothing_and_of_a_bool(impl: ModuleType, pair: Pair) -> None:
    async def main(loop: Loop) -> None:
        assert await loop.sock_recv(pair[0], 0) == b""
        pair[1].send(b"ab")
        assert await loop.sock_recv(pair[0], True) == b"a"

    run(impl, main)


@pytest.mark.parametrize("wait", [False, True])
def test_recv_into_fills_any_buffer(impl: ModuleType, pair: Pair, wait: bool) -> None:
    one, two = pair
    buffers = [bytearray(4), memoryview(bytearray(8))[2:6], array.array("H", [0, 0])]

    async def main(loop: Loop) -> None:
        for buffer in buffers:
            if not wait:
                two.send(b"abcd")
            task = loop.create_task(loop.sock_recv_into(one, buffer))
            await asyncio.sleep(0)
            if wait:
                two.send(b"abcd")
            assert await task == 4
            assert bytes(buffer) == b"abcd"
        assert await loop.sock_recv_into(one, bytearray()) == 0

    run(impl, main)


@pytest.mark.parametrize("buffer", [b"read only", "text", None, memoryview(b"x")])
def test_recv_into_refuses_what_cannot_be_written(
    impl: ModuleType, pair: Pair, buffer: Any
) -> None:
    with pytest.raises(Exception) as theirs:
        pair[0].recv_into(buffer)

    async def main(loop: Loop) -> None:
        with pytest.raises(theirs.type) as ours:
            await loop.sock_recv_into(pair[0], buffer)
        assert str(ours.value) == str(theirs.value)

    run(impl, main)


@pytest.mark.parametrize("kind", [bytes, bytearray, memoryview])
def test_sendall_sends_more_than_the_kernel_takes(
    impl: ModuleType, pair: Pair, kind: Callable[[bytes], Any]
) -> None:
    one, two = pair
    data = os.urandom(1 << 20) * 4

    async def main(loop: Loop) -> None:
        sending = loop.create_task(loop.sock_sendall(one, kind(data)))
        received = bytearray()
        while len(received) < len(data):
            received += await loop.sock_recv(two, 100_000)
        assert received == data
        assert await sending is None
        assert not loop.remove_writer(one.fileno())

    run(impl, main)


def test_what_is_being_sent_stays_in_place(impl: ModuleType, pair: Pair) -> None:
    one, _two = pair
    data = bytearray(4 << 20)

    async def main(loop: Loop) -> None:
        sending = loop.create_task(loop.sock_sendall(one, data))
        await asyncio.sleep(0)
        with pytest.raises(BufferError):
            data.clear()
        sending.cancel()
        with pytest.raises(asyncio.CancelledError):
            await sending
        del sending

    run(impl, main)


@pytest.mark.parametrize("data", ["text", None, 5, [b"x"]])
def test_sendall_refuses_what_is_no_buffer(
    impl: ModuleType, pair: Pair, data: Any
) -> None:
    with pytest.raises(TypeError) as theirs:
        pair[0].send(data)

    async def main(loop: Loop) -> None:
        with pytest.raises(TypeError) as ours:
            await loop.sock_sendall(pair[0], data)
        assert str(ours.value) == str(theirs.value)
        assert await loop.sock_sendall(pair[0], b"") is None

    run(impl, main)


@pytest.mark.differs(reason="all bytes are sent; the standard library counts items")
def test_items_of_several_bytes_are_never_all_sent(
    impl: ModuleType, pair: Pair
) -> None:
    async def main(loop: Loop) -> None:
        sending = loop.sock_sendall(pair[0], array.array("H", [1, 2]))
        with pytest.raises(asyncio.TimeoutError):
            await asyncio.wait_for(sending, 0.05)

    run(impl, main)


@pytest.mark.differs(reason="the loop waits instead, and goes on turning")
def test_a_socket_with_a_timeout_stops_the_loop_for_it(
    impl: ModuleType, pair: Pair
) -> None:
    one, two = pair
    one.settimeout(0.05)

    async def main(loop: Loop) -> None:
        loop.call_later(0.1, two.send, b"late")
        with pytest.raises(TimeoutError):
            await loop.sock_recv(one, 4)

    run(impl, main)


@pytest.mark.parametrize("name", ["recv", "recv_into", "recvfrom", "sendall", "accept"])
def test_a_closed_socket_is_an_error(impl: ModuleType, name: str) -> None:
    closed = socket.socket()
    closed.setblocking(False)
    closed.close()
    argument = {"recv_into": bytearray(1), "sendall": b"x"}.get(name, 1)
    arguments = [] if name == "accept" else [argument]

    async def main(loop: Loop) -> None:
        with pytest.raises(OSError, match="Bad file descriptor") as caught:
            await getattr(loop, f"sock_{name}")(closed, *arguments)
        assert caught.value.errno == errno.EBADF

    run(impl, main)


def test_a_peer_that_is_gone_is_an_error(impl: ModuleType) -> None:
    async def main(loop: Loop) -> None:
        with socket.create_server(("127.0.0.1", 0)) as listener:
            one = socket.create_connection(listener.getsockname())
            two, _ = listener.accept()
        with one:
            one.setblocking(False)
            linger = (1).to_bytes(4, sys.byteorder) + bytes(4)
            waiting = loop.create_task(loop.sock_recv(one, 1))
            await asyncio.sleep(0)
            two.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
            two.close()
            with pytest.raises(ConnectionResetError) as caught:
                await waiting
            text = os.strerror(errno.ECONNRESET)
            assert caught.value.args == (errno.ECONNRESET, text)
            with pytest.raises(BrokenPipeError):
                await loop.sock_sendall(one, b"x")

    run(impl, main)


def test_debug_mode_refuses_blocking_sockets(impl: ModuleType, pair: Pair) -> None:
    one, _two = pair
    one.setblocking(True)
    calls: dict[str, tuple[Any, ...]] = {
        "sock_accept": (),
        "sock_connect": ("",),
        "sock_recv": (1,),
        "sock_recv_into": (bytearray(1),),
        "sock_recvfrom": (1,),
        "sock_recvfrom_into": (bytearray(1),),
        "sock_sendall": (b"",),
        "sock_sendto": (b"", ""),
        "sock_sendfile": (mock.Mock(),),
    }

    async def main(loop: Loop) -> None:
        for name, arguments in calls.items():
            with pytest.raises(ValueError, match="the socket must be non-blocking"):
                await getattr(loop, name)(one, *arguments)

    run(impl, main, debug=True)


def test_tls_sockets_are_refused(impl: ModuleType, pair: Pair) -> None:
    wrapped = mock.MagicMock(spec=ssl.SSLSocket)

    async def main(loop: Loop) -> None:
        with pytest.raises(TypeError, match="Socket cannot be of type SSLSocket"):
            await loop.sock_recv(wrapped, 1)
        with pytest.raises(TypeError, match="Socket cannot be of type SSLSocket"):
            await loop.sock_connect(wrapped, ("127.0.0.1", 1))

    run(impl, main)


class Patient(socket.socket):
    """A socket whose `recv` says that it was asked."""

    asked = 0

    def recv(self, *arguments: Any) -> bytes:
        self.asked += 1
        return super().recv(*arguments).upper()


def test_a_method_of_ones_own_is_called(impl: ModuleType, pair: Pair) -> None:
    one, two = pair

    async def main(loop: Loop) -> None:
        with Patient(fileno=os.dup(one.fileno())) as patient:
            patient.setblocking(False)
            waiting = loop.create_task(loop.sock_recv(patient, 10))
            await until(lambda: patient.asked == 1)
            two.send(b"abc")
            assert await waiting == b"ABC"
            assert patient.asked == 2
            patient.send = lambda data: len(data)  # type: ignore[method-assign, assignment, misc]
            await loop.sock_sendall(patient, b"nowhere")
            with pytest.raises(BlockingIOError):
                two.recv(10)

    run(impl, main)


def test_a_patched_class_is_called(impl: ModuleType, pair: Pair) -> None:
    async def main(loop: Loop) -> None:
        with mock.patch.object(socket.socket, "recv", return_value=b"patched"):
            assert await loop.sock_recv(pair[0], 10) == b"patched"
        pair[1].send(b"real")
        assert await loop.sock_recv(pair[0], 10) == b"real"

    run(impl, main)


def test_what_only_looks_like_a_socket_is_called(impl: ModuleType, pair: Pair) -> None:
    one, two = pair
    lookalike = mock.Mock()
    lookalike.gettimeout.return_value = 0
    lookalike.fileno.return_value = one.fileno()
    lookalike.recv.side_effect = [BlockingIOError, InterruptedError, b"data"]

    async def main(loop: Loop) -> None:
        two.send(b"ready")
        assert await loop.sock_recv(lookalike, 10) == b"data"
        assert lookalike.recv.call_count == 3
        lookalike.send.return_value = 3
        await loop.sock_sendall(lookalike, b"abc")
        lookalike.send.assert_called_once_with(b"abc")

    run(impl, main)


@pytest.mark.parametrize(
    ("family", "host"), [(socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1")]
)
def test_datagrams_come_with_their_sender(
    impl: ModuleType, family: int, host: str
) -> None:
    async def main(loop: Loop) -> None:
        with udp(family, host) as one, udp(family, host) as two:
            sender, receiver = one.getsockname(), two.getsockname()
            waiting = loop.create_task(loop.sock_recvfrom(two, 100))
            await asyncio.sleep(0)
            assert await loop.sock_sendto(one, b"hello", receiver) == 5
            assert await waiting == (b"hello", sender)
            buffer = bytearray(10)
            waiting = loop.create_task(loop.sock_recvfrom_into(two, buffer))
            await asyncio.sleep(0)
            assert await loop.sock_sendto(one, bytearray(b"again"), receiver[:2]) == 5
            assert await waiting == (5, sender)
            assert buffer == b"again" + bytes(5)
            await loop.sock_sendto(one, b"cut short", receiver)
            assert await loop.sock_recvfrom_into(two, buffer, 3) == (3, sender)
            assert buffer[:5] == b"cutin"
            with pytest.raises(ValueError, match="nbytes is greater"):
                await loop.sock_recvfrom_into(two, buffer, 11)
            await loop.sock_sendto(one, b"", receiver)
            assert await loop.sock_recvfrom(two, 100) == (b"", sender)
            with pytest.raises(OSError, match="too long"):
                await loop.sock_sendto(one, bytes(100_000), receiver)

    run(impl, main)


@pytest.mark.parametrize(
    "address", ["127.0.0.1", ("127.0.0.1",), ("127.0.0.1", 70_000), ("127.0.0.1", "x")]
)
def test_sendto_refuses_addresses_as_sockets_do(impl: ModuleType, address: Any) -> None:
    async def main(loop: Loop) -> None:
        with udp() as one:
            with pytest.raises((TypeError, OverflowError)) as theirs:
                one.sendto(b"x", address)
            with pytest.raises(theirs.type) as ours:
                await loop.sock_sendto(one, b"x", address)
            assert str(ours.value) == str(theirs.value)

    run(impl, main)


def test_names_of_unix_sockets_are_told(impl: ModuleType, tmp_path: Any) -> None:
    path = str(tmp_path / "named")

    async def main(loop: Loop) -> None:
        for name in [path, b"\0ropewalk-" + os.urandom(6), None]:
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sender:
                sender.setblocking(False)
                if name is not None:
                    sender.bind(name)
                with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as receiver:
                    receiver.setblocking(False)
                    place = str(tmp_path / f"to-{os.urandom(4).hex()}")
                    receiver.bind(place)
                    assert await loop.sock_sendto(sender, b"x", place) == 1
                    assert await loop.sock_recvfrom(receiver, 9) == (b"x", name)

    run(impl, main)


def test_a_stream_tells_no_sender(impl: ModuleType, pair: Pair) -> None:
    async def main(loop: Loop) -> None:
        pair[1].send(b"abc")
        theirs = pair[0].recvfrom(1)
        ours = await loop.sock_recvfrom(pair[0], 1)
        assert (theirs[1], ours) == (ours[1], (b"b", theirs[1]))

    run(impl, main)
