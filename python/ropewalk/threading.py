"""Threads: the standard library's ``threading`` on ropewalk's engine.

Promise: the same names, signatures and behaviour as the running Python's
``threading``. Lock, RLock, Condition, Semaphore, BoundedSemaphore, Event and Barrier are
the engine's; Thread is the standard library's class with faster ``start`` and ``join``;
Timer waits without a thread. Everything else is handed on as it is.
"""

from __future__ import annotations

import threading as _stdlib
from threading import *  # noqa: F403

from ropewalk import _engine

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import ModuleType
    from typing import Any

__all__ = [*_stdlib.__all__]  # noqa: PLE0604
_OURS: dict[str, Any] = {}
# What says, by its `__module__`, where it can be found.
_NAMED_AFTER_PLACE: frozenset[str] = frozenset()

if TYPE_CHECKING or _engine.load() is not None:
    from ropewalk import _threading_classes as _classes
    from ropewalk import _threading_thread, _threading_timer
    from ropewalk._threading_classes import (
        Barrier,
        BoundedSemaphore,
        BrokenBarrierError,
        Condition,
        Event,
        Lock,
        RLock,
        Semaphore,
    )
    from ropewalk._threading_timer import Timer

    _NAMED_AFTER_PLACE = frozenset(_classes.__all__) - {"Lock", "BrokenBarrierError"}
    _OURS = {name: getattr(_classes, name) for name in _classes.__all__}
    _OURS["_CRLock"] = _classes._CRLock
else:
    _engine.warn_handed_on()


def _put_into(module: ModuleType) -> None:
    """Make the names of the module ``threading`` mean what they mean here."""
    if not _OURS:
        return
    for name, value in _OURS.items():
        setattr(module, name, value)
        if name in _NAMED_AFTER_PLACE:
            value.__module__ = module.__name__
    _threading_timer.put_into(module)
    _threading_thread.improve(module)


def __getattr__(name: str) -> Any:
    """Hand on whatever else the standard library's module has."""
    return getattr(_stdlib, name)
