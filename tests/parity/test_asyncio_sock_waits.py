"""Waiting for sockets: what a wait leaves behind, and who may wait beside whom."""

import asyncio
import os
import selectors
import signal
import socket
import subprocess
import sys
import textwrap
from collections.abc import Awaitable, Callable, Iterator
from types import ModuleType
from typing import Any

import pytest

from tests.parity.test_asyncio_sock import Loop, Pair, run, udp

MODULE = "asyncio"
# More than a socket pair holds.
HUGE = bytes(4 << 20)


@pytest.fixture
def pair() -> Iterator[Pair]:
    one, two = socket.socketpair()
    one.setblocking(False)
    two.setblocking(False)
    with one, two:
        yield one, two


async def begin(loop: Loop, coroutine: Any) -> Any:
    """A task that waits in the loop."""
    task = loop.create_task(coroutine)
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert not task.done()
    return task


async def cancel(task: Any) -> None:
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


def waits(one: socket.socket, loop: Loop) -> dict[str, Callable[[], Awaitable[Any]]]:
    return {
        "recv": lambda: loop.sock_recv(one, 10),
        "recv_into": lambda: loop.sock_recv_into(one, bytearray(10)),
        "recvfrom": lambda: loop.sock_recvfrom(one, 10),
        "recvfrom_into": lambda: loop.sock_recvfrom_into(one, bytearray(10)),
        "sendall": lambda: loop.sock_sendall(one, HUGE),
    }


@pytest.mark.parametrize("name", [*waits(Any, Any)])  # type: ignore[arg-type]
def test_a_cancelled_wait_leaves_nothing(
    impl: ModuleType, pair: Pair, name: str
) -> None:
    one, two = pair

    async def main(loop: Loop) -> None:
        for _ in range(3):
            await cancel(await begin(loop, waits(one, loop)[name]()))
            assert not loop.remove_reader(one.fileno())
            assert not loop.remove_writer(one.fileno())
        if name != "sendall":
            two.send(b"kept")
            assert await loop.sock_recv(one, 10) == b"kept"

    run(impl, main)


@pytest.mark.parametrize("name", [*waits(Any, Any)])  # type: ignore[arg-type]
def test_a_wait_that_is_over_leaves_nothing(
    impl: ModuleType, pair: Pair, name: str
) -> None:
    one, two = pair

    async def main(loop: Loop) -> None:
        task = await begin(loop, waits(one, loop)[name]())
        if name == "sendall":
            two.close()
            with pytest.raises(OSError):
                await task
        else:
            two.send(b"data")
            await task
        # The standard library tidies up in the next turn.
        await asyncio.sleep(0)
        assert not loop.remove_reader(one.fileno())
        assert not loop.remove_writer(one.fileno())

    run(impl, main)


def test_data_that_came_before_the_cancellation_is_not_in_doubt(
    impl: ModuleType, pair: Pair
) -> None:
    one, two = pair

    async def main(loop: Loop) -> None:
        task = await begin(loop, loop.sock_recv(one, 10))
        two.send(b"data")
        # Cancelled before the loop looked: nothing has been taken.
        await cancel(task)
        assert await loop.sock_recv(one, 10) == b"data"

    run(impl, main)


def test_a_callback_that_waits_already_cancels_before_data_is_taken(
    impl: ModuleType, pair: Pair
) -> None:
    one, two = pair

    async def main(loop: Loop) -> None:
        for number in range(3):
            task = await begin(loop, loop.sock_recv(one, 10))
            two.send(b"data%d" % number)
            # The loop looks at the socket before it runs this.
            loop.call_soon(task.cancel)
            with pytest.raises(asyncio.CancelledError):
                await task
            assert await loop.sock_recv(one, 10) == b"data%d" % number

    run(impl, main)


