"""Child processes of an event loop: how they end, and what is left of them."""

import asyncio as stdlib_asyncio
import gc
import logging
import os
import pty
import signal
import subprocess
import sys
import threading
import warnings
from collections.abc import Callable, Iterator
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest
from ropewalk._asyncio import _processes

from tests.children import children, open_descriptors
from tests.threads import join_waiting_threads

MODULE = "asyncio"
PIPE = subprocess.PIPE
HAS_WATCHERS = sys.version_info < (3, 14)


@pytest.fixture(autouse=True)
def _leaves_nothing() -> Iterator[None]:
    """No descriptor and no child is left over by a test."""
    gc.collect()
    before = open_descriptors()
    yield
    gc.collect()
    assert open_descriptors() <= before
    with pytest.raises(ChildProcessError):
        os.waitpid(-1, os.WNOHANG)


@pytest.fixture
def own(ours: ModuleType) -> ModuleType:
    """ropewalk's module, in tests of what the standard library does not promise."""
    if ours is stdlib_asyncio:
        pytest.skip("the standard library does not promise it")
    return ours


def wait_until_ended(pid: int) -> None:
    """Wait until a child is a zombie, and leave it one."""
    os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT)


class Recorder(stdlib_asyncio.SubprocessProtocol):
    """Notes in which order it is told things."""

    def __init__(self) -> None:
        self.said: list[Any] = []
        self.lost: Any = stdlib_asyncio.get_running_loop().create_future()

    def connection_made(self, transport: Any) -> None:
        self.said.append("made")

    def pipe_data_received(self, fd: int, data: bytes) -> None:
        self.said.append((fd, data))

    def pipe_connection_lost(self, fd: int, exc: Any) -> None:
        self.said.append((fd, exc))

    def process_exited(self) -> None:
        self.said.append("exited")

    def connection_lost(self, exc: Any) -> None:
        self.said.append(("lost", exc))
        self.lost.set_result(None)


@pytest.mark.parametrize(
    ("command", "code"),
    [("exit 0", 0), ("exit 7", 7), ("exit 255", 255), ("kill -9 $$", -9)],
)
def test_the_code_is_that_of_subprocess(
    impl: ModuleType, command: str, code: int
) -> None:
    async def main() -> None:
        process = await impl.create_subprocess_shell(command)
        assert await process.wait() == code
        assert process.returncode == code
        assert await process.wait() == code

    impl.run(main())


def test_a_program_that_is_not_there(impl: ModuleType) -> None:
    async def main() -> None:
        with pytest.raises(FileNotFoundError):
            await impl.create_subprocess_exec("/nonexistent/program")
        with pytest.raises(NotADirectoryError):
            await impl.create_subprocess_exec("/bin/true", cwd="/bin/true")

    impl.run(main())


def test_big_data_goes_both_ways(impl: ModuleType) -> None:
    data = os.urandom(1 << 20) * 5

    async def main() -> None:
        process = await impl.create_subprocess_exec(
            "tee", "/dev/stderr", stdin=PIPE, stdout=PIPE, stderr=PIPE
        )
        out, err = await process.communicate(data)
        assert out == data
        assert err == data
        assert process.returncode == 0

    impl.run(main())


def test_a_child_that_does_not_read_is_no_error(impl: ModuleType) -> None:
    async def main() -> None:
        process = await impl.create_subprocess_exec("/bin/true", stdin=PIPE)
        assert await process.communicate(b"x" * (1 << 20)) == (None, None)
        assert process.returncode == 0

    impl.run(main())


def test_the_order_of_what_a_protocol_is_told(impl: ModuleType) -> None:
    async def main() -> None:
        loop = impl.get_running_loop()
        transport, protocol = await loop.subprocess_exec(
            Recorder, "sh", "-c", "echo out; echo err >&2", stdin=None
        )
        assert isinstance(transport, stdlib_asyncio.SubprocessTransport)
        await protocol.lost
        said = protocol.said
        assert said[0] == "made"
        assert said.index((1, b"out\n")) < said.index((1, None))
        assert said.index((2, b"err\n")) < said.index((2, None))
        assert "exited" in said
        assert said[-1] == ("lost", None)
        assert len(said) == 7
        transport.close()

    impl.run(main())


def test_what_a_transport_tells(impl: ModuleType) -> None:
    async def main() -> None:
        loop = impl.get_running_loop()
        transport, protocol = await loop.subprocess_exec(
            Recorder, "cat", stdin=PIPE, stdout=PIPE, stderr=None
        )
        pid = transport.get_pid()
        assert transport.get_returncode() is None
        assert transport.get_extra_info("subprocess").pid == pid
        assert transport.get_protocol() is protocol
        assert repr(transport).startswith(
            f"<_UnixSubprocessTransport pid={pid} running stdin="
        )
        assert transport.get_pipe_transport(2) is None
        assert isinstance(
            transport.get_pipe_transport(0), stdlib_asyncio.WriteTransport
        )
        assert isinstance(transport.get_pipe_transport(1), stdlib_asyncio.ReadTransport)
        transport.get_pipe_transport(0).write(b"in")
        transport.get_pipe_transport(0).close()
        await protocol.lost
        assert (1, b"in") in protocol.said
        assert transport.get_returncode() == 0
        transport.close()
        assert transport.is_closing()

    impl.run(main())


