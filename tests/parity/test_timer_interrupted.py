"""Timer: a signal's handler raises inside start() and cancel().

CPython's own Timer may be lost then, or its lock held for ever, so these look at ours
only.
"""

import itertools
import sys
import threading
import weakref
from collections.abc import Callable
from types import FrameType, ModuleType
from typing import Any

import pytest
from ropewalk import _threading_timer_service as service

from tests.threads import WATCHDOG_SECONDS

MODULE = "threading"
LONG = 3600.0
OF_WEAK_SETS = weakref.WeakSet()._remove.__code__  # type: ignore[attr-defined]


class Interruption(BaseException):
    """What the handler raises, as that of Ctrl-C raises KeyboardInterrupt."""


def interrupted(after: int, call: Callable[[], None]) -> bool:
    """Whether the call makes so many others: it is interrupted where the last returns.

    That is where CPython lets handlers run, and where a Python function begins. But for
    an `__enter__` in C: some CPythons show it to a profiler, and no `with` outlives an
    exception between that and its first line. Nor in what a weak reference calls:
    what is raised there goes nowhere.
    """
    seen = 0

    def handler(frame: FrameType, event: str, argument: Any) -> None:
        nonlocal seen
        if event == "c_return" and argument.__name__ == "__enter__":
            return
        if frame.f_code is OF_WEAK_SETS:
            return
        if event in ("call", "c_return"):
            seen += 1
            if seen == after:
                raise Interruption

    try:
        sys.setprofile(handler)
        call()
    except Interruption:
        return True
    finally:
        sys.setprofile(None)
    return False


@pytest.fixture(params=[False, True], ids=["served", "not served"])
def prepare(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> Callable[[], None]:
    """With or without a thread that waits for pending timers."""

    def forget_the_service() -> None:
        for awaited in service.services:
            monkeypatch.setitem(service.services, awaited, service.Service(awaited))

    return forget_the_service if request.param else lambda: None


@pytest.fixture
def unexpected(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """What fails in a thread that nobody sees."""
    failures: list[Any] = []
    monkeypatch.setattr(sys, "excepthook", lambda *failure: failures.append(failure))
    monkeypatch.setattr(threading, "excepthook", failures.append)
    return failures


def start_anyway(timer: Any) -> None:
    """Start it, unless it was started before the handler raised."""
    try:
        timer.start()
    except RuntimeError as error:
        assert str(error) == "threads can only be started once"


def has_ended(timer: Any) -> bool:
    timer.join(WATCHDOG_SECONDS)
    return not timer.is_alive() and timer not in threading.enumerate()


@pytest.mark.parametrize("daemon", [False, True])
def test_an_interrupted_start_has_started_the_timer_or_has_not(
    ours: ModuleType,
    prepare: Callable[[], None],
    unexpected: list[Any],
    daemon: bool,
) -> None:
    for after in itertools.count(1):
        calls: list[None] = []
        prepare()
        timer = ours.Timer(0.001, calls.append, (None,))
        timer.daemon = daemon
        was_interrupted = interrupted(after, timer.start)
        start_anyway(timer)
        assert has_ended(timer)
        assert calls == [None]
        if not was_interrupted:
            break
    assert after > 5
    assert not unexpected


def test_a_timer_whose_start_was_interrupted_can_be_cancelled(
    ours: ModuleType, prepare: Callable[[], None], unexpected: list[Any]
) -> None:
    for after in itertools.count(1):
        prepare()
        timer = ours.Timer(LONG, unexpected.append, ("called",))
        was_interrupted = interrupted(after, timer.start)
        timer.cancel()
        start_anyway(timer)
        assert has_ended(timer)
        if not was_interrupted:
            break
    assert not unexpected


def test_a_cancel_that_was_interrupted_can_be_repeated(
    ours: ModuleType, unexpected: list[Any]
) -> None:
    for after in itertools.count(1):
        timer = ours.Timer(LONG, unexpected.append, ("called",))
        timer.start()
        was_interrupted = interrupted(after, timer.cancel)
        timer.cancel()
        assert has_ended(timer)
        if not was_interrupted:
            break
    assert after > 5
    assert not unexpected


def test_a_timer_whose_cancel_was_interrupted_ends_when_its_time_has_come(
    ours: ModuleType, unexpected: list[Any]
) -> None:
    for after in itertools.count(1):
        timer = ours.Timer(0.05, lambda: None)
        timer.start()
        was_interrupted = interrupted(after, timer.cancel)
        assert has_ended(timer)
        if not was_interrupted:
            break
    assert not unexpected
