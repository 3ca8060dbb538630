"""Queues for threads: the standard library's ``queue`` on ropewalk's engine.

Promise: the same names, signatures and behaviour as the running Python's ``queue``;
``shutdown()`` and ``ShutDown`` also before 3.13; ``put_many()`` and ``get_many()``
besides. ``SimpleQueue``, ``Empty`` and ``Full`` are the standard library's own, and
where the engine cannot be loaded everything is.
"""

from __future__ import annotations

import queue as _stdlib
import sys

from ropewalk import _engine, _plain, _queue_simple

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import ModuleType

Empty = _queue_simple.Empty
Full = _stdlib.Full
SimpleQueue = _queue_simple.SimpleQueue

_OURS: tuple[type, ...] = ()
if _engine.load() is None:
    _engine.warn_handed_on()
else:
    from ropewalk import _queue_classes

    _OURS = _queue_classes.known_ones()

if TYPE_CHECKING or _OURS:
    from ropewalk._queue_classes import LifoQueue, PriorityQueue, Queue, ShutDown
else:
    Queue = _stdlib.Queue
    LifoQueue = _stdlib.LifoQueue
    PriorityQueue = _stdlib.PriorityQueue
    ShutDown = getattr(_stdlib, "ShutDown", None)

__all__ = [
    "Empty",
    "Full",
    "LifoQueue",
    "PriorityQueue",
    "Queue",
    "ShutDown",
    "SimpleQueue",
]


def _put_into(module: ModuleType) -> None:
    """Make the names of the module ``queue`` mean what they mean here."""
    if not _OURS:
        return
    for name in __all__:
        # A module that was imported without the compiled one means its own.
        if name != "SimpleQueue" or not _queue_simple.is_python_only(module):
            setattr(module, name, globals()[name])
    for cls in _OURS:
        cls.__module__ = module.__name__
    named: list[str] = module.__dict__["__all__"]
    if "ShutDown" not in named:
        module.__dict__["__all__"] = [*named, "ShutDown"]
    ShutDown.__module__ = module.__name__


_plain.take_off(sys.modules[__name__], _stdlib)