@pytest.mark.parametrize("way", ["terminate", "kill", "send_signal"])
def test_a_child_is_ended_by_a_signal(impl: ModuleType, way: str) -> None:
    async def main() -> None:
        process = await impl.create_subprocess_exec("sleep", "1000")
        if way == "send_signal":
            process.send_signal(signal.SIGHUP)
            expected = signal.SIGHUP
        else:
            getattr(process, way)()
            expected = {"terminate": signal.SIGTERM, "kill": signal.SIGKILL}[way]
        assert await process.wait() == -expected
        with pytest.raises(ProcessLookupError):
            process.kill()

    impl.run(main())


@pytest.mark.parametrize("way", ["terminate", "kill", "close"])
def test_a_signal_to_a_child_that_has_ended_takes_no_status_away(
    own: ModuleType, way: str, caplog: pytest.LogCaptureFixture
) -> None:
    async def main() -> None:
        reading, writing = os.pipe()
        process = await own.create_subprocess_shell("read x; exit 3", stdin=reading)
        os.close(reading)
        os.close(writing)
        wait_until_ended(process.pid)
        getattr(process._transport, way)()
        assert await process.wait() == 3

    own.run(main())
    assert not caplog.records


def test_a_terminal_for_its_input_and_output(impl: ModuleType) -> None:
    async def main() -> None:
        controller, terminal = pty.openpty()
        try:
            process = await impl.create_subprocess_exec(
                "sh", "-c", "test -t 0 && test -t 1", stdin=terminal, stdout=terminal
            )
            assert await process.wait() == 0
        finally:
            os.close(controller)
            os.close(terminal)

    impl.run(main())


def test_a_status_that_somebody_else_took(
    impl: ModuleType, caplog: pytest.LogCaptureFixture
) -> None:
    # On 3.11 the standard library's thread may be the first, by its own waitpid.
    if impl is stdlib_asyncio and sys.version_info < (3, 12):
        pytest.skip("depends on which waitpid comes first")

    async def main() -> None:
        reading, writing = os.pipe()
        process = await impl.create_subprocess_exec("cat", stdin=reading)
        os.close(reading)
        os.close(writing)
        os.waitpid(process.pid, 0)
        assert await process.wait() == 255
        assert f"pid {process.pid} exit status already read" in caplog.text

    with caplog.at_level(logging.WARNING, "asyncio"):
        impl.run(main())


def test_ended_children_that_leave_no_status(
    impl: ModuleType, caplog: pytest.LogCaptureFixture
) -> None:
    async def main() -> None:
        process = await impl.create_subprocess_exec("cat", stdin=PIPE)
        process.stdin.close()
        assert await process.wait() == 255
        assert str(process.pid) in caplog.text

    before = signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    try:
        with caplog.at_level(logging.WARNING, "asyncio"):
            impl.run(main())
    finally:
        signal.signal(signal.SIGCHLD, before)


def test_a_child_that_is_gone_before_it_can_be_watched(own: ModuleType) -> None:
    async def main() -> None:
        loop = own.get_running_loop()
        watch = loop._watch_child

        def late(transport: Any) -> None:
            with pytest.raises(ChildProcessError):
                os.waitid(os.P_PID, transport.get_pid(), os.WEXITED)
            watch(transport)

        loop._watch_child = late
        process = await own.create_subprocess_exec("/bin/true")
        assert await process.wait() == 255

    before = signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    try:
        own.run(main())
    finally:
        signal.signal(signal.SIGCHLD, before)


def test_many_at_once(impl: ModuleType) -> None:
    async def one(number: int) -> None:
        process = await impl.create_subprocess_shell(
            f"cat; exit {number}", stdin=PIPE, stdout=PIPE
        )
        out, _ = await process.communicate(b"%d" % number)
        assert (int(out), process.returncode) == (number, number)

    async def main() -> None:
        await impl.gather(*map(one, range(40)))

    impl.run(main())


def test_a_loop_outside_of_the_main_thread(impl: ModuleType) -> None:
    codes = []

    async def main() -> None:
        process = await impl.create_subprocess_shell("exit 5")
        codes.append(await process.wait())

    thread = threading.Thread(target=impl.run, args=(main(),))
    thread.start()
    thread.join()
    assert codes == [5]


def test_no_thread_waits_for_a_child(own: ModuleType) -> None:
    async def main() -> None:
        before = threading.enumerate()
        process = await own.create_subprocess_exec("cat", stdin=PIPE)
        assert threading.enumerate() == before
        process.stdin.close()
        assert await process.wait() == 0

    own.run(main())


