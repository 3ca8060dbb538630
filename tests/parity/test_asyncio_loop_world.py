"""The event loop and what is around it: descriptors, threads, signals, processes."""

import gc
import os
import selectors
import signal
import socket
import threading
from collections.abc import Callable, Iterator
from types import ModuleType
from typing import Any

import pytest

from tests.threads import fork_alone

MODULE = "asyncio"


@pytest.fixture
def loop(impl: ModuleType) -> Iterator[Any]:
    made = impl.SelectorEventLoop()
    yield made
    made.close()


def turn(loop: Any) -> None:
    """One turn, as CPython's tests do it."""
    loop.call_soon(loop.stop)
    loop.run_forever()


def test_a_selector_of_the_users_is_polled(impl: ModuleType) -> None:
    class Selector(selectors.SelectSelector):
        polls = 0

        def select(self, timeout: float | None = None) -> Any:
            self.polls += 1
            return super().select(timeout)

    selector = Selector()
    loop = impl.SelectorEventLoop(selector)
    left, right = socket.socketpair()
    with left, right:
        received: list[bytes] = []

        def read() -> None:
            received.append(left.recv(9))
            loop.stop()

        loop.add_reader(left, read)
        loop.call_later(0, right.send, b"x")
        loop.run_forever()
        assert received == [b"x"]
        assert loop.remove_reader(left)
    assert selector.polls >= 1
    loop.close()


def test_wake_from_a_thread(loop: Any) -> None:
    """Every wake is seen, whether the loop sleeps at that moment or not."""
    count = 2000
    seen: list[int] = []

    def look(number: int) -> None:
        seen.append(number)
        if number == count - 1:
            loop.stop()

    def bring() -> None:
        for number in range(count):
            loop.call_soon_threadsafe(look, number)
            if number % 7 == 0:
                os.sched_yield()

    thread = threading.Thread(target=bring)
    loop.call_soon(thread.start)
    loop.run_forever()
    thread.join()
    assert seen == list(range(count))


def test_two_loops_in_two_threads(impl: ModuleType) -> None:
    results: list[int] = []

    async def work() -> int:
        total = 0
        for number in range(200):
            total += await impl.sleep(0, number)
        return total

    def run() -> None:
        loop = impl.SelectorEventLoop()
        results.append(loop.run_until_complete(work()))
        loop.close()

    threads = [threading.Thread(target=run) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results == [19900, 19900]


def test_loops_by_the_thousand_leave_nothing_open(impl: ModuleType) -> None:
    def descriptors() -> int:
        return len(os.listdir("/proc/self/fd"))

    impl.SelectorEventLoop().close()
    before = descriptors()
    for _ in range(1000):
        loop = impl.SelectorEventLoop()
        loop.call_soon(print)
        loop.call_later(1000, print)
        loop.close()
    assert descriptors() == before


def test_an_unclosed_loop_is_named(impl: ModuleType) -> None:
    with pytest.warns(ResourceWarning, match="unclosed event loop"):
        loop = impl.SelectorEventLoop()
        del loop
        gc.collect()


def test_regular_files_are_refused(loop: Any, tmp_path: Any) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"x")
    with path.open() as file, pytest.raises(PermissionError):
        loop.add_reader(file, print)


def test_bad_descriptors(loop: Any) -> None:
    with pytest.raises(ValueError):
        loop.add_reader("x", print)
    with pytest.raises(ValueError):
        loop.add_reader(-1, print)
    reading, writing = os.pipe()
    os.close(writing)
    os.close(reading)
    with pytest.raises(OSError):
        loop.add_reader(reading, print)
    assert loop.remove_reader(reading) is False


def test_a_descriptor_closed_behind_its_back(ours: ModuleType) -> None:
    """What the standard library answers with an error or with silence."""
    loop = ours.SelectorEventLoop()
    received: list[str] = []
    for number in range(3):
        left, right = socket.socketpair()
        loop.add_reader(left, received.append, f"old {number}")
        loop.add_writer(left, received.append, f"old {number}")
        kept = os.dup(left.fileno())
        left.close()
        again, other = socket.socketpair()
        loop.add_reader(again, received.append, f"new {number}")
        other.send(b"x")
        right.send(b"x")
        turn(loop)
        loop.remove_reader(again)
        os.close(kept)
        for end in (again, other, right):
            end.close()
    turn(loop)
    assert [word for word in received if word.startswith("new")] == [
        "new 0",
        "new 1",
        "new 2",
    ]
    loop.close()


def test_signal_handlers_run_in_the_loop(loop: Any) -> None:
    seen: list[int] = []

    def handler(number: int) -> None:
        seen.append(number)
        loop.stop()

    loop.add_signal_handler(signal.SIGUSR1, handler, 1)
    loop.call_soon(os.kill, os.getpid(), signal.SIGUSR1)
    loop.run_forever()
    assert seen == [1]
    assert loop.remove_signal_handler(signal.SIGUSR1)


def test_an_interrupt_ends_the_sleep(loop: Any) -> None:
    ident = threading.get_ident()
    timer = threading.Timer(0.05, signal.pthread_kill, (ident, signal.SIGINT))
    loop.call_later(1000, print)
    loop.call_soon(timer.start)
    with pytest.raises(KeyboardInterrupt):
        loop.run_forever()
    timer.join()


def in_child(act: Callable[[], object]) -> int:
    child = fork_alone()
    if child == 0:
        status = 1
        try:
            act()
            status = 0
        finally:
            os._exit(status)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def test_the_parents_loop_is_refused_in_a_child(ours: ModuleType) -> None:
    loop = ours.SelectorEventLoop()
    left, right = socket.socketpair()
    received: list[bytes] = []
    loop.add_reader(left, lambda: received.append(left.recv(9)))

    def use() -> None:
        for use in (
            loop.run_forever,
            lambda: loop.call_soon(print),
            lambda: loop.call_later(0, print),
            lambda: loop.call_soon_threadsafe(print),
            lambda: loop.add_reader(right, print),
        ):
            with pytest.raises(RuntimeError, match="parent process"):
                use()
        assert loop.remove_reader(left)
        loop.close()
        ours.run(ours.sleep(0))

    assert in_child(use) == 0
    right.send(b"still")
    turn(loop)
    assert received == [b"still"]
    loop.close()
    left.close()
    right.close()
