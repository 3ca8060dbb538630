"""Signals that come while an event loop runs."""

import asyncio as stdlib_asyncio
import os
import signal
import threading
from collections.abc import Iterator
from types import ModuleType
from typing import Any

import pytest

MODULE = "asyncio"
SEVERAL = (
    signal.SIGUSR1,
    signal.SIGUSR2,
    signal.SIGHUP,
    signal.SIGTERM,
    signal.SIGCHLD,
)


@pytest.fixture(autouse=True)
def _handlers_as_before() -> Iterator[None]:
    """A test's handlers end with it, and SIGINT is Python's own meanwhile."""
    kept = {number: signal.getsignal(number) for number in (*SEVERAL, signal.SIGINT)}
    signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    for number, handler in kept.items():
        signal.signal(number, handler)
    assert signal.set_wakeup_fd(-1) == -1


def send(number: int) -> None:
    """Send this process a signal."""
    os.kill(os.getpid(), number)


def test_a_handler_runs_in_the_loop(impl: ModuleType) -> None:
    async def main() -> None:
        loop = impl.get_running_loop()
        came = loop.create_future()
        loop.add_signal_handler(signal.SIGUSR1, came.set_result, "came")
        send(signal.SIGUSR1)
        assert not came.done()
        assert await came == "came"
        assert loop.remove_signal_handler(signal.SIGUSR1)
        assert not loop.remove_signal_handler(signal.SIGUSR1)
        assert signal.getsignal(signal.SIGUSR1) is signal.SIG_DFL

    impl.run(main())


def test_a_sleeping_loop_is_woken(impl: ModuleType) -> None:
    async def main() -> None:
        loop = impl.get_running_loop()
        came = loop.create_future()
        loop.add_signal_handler(signal.SIGUSR1, came.set_result, None)
        thread = threading.Thread(target=send, args=(signal.SIGUSR1,))
        loop.call_soon(thread.start)
        await came
        thread.join()

    impl.run(main())


def test_none_of_many_is_lost(impl: ModuleType) -> None:
    async def main() -> None:
        loop = impl.get_running_loop()
        for _ in range(50):
            came: set[int] = set()
            everything = loop.create_future()

            def note(number: int, came: set[int] = came, end: Any = everything) -> None:
                came.add(number)
                if len(came) == len(SEVERAL):
                    end.set_result(None)

            for number in SEVERAL:
                loop.add_signal_handler(number, note, number)
            for number in SEVERAL:
                send(number)
            await everything
        for number in SEVERAL:
            loop.remove_signal_handler(number)

    impl.run(main())


def test_a_signal_sent_by_a_callback_while_the_loop_is_busy(impl: ModuleType) -> None:
    async def main() -> None:
        loop = impl.get_running_loop()
        came: list[int] = []
        loop.add_signal_handler(signal.SIGUSR1, came.append, 1)
        send(signal.SIGUSR1)
        while not came:
            await impl.sleep(0)

    impl.run(main())


def test_a_handler_that_fails_is_told_of(impl: ModuleType) -> None:
    async def main() -> None:
        loop = impl.get_running_loop()
        told = loop.create_future()
        loop.set_exception_handler(lambda _, context: told.set_result(context))
        loop.add_signal_handler(signal.SIGUSR1, lambda: 1 / 0)
        send(signal.SIGUSR1)
        assert isinstance((await told)["exception"], ZeroDivisionError)

    impl.run(main())


def test_what_is_refused(impl: ModuleType) -> None:
    async def callback() -> None: ...

    async def main() -> None:
        loop = impl.get_running_loop()
        with pytest.raises(TypeError, match="sig must be an int"):
            loop.add_signal_handler("USR1", print)
        with pytest.raises(ValueError, match="invalid signal number 1000"):
            loop.add_signal_handler(1000, print)
        with pytest.raises(RuntimeError, match="sig 9 cannot be caught"):
            loop.add_signal_handler(signal.SIGKILL, print)
        with pytest.raises(TypeError, match="coroutines cannot be used"):
            loop.add_signal_handler(signal.SIGUSR1, callback)

    impl.run(main())


def test_only_the_main_thread_may_add_a_handler(impl: ModuleType) -> None:
    raised: list[BaseException] = []

    async def main() -> None:
        try:
            impl.get_running_loop().add_signal_handler(signal.SIGUSR1, print)
        except RuntimeError as error:
            raised.append(error)

    thread = threading.Thread(target=impl.run, args=(main(),))
    thread.start()
    thread.join()
    assert "main thread" in str(raised[0])


def test_a_closed_loop_gives_its_handlers_back(impl: ModuleType) -> None:
    loop = impl.new_event_loop()
    loop.add_signal_handler(signal.SIGINT, print)
    loop.add_signal_handler(signal.SIGUSR1, print)
    loop.close()
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    assert signal.getsignal(signal.SIGUSR1) is signal.SIG_DFL


def test_interrupting_an_idle_loop(impl: ModuleType) -> None:
    loop = impl.new_event_loop()
    thread = threading.Thread(target=send, args=(signal.SIGINT,))
    loop.call_soon(thread.start)
    with pytest.raises(KeyboardInterrupt):
        loop.run_forever()
    thread.join()
    assert not loop.is_running()
    assert loop.run_until_complete(stdlib_asyncio.sleep(0, "usable")) == "usable"
    loop.close()


def test_interrupting_a_callback(impl: ModuleType) -> None:
    after: list[str] = []

    def callback() -> None:
        send(signal.SIGINT)
        for _ in range(1000):
            pass
        after.append("not reached")

    loop = impl.new_event_loop()
    loop.call_soon(callback)
    loop.call_soon(after.append, "next")
    with pytest.raises(KeyboardInterrupt):
        loop.run_forever()
    assert after == []
    loop.call_soon(loop.stop)
    loop.run_forever()
    assert after == ["next"]
    loop.close()


def test_interrupting_a_wait_for_a_future(impl: ModuleType) -> None:
    loop = impl.new_event_loop()
    future = loop.create_future()
    loop.call_later(0.001, send, signal.SIGINT)
    with pytest.raises(KeyboardInterrupt):
        loop.run_until_complete(future)
    future.cancel()
    loop.close()


def test_a_runner_cancels_its_main_task(impl: ModuleType) -> None:
    seen: list[str] = []

    async def main() -> None:
        impl.get_running_loop().call_soon(send, signal.SIGINT)
        try:
            await impl.sleep(1000)
        except impl.CancelledError:
            seen.append("cancelled")
            raise

    with pytest.raises(KeyboardInterrupt), impl.Runner() as runner:
        runner.run(main())
    assert seen == ["cancelled"]
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_a_task_that_survives_the_interrupt(impl: ModuleType) -> None:
    async def main() -> str:
        impl.get_running_loop().call_soon(send, signal.SIGINT)
        try:
            await impl.sleep(1000)
        except impl.CancelledError:
            return "survived"
        return "not interrupted"

    assert impl.run(main()) == "survived"
