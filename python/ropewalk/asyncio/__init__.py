"""The event loop and all above it: the standard library's ``asyncio`` on ropewalk.

Promise: the same names, signatures and behaviour as the running Python's
``asyncio``. What is replaced is listed in ropewalk's table of modules; Task, Future and
everything else is the standard library's own, handed on.
"""

from __future__ import annotations

import asyncio as _stdlib

from ropewalk import _engine

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


def _put_into(module: ModuleType) -> None:
    """Make the names of ``asyncio`` mean what they mean here."""
    for name in _OURS.keys() & vars(module).keys():
        setattr(module, name, _OURS[name])


def __getattr__(name: str) -> Any:
    """Hand on whatever else the standard library's package has."""
    return getattr(_stdlib, name)
