"""What takes the place of names in ``asyncio.timeouts``.

Promise: a Timeout is the standard library's to everybody who asks, and from the moment
that its time is over it does what the standard library's does.
"""

from __future__ import annotations

import asyncio.timeouts as _stdlib

from ropewalk import _methods, _ropewalk
from ropewalk._asyncio._stdlib import TASKS, is_known

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import ModuleType
    from typing import Any

_native = _ropewalk.asyncio.waiting


class Timeout(_native.Timeout, _stdlib.Timeout):  # type: ignore[misc]
    """Asynchronous context manager that cancels what takes too long.

    Made by `timeout()` and `timeout_at()`.
    """

    __module__ = "ropewalk.asyncio"

    # For the rare cases, which the engine leaves to them.
    _stock_enter = _stdlib.Timeout.__aenter__
    _stock_exit = _stdlib.Timeout.__aexit__
    _stock_reschedule = _stdlib.Timeout.reschedule


_methods.give_faces(Timeout, _native.Timeout, {})


def timeout(delay: float | None) -> Timeout:
    """Return an asynchronous context manager that limits the time of its block.

    After `delay` seconds the block is cancelled, and leaving it raises TimeoutError in
    place of CancelledError. None stands for no limit.

        async with asyncio.timeout(10):
            await something_long()
    """
    made: Timeout = _native.timeout(Timeout, delay)
    return made


def timeout_at(when: float | None) -> Timeout:
    """Return what `timeout()` returns, for a moment of the loop's clock.

        async with asyncio.timeout_at(loop.time() + 10):
            await something_long()

    The clock is that of `loop.time()`: it has nothing to do with the time of day.
    """
    return Timeout(when)


OURS: dict[str, Any] = {}

if is_known("asyncio.Timeout", Timeout, _stdlib.Timeout, needs=(TASKS,)):
    OURS = {"Timeout": Timeout, "timeout": timeout, "timeout_at": timeout_at}


def _put_into(module: ModuleType) -> None:
    """Make the names of ``asyncio.timeouts`` mean what they mean here."""
    Timeout.__module__ = _stdlib.__name__
    for name, value in OURS.items():
        setattr(module, name, value)
