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

from ropewalk import _bound, _engine, _plain

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

if _engine.load() is not None:
    from ropewalk import _futures_base

    _OURS = _futures_base.known_ones()
else:
    _engine.warn_handed_on()
globals().update({name: getattr(_stdlib, name) for name in _HERE})
globals().update(_OURS)


def _put_into(module: ModuleType) -> None:
    """Make the names of ``concurrent.futures`` mean what they mean here."""
    if not _OURS:
        return
    from ropewalk import _futures_base

    _futures_base._put_into(module)
    names: dict[str, Any] = module.__dict__
    there = names.get("ThreadPoolExecutor")
    if there is None:
        theirs = names["__getattr__"]

        def lazily(name: str) -> Any:
            if name == "ThreadPoolExecutor":
                found = names[name] = _executor_in_place()
                return found
            return theirs(name)

        lazily.__name__ = "__getattr__"
        names["__getattr__"] = lazily
    elif _bound.is_lazy(there):
        names["ThreadPoolExecutor"] = _lazy_executor()
    else:
        names["ThreadPoolExecutor"] = _executor_in_place()


def _lazy_executor() -> Any:
    """What a lazy import of the executor puts into a module, from 3.15 on."""
    names: dict[str, Any] = {"__name__": __name__}
    exec(
        f"lazy from {__name__} import _ThreadPoolExecutor as ThreadPoolExecutor", names
    )
    return names["ThreadPoolExecutor"]


def _executor_in_place() -> Any:
    """The executor, named after the module that it is put into."""
    found = __getattr__("ThreadPoolExecutor")
    found.__module__ = "concurrent.futures.thread"
    return found


def __getattr__(name: str) -> Any:
    """Load an executor, or hand on what else the standard library's module has."""
    if name in _LAZY and _OURS:
        from ropewalk import _futures_thread

        found = _futures_thread.known_ones().get(name)
        if found is None:  # not from `_stdlib`, which asks here
            from concurrent.futures import thread

            return getattr(thread, name)
        globals()[name] = found
        _plain.take_off(sys.modules[__name__], _stdlib)
        return found
    if name == "_ThreadPoolExecutor" and _OURS:
        return _executor_in_place()
    return getattr(_stdlib, name)


def __dir__() -> list[str]:
    return [*__all__, "PriorityThreadPoolExecutor", "__doc__"]


_plain.take_off(sys.modules[__name__], _stdlib)
