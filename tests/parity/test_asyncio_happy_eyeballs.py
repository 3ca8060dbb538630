"""Connections to a host with several addresses: which is tried when, what is left."""

import asyncio
import contextlib
import errno
import os
import socket
import sys
from collections.abc import Iterator
from types import ModuleType
from typing import Any

import pytest

from tests.loops import Recorder, run

MODULE = "asyncio"

Address = tuple[Any, ...]


def family_of(address: Address) -> socket.AddressFamily:
    return socket.AF_INET6 if ":" in address[0] else socket.AF_INET


def has_six() -> bool:
    with contextlib.suppress(OSError), socket.socket(socket.AF_INET6) as one:
        one.bind(("::1", 0))
        return True
    return False


@contextlib.contextmanager
def serving(host: str = "127.0.0.1") -> Iterator[tuple[socket.socket, Address]]:
    """A listener; whoever connects waits in its queue."""
    family = family_of((host,))
    with socket.create_server((host, 0), family=family) as listener:
        listener.setblocking(False)
        yield listener, listener.getsockname()


@contextlib.contextmanager
def refusing(host: str = "127.0.0.1") -> Iterator[Address]:
    """An address that nobody listens at, and that nobody else can take."""
    with socket.socket(family_of((host,))) as one:
        one.bind((host, 0))
        yield one.getsockname()


@contextlib.contextmanager
def hanging(host: str = "127.0.0.1") -> Iterator[Address]:
    """An address whose queue is full, so that connections to it are not answered."""
    with contextlib.ExitStack() as opened, serving(host) as (listener, address):
        listener.listen(0)
        for _ in range(10):
            one = opened.enter_context(socket.socket(family_of((host,))))
            one.settimeout(0.2)
            try:
                one.connect(address)
            except TimeoutError:
                break
        yield address


def found_at(loop: Any, *addresses: Address) -> list[Address]:
    """Let every name have these addresses; return a list of those that are tried."""
    tried: list[Address] = []
    connect = loop.sock_connect

    async def look_up(*_: object, **__: object) -> list[Any]:
        kind = socket.SOCK_STREAM
        return [(family_of(one), kind, 6, "", one) for one in addresses]

    async def watched(sock: socket.socket, address: Address) -> None:
        tried.append(address)
        await connect(sock, address)

    loop.getaddrinfo = look_up
    loop.sock_connect = watched
    return tried


def descriptors() -> int:
    return len(os.listdir("/proc/self/fd"))


@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
def test_the_first_that_answers_is_the_only_one(impl: ModuleType, host: str) -> None:
    if host == "::1" and not has_six():
        pytest.skip("no IPv6 here")

    async def main() -> None:
        loop = asyncio.get_running_loop()
        with serving(host) as (first, address), serving() as (second, other):
            tried = found_at(loop, address, other)
            transport, _ = await loop.create_connection(
                Recorder, "a.test", 1, happy_eyeballs_delay=1000
            )
            assert transport.get_extra_info("peername") == address
            assert tried == [address]
            first.accept()[0].close()
            with pytest.raises(BlockingIOError):
                second.accept()
            transport.abort()
            await asyncio.sleep(0)

    run(impl, main)


def test_after_a_refusal_the_next_is_tried_at_once(impl: ModuleType) -> None:
    async def main() -> None:
        loop = asyncio.get_running_loop()
        with refusing() as nobody, serving() as (_, address):
            tried = found_at(loop, nobody, address)
            # The delay is far more than the test has.
            transport, _ = await loop.create_connection(
                Recorder, "a.test", 1, happy_eyeballs_delay=1000
            )
            assert transport.get_extra_info("peername") == address
            assert tried == [nobody, address]
            transport.abort()
            await asyncio.sleep(0)

    run(impl, main)


def test_while_one_hangs_the_next_is_tried_after_the_delay(impl: ModuleType) -> None:
    delay = 0.05

    async def main() -> None:
        loop = asyncio.get_running_loop()
        with hanging() as silent, serving() as (listener, address):
            tried = found_at(loop, silent, address)
            before, began = descriptors(), loop.time()
            transport, _ = await loop.create_connection(
                Recorder, "a.test", 1, happy_eyeballs_delay=delay
            )
            assert loop.time() - began >= delay
            assert transport.get_extra_info("peername") == address
            assert tried == [silent, address]
            # One connection, and nothing of the other attempt.
            assert descriptors() == before + 1
            listener.accept()[0].close()
            transport.abort()
            await asyncio.sleep(0)
            assert descriptors() == before

    run(impl, main)


def test_without_a_delay_one_is_tried_after_the_other(impl: ModuleType) -> None:
    async def main() -> None:
        loop = asyncio.get_running_loop()
        with refusing() as one, refusing() as two, serving() as (_, address):
            tried = found_at(loop, one, two, address)
            transport, _ = await loop.create_connection(Recorder, "a.test", 1)
            assert tried == [one, two, address]
            transport.abort()
            await asyncio.sleep(0)

    run(impl, main)


@pytest.mark.parametrize("delay", [None, 0.01, 1000])
def test_what_is_told_when_all_refuse(impl: ModuleType, delay: float | None) -> None:
    async def main() -> None:
        loop = asyncio.get_running_loop()
        with refusing() as one, refusing("127.0.0.2") as two:
            found_at(loop, one, two)
            before = descriptors()
            with pytest.raises(OSError, match="Multiple exceptions: ") as caught:
                await loop.create_connection(
                    Recorder, "a.test", 1, happy_eyeballs_delay=delay
                )
            for address in (one, two):
                words = f"Connect call failed {address}"
                assert words in str(caught.value)
            if sys.version_info >= (3, 12):
                with pytest.raises(ExceptionGroup) as every:
                    await loop.create_connection(
                        Recorder,
                        "a.test",
                        1,
                        happy_eyeballs_delay=delay,
                        all_errors=True,
                    )
                numbers = [error.errno for error in every.value.exceptions]  # type: ignore[attr-defined]
                assert numbers == [errno.ECONNREFUSED] * 2
            assert descriptors() == before

    run(impl, main)


@pytest.mark.parametrize("interleave", [None, 1, 2])
def test_families_take_turns(impl: ModuleType, interleave: int | None) -> None:
    async def main() -> None:
        loop = asyncio.get_running_loop()
        names = ["::1", "::1", "::1", "127.0.0.1", "127.0.0.1"]
        # Nobody listens at port 1 of this machine's loopback.
        addresses = [
            (name, 1, 0, number) if ":" in name else (name, 1)
            for number, name in enumerate(names)
        ]
        tried = found_at(loop, *addresses)
        options: Any = {} if interleave is None else {"interleave": interleave}
        with pytest.raises(OSError, match="Connect"):
            await loop.create_connection(
                Recorder, "a.test", 1, happy_eyeballs_delay=1000, **options
            )
        a, b, c, d, e = addresses
        expected = [a, b, d, c, e] if interleave == 2 else [a, d, b, e, c]
        if has_six():
            assert tried == expected

    run(impl, main)


def test_a_cancelled_race_leaves_nothing(impl: ModuleType) -> None:
    async def main() -> None:
        loop = asyncio.get_running_loop()
        with hanging() as one, hanging("127.0.0.2") as two:
            tried = found_at(loop, one, two)
            before = descriptors()
            race = loop.create_task(
                loop.create_connection(Recorder, "a.test", 1, happy_eyeballs_delay=0.01)
            )
            while len(tried) < 2:
                await asyncio.sleep(0)
            race.cancel()
            with pytest.raises(asyncio.CancelledError):
                await race
            assert descriptors() == before

    run(impl, main)
