"""What ``asyncio.tasks`` does where releases differ, found by trying.

Promise: nothing here asks for a version number or reads code; each question is a trial
with stand-ins, run once, without a loop that runs and without a trace left behind. A
question that cannot be asked (the private parts are not as they are known here) has the
answer that leaves the standard library's own class in place.
"""

from __future__ import annotations

import asyncio.events as _events
import asyncio.futures as _futures
import asyncio.tasks as _tasks
from contextlib import contextmanager
from functools import cache

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Any


class _Loop:
    """As much of a loop as futures need; what is scheduled is run when asked for."""

    def __init__(self) -> None:
        self._scheduled: list[tuple[Callable[..., Any], tuple[Any, ...]]] = []

    def call_soon(self, call: Callable[..., Any], *args: Any, context: Any) -> None:
        self._scheduled.append((call, args))

    def run(self) -> None:
        while self._scheduled:
            call, args = self._scheduled.pop(0)
            call(*args)

    def create_future(self) -> _futures.Future[Any]:
        return _futures.Future(loop=self)  # type: ignore[arg-type]

    def get_debug(self) -> bool:
        return False

    def is_running(self) -> bool:
        return False

    def call_exception_handler(self, context: dict[str, Any]) -> None:
        """Nobody is told: the trial's own exceptions are meant to be there."""


@contextmanager
def _apart() -> Iterator[_Loop]:
    """A stand-in for a loop, and meanwhile no loop that runs.

    The first use is often made by a task, whose loop refuses the futures of others.
    """
    running = _events._get_running_loop()
    _events._set_running_loop(None)
    try:
        yield _Loop()
    finally:
        _events._set_running_loop(running)


@cache
def _shield() -> tuple[bool, bool]:
    """Whether shield is as it is known here; whether it retrieves a late exception."""
    try:
        with _apart() as loop:
            return _try_shield(loop)
    except Exception:
        return False, False


def _try_shield(loop: _Loop) -> tuple[bool, bool]:
    # Cancelled, and nobody looks at the inner one any more.
    inner, outer = _shielded(loop)
    before = len(inner._callbacks)
    outer.cancel()
    loop.run()
    left = inner._callbacks
    # Cancelled while the exception is on its way.
    late, outer = _shielded(loop)
    late.set_exception(Exception("nobody is to see it"))
    outer.cancel()
    loop.run()
    retrieved = not late._log_traceback
    late.exception()
    return before == 1 and not left, retrieved


@cache
def gather_meets_done_at_once() -> bool:
    """Whether gather looks at once at what is done already."""
    try:
        with _apart() as loop:
            done = loop.create_future()
            done.set_result(None)
            gathered = _stock_gather(done)
            met = bool(gathered.done())
            loop.run()  # Nothing that waits is left: it would be garbage in a circle.
            return met
    except Exception:
        return False


def _shielded(loop: _Loop) -> tuple[Any, Any]:
    inner = loop.create_future()
    return inner, _stock_shield(inner)


def shields_as_we_do() -> bool:
    """Whether the running Python's shield calls back as ours does, and no more."""
    return _shield()[0]


def shield_retrieves() -> bool:
    """Whether what the inner future raises after a cancellation is retrieved."""
    return _shield()[1]


# As it is before anything takes its place.
_stock_gather = _tasks.gather
_stock_shield = _tasks.shield
