"""The event loop and all above it: the standard library's ``asyncio`` on ropewalk.

Promise: the same names, signatures and behaviour as the running Python's
``asyncio``. What is replaced is listed in ropewalk's table of modules; Task, Future and
everything else is the standard library's own, handed on.
"""

from __future__ import annotations

import asyncio as _stdlib
import sys

from ropewalk import _engine, _plain

TYPE_CHECKING = False
if TYPE_CHECKING:
    from asyncio import *  # noqa: F403
    from types import ModuleType
    from typing import Any

__all__ = list(_stdlib.__all__)

_OURS: dict[str, Any] = {}
if _engine.load() is None:
    _engine.warn_handed_on()
else:
    from ropewalk._asyncio import (
        events,
        locks,
        queues,
        runners,
        streams,
        taskgroups,
        tasks,
        timeouts,
        unix_events,
    )

    for _part in (
        events,
        locks,
        queues,
        runners,
        streams,
        taskgroups,
        tasks,
        timeouts,
        unix_events,
    ):
        _OURS.update(_part.OURS)

globals().update({name: getattr(_stdlib, name) for name in __all__})
globals().update(_OURS)
if "SelectorEventLoop" in _OURS:
    # The name that the class has in the standard library, by which it is pickled.
    _UnixSelectorEventLoop = _OURS["SelectorEventLoop"]
for _value in _OURS.values():
    # Inside the standard library's modules, once install() has put them there.
    if isinstance(_value, type) and _value.__module__.startswith("ropewalk."):
        _value.__module__ = __name__


# Exceptions of newer Pythons that our classes raise on all.
__all__ += [name for name in ("QueueShutDown",) if name in _OURS.keys() - {*__all__}]

# The standard library's own ask the policy, and install() makes it give our loop.
_LEFT_ALONE = frozenset({"Runner", "new_event_loop", "run"})


def _put_into(module: ModuleType) -> None:
    """Make the names of ``asyncio`` mean what they mean here."""
    package: Any = module
    package.__all__ = type(package.__all__)(__all__)
    for name in (_OURS.keys() & {*vars(module), *__all__}) - _LEFT_ALONE:
        ours = _OURS[name]
        theirs = getattr(module, name, module)
        if isinstance(ours, type) and ours.__module__.startswith("ropewalk."):
            ours.__module__ = getattr(theirs, "__module__", module.__name__)
        setattr(module, name, ours)


def __getattr__(name: str) -> Any:
    """Hand on whatever else the standard library's package has."""
    return getattr(_stdlib, name)


_plain.take_off(sys.modules[__name__], _stdlib)