def test_a_ready_socket_is_served_between_what_waits_and_timers(
    impl: ModuleType, pair: Pair
) -> None:
    one, two = pair

    async def main(loop: Loop) -> None:
        order: list[str] = []
        task = await begin(loop, loop.sock_recv(one, 10))
        task.add_done_callback(lambda _: order.append("received"))
        two.send(b"data")
        loop.call_at(loop.time() - 1, lambda: order.append("timer"))
        loop.call_soon(order.append, "ready")
        await task
        while len(order) < 3:
            await asyncio.sleep(0)
        assert order == ["ready", "timer", "received"]

    run(impl, main)


def test_the_newest_of_two_waiters_is_served(impl: ModuleType, pair: Pair) -> None:
    one, two = pair

    async def main(loop: Loop) -> None:
        first = await begin(loop, loop.sock_recv(one, 10))
        second = await begin(loop, loop.sock_recv(one, 10))
        two.send(b"second")
        assert await second == b"second"
        third = await begin(loop, loop.sock_recv(one, 10))
        await cancel(first)
        two.send(b"third")
        assert await third == b"third"

    run(impl, main)


def test_readers_and_writers_of_one_socket_do_not_meet(
    impl: ModuleType, pair: Pair
) -> None:
    one, two = pair

    async def main(loop: Loop) -> None:
        reading = await begin(loop, loop.sock_recv(one, 10))
        writing = await begin(loop, loop.sock_sendall(one, HUGE))
        two.send(b"data")
        assert await reading == b"data"
        assert not writing.done()
        got = 0
        reading = await begin(loop, loop.sock_recv(one, 10))
        while got < len(HUGE):
            got += len(await loop.sock_recv(two, 1 << 20))
        await writing
        assert not reading.done()
        two.send(b"more")
        assert await reading == b"more"

    run(impl, main)


def test_add_reader_takes_the_place_of_a_wait(impl: ModuleType, pair: Pair) -> None:
    one, two = pair

    async def main(loop: Loop) -> None:
        task = await begin(loop, loop.sock_recv(one, 10))
        called = asyncio.Event()
        loop.add_reader(one.fileno(), called.set)
        await cancel(task)
        two.send(b"data")
        await called.wait()
        called.clear()
        await called.wait()
        assert loop.remove_reader(one.fileno())
        assert await loop.sock_recv(one, 10) == b"data"

    run(impl, main)


def test_a_wait_takes_the_place_of_add_reader(impl: ModuleType, pair: Pair) -> None:
    one, two = pair

    async def main(loop: Loop) -> None:
        called: list[int] = []
        loop.add_reader(one, called.append, 1)
        task = await begin(loop, loop.sock_recv(one, 10))
        two.send(b"data")
        assert await task == b"data"
        await asyncio.sleep(0)
        assert not loop.remove_reader(one)
        assert not called

    run(impl, main)


@pytest.mark.parametrize("elsewhere", [False, True])
def test_a_number_that_comes_back_is_another_file(
    impl: ModuleType, elsewhere: bool
) -> None:
    async def main(loop: Loop) -> None:
        kept = []
        numbers = set()
        for turn in range(5):
            one, two = socket.socketpair()
            one.setblocking(False)
            with one, two:
                numbers.add(one.fileno())
                task = await begin(loop, loop.sock_recv(one, 10))
                two.send(b"%d" % turn)
                assert await task == b"%d" % turn
                task = await begin(loop, loop.sock_sendall(one, HUGE))
                await cancel(task)
                if elsewhere:
                    kept.append(socket.socket(fileno=os.dup(one.fileno())))
        for one in kept:
            one.close()

    run(impl, main)


def test_a_number_that_was_given_to_another_file_is_looked_at_anew(
    impl: ModuleType, pair: Pair
) -> None:
    one, two = pair

    async def main(loop: Loop) -> None:
        task = await begin(loop, loop.sock_recv(one, 10))
        two.send(b"old")
        assert await task == b"old"
        await asyncio.sleep(0)
        three, four = socket.socketpair()
        with three, four:
            os.dup2(three.fileno(), one.fileno())
            one.setblocking(False)
            task = await begin(loop, loop.sock_recv(one, 10))
            four.send(b"new")
            assert await task == b"new"

    run(impl, main)


