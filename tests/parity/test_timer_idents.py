"""A pending Timer in the stack dumps that programs make."""

import signal
import sys
import threading
import traceback
from types import ModuleType

import pytest

from tests import scripts
from tests.threads import WATCHDOG_SECONDS

MODULE = "threading"
LONG = 3600.0


@pytest.mark.parametrize("daemon", [False, True])
def test_the_stack_of_a_pending_timer_can_be_dumped(
    impl: ModuleType, daemon: bool
) -> None:
    timers = [impl.Timer(LONG, print) for _ in range(3)]
    try:
        for timer in timers:
            timer.daemon = daemon
            timer.start()
            assert timer.ident in sys._current_frames()
            signal.pthread_kill(timer.ident, 0)
        frames = sys._current_frames()
        for thread in threading.enumerate():
            assert thread.ident is not None
            assert traceback.format_stack(frames[thread.ident])
        assert set(timers) < set(threading.enumerate())
    finally:
        for timer in timers:
            timer.cancel()
            timer.join(WATCHDOG_SECONDS)
    assert not set(timers) & set(threading.enumerate())


def test_every_stack_has_a_name_while_a_timer_is_pending(impl: ModuleType) -> None:
    text = """
        timers = [threading.Timer(3600, print) for _ in range(2)]
        for timer in timers:
            timer.start()
        names = {thread.ident: thread.name for thread in threading.enumerate()}
        print({names[ident].split("-")[0] for ident in sys._current_frames()}
              == {"MainThread", "Thread"})
        for timer in timers:
            timer.cancel()
    """
    assert scripts.run(impl, text) == "True\n"


def test_a_timer_that_was_cancelled_leaves_no_trace(impl: ModuleType) -> None:
    before = set(threading._active)  # type: ignore[attr-defined]
    timers = [impl.Timer(LONG, print) for _ in range(3)]
    for timer in timers:
        timer.start()
        timer.cancel()
        timer.join(WATCHDOG_SECONDS)
    assert set(threading._active) == before  # type: ignore[attr-defined]
