"""A child process that outlives its event loop: the loop's end is not the child's."""

import gc
import os
import signal
import threading
from collections.abc import Iterator
from types import ModuleType

import pytest

MODULE = "asyncio"
WATCHDOG_SECONDS = 20.0
# As long as its test wants it to: the test ends it.
LONG = "1000"
# Before Python 3.12 a thread of the standard library's waits for each child.
A_THREAD_WAITS = not hasattr(
    pytest.importorskip("asyncio.unix_events"), "can_use_pidfd"
)


@pytest.fixture(autouse=True)
def _children_end() -> Iterator[None]:
    """Nobody waits for a child any more when a test ends."""
    yield
    for thread in threading.enumerate():
        if "waitpid" in thread.name:
            thread.join(WATCHDOG_SECONDS)
    gc.collect()


def leave_one(impl: ModuleType) -> int:
    """Start a child in a loop of its own, which ends before it."""

    async def main() -> int:
        child = await impl.create_subprocess_exec("sleep", LONG)
        return int(child.pid)

    return int(impl.run(main()))


@pytest.mark.skipif(not A_THREAD_WAITS, reason="here the child goes with its transport")
@pytest.mark.filterwarnings("ignore::ResourceWarning")
def test_its_end_is_told_to_the_log(
    impl: ModuleType, caplog: pytest.LogCaptureFixture
) -> None:
    pid = leave_one(impl)
    os.kill(pid, signal.SIGKILL)
    for thread in threading.enumerate():
        if "waitpid" in thread.name:
            thread.join(WATCHDOG_SECONDS)
    (record,) = caplog.records
    assert record.getMessage().endswith(f"that handles pid {pid} is closed")
    with pytest.raises(ChildProcessError):
        os.waitpid(pid, os.WNOHANG)


@pytest.mark.filterwarnings("ignore::ResourceWarning")
def test_a_child_that_had_ended_before_is_waited_for_by_nobody(
    impl: ModuleType, caplog: pytest.LogCaptureFixture
) -> None:
    async def main() -> None:
        child = await impl.create_subprocess_exec("true")
        await child.wait()

    impl.run(main())
    gc.collect()
    assert not [
        t for t in threading.enumerate() if "waitpid" in t.name and t.is_alive()
    ]
    assert caplog.records == []