@pytest.mark.parametrize("turns", range(6))
def test_a_cancelled_start_leaves_nothing(own: ModuleType, turns: int) -> None:
    # The standard library's may wait for ever for a pipe that was lost too early.
    before = children()

    async def main() -> None:
        starting = own.ensure_future(
            own.create_subprocess_exec("cat", stdin=PIPE, stdout=PIPE, stderr=PIPE)
        )
        for _ in range(turns):
            await own.sleep(0)
        if starting.cancel():
            with pytest.raises(own.CancelledError):
                await starting
        else:
            await starting.result().communicate()
        # The pipes' transports end in their own time.
        while children() - before:
            await own.sleep(0)
        for _ in range(10):
            await own.sleep(0)

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)
        own.run(main())
        gc.collect()


def test_a_loop_that_is_closed_while_a_child_runs(own: ModuleType) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)
        loop = own.new_event_loop()
        process = loop.run_until_complete(
            loop.subprocess_exec(
                stdlib_asyncio.SubprocessProtocol,
                "sleep",
                "1000",
                stdin=None,
                stdout=None,
                stderr=None,
            )
        )[0].get_extra_info("subprocess")
        loop.close()
        process.kill()
        # A thread that waits for it from now on may take the status: then it is 0.
        assert process.wait() in {0, -signal.SIGKILL}
        join_waiting_threads()
        del loop
        gc.collect()


def test_a_transport_that_outlives_its_loop_keeps_no_descriptor(
    own: ModuleType,
) -> None:
    before = open_descriptors()
    loop = own.new_event_loop()
    transport = loop.run_until_complete(
        loop.subprocess_exec(
            stdlib_asyncio.SubprocessProtocol,
            "sleep",
            "1000",
            stdin=None,
            stdout=None,
            stderr=None,
        )
    )[0]
    loop.close()
    transport.close()
    process = transport.get_extra_info("subprocess")
    # A thread that waits for it from now on may take the status: then it is 0.
    assert process.wait() in {0, -signal.SIGKILL}
    join_waiting_threads()
    gc.collect()
    assert open_descriptors() <= before


def test_without_a_descriptor_a_thread_waits(
    own: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    def child(pid: int) -> None:
        raise OSError(24, "Too many open files")

    native = SimpleNamespace(asyncio=SimpleNamespace(process=SimpleNamespace()))
    native.asyncio.process.Child = child
    monkeypatch.setattr(_processes, "_can_watch", True)
    monkeypatch.setattr(_processes, "_native", native)

    async def main() -> None:
        process = await own.create_subprocess_shell("exit 9")
        assert await process.wait() == 9

    own.run(main())


def test_where_descriptors_are_forbidden_it_is_done_as_ever(
    own: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_processes, "_can_watch", False)
    monkeypatch.setattr(_processes, "_native", None)

    async def main() -> None:
        process = await own.create_subprocess_shell("exit 9")
        assert await process.wait() == 9

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)
            own.run(main())
    finally:
        set_watcher(None)


def set_watcher(watcher: Any) -> None:
    """Set the process's child watcher, which later versions warn of."""
    if HAS_WATCHERS:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)
            stdlib_asyncio.set_child_watcher(watcher)


@pytest.mark.skipif(not HAS_WATCHERS, reason="child watchers are gone")
def test_a_watcher_that_the_program_has_set_is_asked(impl: ModuleType) -> None:
    asked: list[int] = []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        base: Any = stdlib_asyncio.ThreadedChildWatcher

        class Watcher(base):  # type: ignore[misc]
            def add_child_handler(
                self, pid: int, callback: Callable[..., object], *args: Any
            ) -> None:
                asked.append(pid)
                super().add_child_handler(pid, callback, *args)

        async def main() -> None:
            process = await impl.create_subprocess_shell("exit 2")
            assert asked == [process.pid]
            assert await process.wait() == 2

        set_watcher(Watcher())
        try:
            impl.run(main())
        finally:
            set_watcher(None)


def test_a_protocol_whose_connection_made_fails(impl: ModuleType) -> None:
    told: list[dict[str, Any]] = []

    class Bad(stdlib_asyncio.SubprocessProtocol):
        def connection_made(self, transport: Any) -> None:
            raise ZeroDivisionError

    async def main() -> None:
        loop = impl.get_running_loop()
        loop.set_exception_handler(lambda loop, context: told.append(context))
        transport, _ = await loop.subprocess_exec(
            Bad, "/bin/true", stdin=None, stdout=None, stderr=None
        )
        assert await transport._wait() == 0
        transport.close()

    impl.run(main())
    assert [type(context["exception"]) for context in told] == [ZeroDivisionError]


def test_a_fork_between_start_and_end(impl: ModuleType) -> None:
    async def main() -> None:
        process = await impl.create_subprocess_shell("read x; exit 4", stdin=PIPE)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)
            child = os.fork()
        if child == 0:
            os._exit(0)
        os.waitpid(child, 0)
        process.stdin.close()
        assert await process.wait() == 4

    impl.run(main())
