"""Threads for tests: results and errors come back, every wait has a watchdog.

Promise: no test sleeps in place of a condition, and none waits for ever.
"""

import faulthandler
import os
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Generic, TypeVar

Result = TypeVar("Result")

WATCHDOG_SECONDS = 20.0


def wait_until(condition: Callable[[], Any], what: str = "condition") -> None:
    """Return once the condition holds; the watchdog's end is a failure."""
    end = time.monotonic() + WATCHDOG_SECONDS
    while not condition():
        if time.monotonic() > end:
            raise AssertionError(f"waited in vain for: {what}")
        time.sleep(0.001)


class Background(Generic[Result]):
    """A daemon thread that runs one call; `result()` returns or raises what it did."""

    def __init__(self, call: Callable[..., Result], *args: Any, **kwargs: Any) -> None:
        self._call = (call, args, kwargs)
        self._value: list[Result] = []
        self._error: BaseException | None = None
        self.begun = threading.Event()
        self.thread = threading.Thread(target=self._run, daemon=True)
        self.thread.start()

    def _run(self) -> None:
        call, args, kwargs = self._call
        self.begun.set()
        try:
            self._value.append(call(*args, **kwargs))
        except BaseException as error:
            self._error = error
        finally:
            del self._call, call, args, kwargs

    def parked(self) -> "Background[Result]":
        """Return once the thread sleeps in its call."""
        assert self.begun.wait(WATCHDOG_SECONDS)
        wait_until(lambda: sleeps(self.thread), "a parked thread")
        assert self.thread.is_alive(), "ended instead of waiting"
        return self

    def result(self) -> Result:
        """What the call returned or raised."""
        self.thread.join(WATCHDOG_SECONDS)
        assert not self.thread.is_alive(), "the thread hangs"
        if self._error is not None:
            raise self._error
        return self._value[0]


def _switches(status: str) -> tuple[str, str] | None:
    """State and count of voluntary switches, as the kernel has them."""
    try:
        text = Path(status).read_text("ascii")
    except OSError:
        return None
    fields = dict(line.split(":\t", 1) for line in text.splitlines() if ":\t" in line)
    return fields["State"][:1], fields["voluntary_ctxt_switches"]


def _asleep(status: str) -> bool:
    before = _switches(status)
    if before is None:
        return True
    if before[0] != "S":
        return False
    for _ in range(5):
        time.sleep(0.002)
        if _switches(status) != before:
            return False
    return True


def sleeps(thread: threading.Thread) -> bool:
    """Asleep, and not merely waiting for the interpreter's lock.

    Whoever waits for that lock wakes every few milliseconds; a parked thread does
    not wake at all. An ended thread counts as asleep.
    """
    return _asleep(f"/proc/self/task/{thread.native_id}/status")


def wait_until_asleep(process: int) -> None:
    """Return once the main thread of another process is parked."""
    wait_until(lambda: _asleep(f"/proc/{process}/status"), "a parked process")


def join_waiting_threads() -> None:
    """Wait until no thread waits for a child process any more."""
    for thread in threading.enumerate():
        if "waitpid" in thread.name:
            thread.join()


def fork_alone() -> int:
    """Fork a process that has no thread of the test run's own.

    From Python 3.15 on the thread counts, and is warned of, that pytest has waiting to
    show where a test hangs.
    """
    faulthandler.cancel_dump_traceback_later()
    return os.fork()
