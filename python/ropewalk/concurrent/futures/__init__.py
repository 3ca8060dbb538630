"""Calls that run in threads: ``concurrent.futures`` on ropewalk's engine.

Promise: the same names, signatures and behaviour as the running Python's
``concurrent.futures``. Future, ThreadPoolExecutor, wait and as_completed are ours;
Executor, the constants and the errors are the standard library's own, and so is
ProcessPoolExecutor, whose futures wait() and as_completed() take as well.
``PriorityThreadPoolExecutor`` is ours alone. As in the standard library, the
executors are loaded when they are first asked for.
"""

from __future__ import annotations

import concurrent.futures as _stdlib
import sys

from ropewalk import _engine, _plain

TYPE_CHECKING = False
if TYPE_CHECKING:
    from concurrent.futures import *  # noqa: F403
    from types import ModuleType
    from typing import Any

__all__ = list(_stdlib.__all__)

# What is ours; the executors besides, by `__getattr__`.
_OURS: dict[str, Any] = {}
_LAZY = ("ThreadPoolExecutor", "PriorityThreadPoolExecutor")
_HERE = (
    "FIRST_COMPLETED",
    "FIRST_EXCEPTION",
    "ALL_COMPLETED",
    "CancelledError",
    "TimeoutError",
    "InvalidStateError",
    "BrokenExecutor",
    "Future",
    "Executor",
    "wait",
    "as_completed",
)

globals().update({name: getattr(_stdlib, name) for name in _HERE})
if TYPE_CHECKING or _engine.load() is not None:
    from ropewalk._futures_base import Future, as_completed, wait

    _OURS = {"Future": Future, "wait": wait, "as_completed": as_completed}
    globals().update(_OURS)
else:
    _engine.warn_handed_on()


def _put_into(module: ModuleType) -> None:
    """Make the names of ``concurrent.futures`` mean what they mean here."""
    if not _OURS:
        return
    from ropewalk import _futures_base

    _futures_base._name_after_place()
    for name, value in _OURS.items():
        setattr(module, name, value)
    names: dict[str, Any] = module.__dict__
    if "ThreadPoolExecutor" in names:
        names["ThreadPoolExecutor"] = __getattr__("ThreadPoolExecutor")
    else:
        theirs = names["__getattr__"]

        def lazily(name: str) -> Any:
            if name == "ThreadPoolExecutor":
                found = names[name] = __getattr__(name)
                found.__module__ = "concurrent.futures.thread"
                return found
            return theirs(name)

        lazily.__name__ = "__getattr__"
        names["__getattr__"] = lazily


def __getattr__(name: str) -> Any:
    """Load an executor, or hand on what else the standard library's module has."""
    if name in _LAZY and _OURS:
        from ropewalk import _futures_thread

        found = globals()[name] = getattr(_futures_thread, name)
        _plain.take_off(sys.modules[__name__], _stdlib)
        return found
    return getattr(_stdlib, name)


def __dir__() -> list[str]:
    return [*__all__, "PriorityThreadPoolExecutor", "__doc__"]


_plain.take_off(sys.modules[__name__], _stdlib)
