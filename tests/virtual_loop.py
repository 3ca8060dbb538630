"""The standard library's event loop with a clock of its own.

Promise: nothing waits. When nothing is ready, the clock goes to the next timer; so a
program runs the same way each time, whatever the machine does meanwhile.
"""

import asyncio
import selectors
from collections.abc import Coroutine
from typing import Any, TypeVar

_T = TypeVar("_T")


class _Selector(selectors.SelectSelector):
    """Polls; the time that it was to wait is added up."""

    def __init__(self) -> None:
        super().__init__()
        self.now = 0.0

    def select(self, timeout: float | None = None) -> list[Any]:
        if timeout is None:
            raise RuntimeError("this program waits for ever")
        self.now += max(timeout, 0)
        return super().select(0)


class VirtualLoop(asyncio.SelectorEventLoop):
    """Runs timers at once, in their order."""

    def __init__(self) -> None:
        self.clock = _Selector()
        super().__init__(self.clock)

    def time(self) -> float:
        return round(self.clock.now, 6)


def run(main: Coroutine[Any, Any, _T]) -> _T:
    """Run one coroutine in a loop of its own."""
    loop = VirtualLoop()
    try:
        return loop.run_until_complete(main)
    finally:
        loop.close()