def test_a_socket_of_a_transport_is_refused(impl: ModuleType, pair: Pair) -> None:
    one, _two = pair

    async def main(loop: Loop) -> None:
        transport, _ = await loop.create_connection(asyncio.Protocol, sock=one)
        with pytest.raises(RuntimeError, match="is used by transport"):
            await loop.sock_recv(one, 10)
        transport.close()
        await asyncio.sleep(0)

    run(impl, main)


def test_sendfile_sends_and_can_be_cancelled(
    impl: ModuleType, pair: Pair, tmp_path: Any
) -> None:
    one, two = pair
    path = tmp_path / "file"
    path.write_bytes(HUGE)

    async def main(loop: Loop) -> None:
        with path.open("rb") as file:
            sending = loop.create_task(loop.sock_sendfile(one, file, 5, 1 << 20))
            got = 0
            while got < 1 << 20:
                got += len(await loop.sock_recv(two, 1 << 20))
            assert await sending == 1 << 20
            assert file.tell() == 5 + (1 << 20)
            sending = loop.create_task(loop.sock_sendfile(one, file))
            await asyncio.sleep(0)
            await cancel(sending)
            await asyncio.sleep(0)
            assert not loop.remove_writer(one)

    run(impl, main)


def test_a_loop_with_a_selector_of_the_users(impl: ModuleType, pair: Pair) -> None:
    one, two = pair
    loop = impl.SelectorEventLoop(selectors.PollSelector())

    async def main() -> None:
        task = await begin(loop, loop.sock_recv(one, 10))
        two.send(b"data")
        assert await task == b"data"
        with udp() as first, udp() as second:
            await loop.sock_sendto(first, b"x", second.getsockname())
            assert (await loop.sock_recvfrom(second, 5))[0] == b"x"
        await cancel(await begin(loop, loop.sock_sendall(one, HUGE)))
        assert not loop.remove_writer(one)

    try:
        loop.run_until_complete(asyncio.wait_for(main(), 20))
    finally:
        loop.close()


def script(impl: ModuleType, text: str) -> subprocess.CompletedProcess[str]:
    """Run a program of its own on the implementation."""
    head = f"import {impl.__name__} as impl, asyncio, os, signal, socket\n"
    return subprocess.run(
        [sys.executable, "-c", head + textwrap.dedent(text)],
        capture_output=True,
        text=True,
        timeout=20,
        check=False,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )


def test_sigint_ends_a_wait(impl: ModuleType) -> None:
    done = script(
        impl,
        """
        one, two = socket.socketpair()
        one.setblocking(False)
        async def main():
            loop = asyncio.get_running_loop()
            loop.call_soon(os.kill, os.getpid(), signal.SIGINT)
            try:
                await loop.sock_recv(one, 10)
            finally:
                print("left", loop.remove_reader(one))
        try:
            impl.run(main())
        except KeyboardInterrupt:
            print("interrupted")
        """,
    )
    assert (done.stdout, done.stderr) == ("left False\ninterrupted\n", "")


def test_accept_without_a_descriptor_is_an_error_and_no_more(impl: ModuleType) -> None:
    done = script(
        impl,
        """
        import errno, resource
        async def main():
            loop = asyncio.get_running_loop()
            with socket.create_server(("127.0.0.1", 0)) as listener:
                listener.setblocking(False)
                accepting = loop.create_task(loop.sock_accept(listener))
                await asyncio.sleep(0)
                one = socket.socket()
                one.setblocking(False)
                limits = resource.getrlimit(resource.RLIMIT_NOFILE)
                full = (one.fileno() + 1, limits[1])
                resource.setrlimit(resource.RLIMIT_NOFILE, full)
                await loop.sock_connect(one, listener.getsockname())
                for _ in range(2):
                    try:
                        await accepting
                    except OSError as error:
                        print(error.errno == errno.EMFILE)
                    accepting = loop.sock_accept(listener)
                resource.setrlimit(resource.RLIMIT_NOFILE, limits)
                two, _ = await accepting
                one.close(), two.close()
        impl.run(main())
        """,
    )
    assert (done.stdout, done.stderr) == ("True\nTrue\n", "")
