"""Threads: the standard library's ``threading`` on ropewalk's engine.

Promise: the same names, signatures and behaviour as the running Python's
``threading``. Lock, RLock, Condition, Semaphore, BoundedSemaphore, Event and Barrier
are the engine's; Thread is the standard library's class with faster ``start`` and
``join``; Timer waits without a thread. Everything else is handed on as it is.
"""

from __future__ import annotations

import sys
import threading as _stdlib

from ropewalk import _engine, _plain

TYPE_CHECKING = False
if TYPE_CHECKING:
    from threading import *  # noqa: F403
    from types import ModuleType
    from typing import Any

__all__ = list(_stdlib.__all__)

# What is ours, and which of it says by its `__module__` where it can be found.
_OURS: dict[str, Any] = {}
_NAMED_AFTER_PLACE: frozenset[str] = frozenset()

if _engine.load() is None:
    _engine.warn_handed_on()
else:
    from ropewalk import _threading_classes, _threading_thread
    from ropewalk._stdlib import is_known

    _OURS = _threading_classes.known_ones()
    _NAMED_AFTER_PLACE = frozenset(_OURS) - {"BrokenBarrierError", "_CRLock"}

globals().update({name: getattr(_stdlib, name) for name in __all__})
globals().update(_OURS)
_NEEDED = ("threading.Thread.start", "threading.Event")
_has_timer = bool(_OURS) and is_known("threading.Timer", needs=_NEEDED)
if _has_timer:
    from ropewalk import _threading_timer

    globals()["Timer"] = _threading_timer.Timer
    _threading_timer.Timer.__module__ = __name__


def _put_into(module: ModuleType) -> None:
    """Make the names of the module ``threading`` mean what they mean here."""
    if not _OURS:
        return
    lock: Any = _OURS.get("Lock")
    if isinstance(lock, type):  # from 3.13 on: what spawned processes unpickle
        lock.__name__ = lock.__qualname__ = "Lock"
    for name, value in _OURS.items():
        setattr(module, name, value)
        if name in _NAMED_AFTER_PLACE:
            value.__module__ = module.__name__
    if _has_timer:
        _threading_timer.put_into(module)
    _threading_thread.improve(module)


def _restore(module: ModuleType) -> None:
    """Undo what `_put_into` did to classes that stay the same."""
    _threading_thread.restore(module)


def __getattr__(name: str) -> Any:
    """Hand on whatever else the standard library's module has."""
    return getattr(_stdlib, name)


_plain.take_off(sys.modules[__name__], _stdlib)
