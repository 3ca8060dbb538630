"""What takes the place of names in ``asyncio.queues``.

Promise: while nobody looks inside a queue and no subclass overrides a hook, the engine
does all the work. Everything else is there under the standard library's names, and
``shutdown`` on every Python.
"""

from __future__ import annotations

import asyncio.queues as _stdlib

from ropewalk import _methods, _ropewalk, _states
from ropewalk._asyncio._coroutines import short_cut_to
from ropewalk._asyncio._stdlib import is_known
from ropewalk._asyncio.locks import Event

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Coroutine
    from types import ModuleType
    from typing import Any

    from ropewalk._asyncio._threadsafe import ThreadsafeEnd

_native = _ropewalk.asyncio.queues

try:
    QueueShutDown = _stdlib.QueueShutDown  # type: ignore[attr-defined]
except AttributeError:  # Before Python 3.13.

    class QueueShutDown(Exception):  # type: ignore[no-redef]
        """Raised when putting on to or getting from a shut-down Queue."""

    QueueShutDown.__module__ = "ropewalk.asyncio"

_native.use_classes(_stdlib.QueueEmpty, _stdlib.QueueFull, QueueShutDown, Event)

_HOOKS = (
    "_init",
    "_get",
    "_put",
    "_wakeup_next",
    "_get_loop",
    "maxsize",
    "qsize",
    "empty",
    "full",
    "put_nowait",
    "get_nowait",
)


class Queue(_native.QueueEngine, _stdlib.Queue):  # type: ignore[type-arg]
    """A queue for tasks: the first item put in is the first one taken out.

    With `maxsize` greater than zero, put() waits while that many items are inside.
    """

    def __init__(self, maxsize: int = 0) -> None:
        if self._begin(maxsize):
            self._init(maxsize)

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        plain = next((base for base in cls.__mro__[1:] if base in _PLAIN), None)
        cls._plain = plain is not None and all(
            getattr(cls, hook, None) is getattr(plain, hook, None) for hook in _HOOKS
        )

    @short_cut_to(_native.QueueEngine._quick_put)
    def put(self, item: Any) -> Coroutine[Any, Any, None]:
        """Put an item into the queue, waiting until there is room for it.

        QueueShutDown is raised when the queue is shut down.
        """
        return self._put_coroutine(item)

    @short_cut_to(_native.QueueEngine._quick_get)
    def get(self) -> Coroutine[Any, Any, Any]:
        """Take the next item out of the queue, waiting until there is one.

        QueueShutDown is raised when the queue is shut down and empty.
        """
        return self._get_coroutine()

    @short_cut_to(_native.QueueEngine._quick_join)
    def join(self) -> Coroutine[Any, Any, None]:
        """Wait until as many items are reported by task_done() as were put in."""
        return self._join_coroutine()

    @property
    def threadsafe(self) -> ThreadsafeEnd:
        """The end of this queue for threads: put() and get() that block.

        From its first use on, every operation of the queue takes a lock.
        """
        end: ThreadsafeEnd | None = self._shared()
        if end is None:
            from ropewalk._asyncio._threadsafe import ThreadsafeEnd

            end = self._share(ThreadsafeEnd(self))
        return end

    def _format(self) -> str:
        parts = [f"maxsize={self._maxsize!r}"]
        if items := self._items():
            parts.append(f"_queue={items!r}")
        parts += [
            f"{name}[{len(waiters)}]"
            for name, waiters in (
                ("_getters", self._getters),
                ("_putters", self._putters),
            )
            if waiters
        ]
        if self._unfinished_tasks:
            parts.append(f"tasks={self._unfinished_tasks}")
        if self._is_shutdown:
            parts.append("shutdown")
        return " ".join(parts)


_PLAIN: set[type[Queue]] = {Queue}


class PriorityQueue(Queue, _stdlib.PriorityQueue):  # type: ignore[type-arg]
    """A queue whose smallest item is taken out first.

    Items are often tuples of the form ``(priority, data)``.
    """

    _discipline = "heap"


class LifoQueue(Queue, _stdlib.LifoQueue):  # type: ignore[type-arg]
    """A queue whose newest item is taken out first."""

    _discipline = "lifo"


_PLAIN |= {PriorityQueue, LifoQueue}
for _cls in _PLAIN:
    _cls._plain = True
    _cls.__module__ = "ropewalk.asyncio"

_QUICK = {
    "QueueEngine.put_nowait": _native.QueueEngine._quick_put_nowait,
    "QueueEngine.get_nowait": _native.QueueEngine._quick_get_nowait,
}
_methods.give_faces(Queue, _native.QueueEngine, _QUICK)
_states.give_state_of(Queue, _stdlib.Queue())

OURS: dict[str, Any] = {}
if is_known("asyncio.Queue", Queue, _stdlib.Queue, needs=("asyncio.Event",)):
    OURS = {
        "Queue": Queue,
        "PriorityQueue": PriorityQueue,
        "LifoQueue": LifoQueue,
        "QueueShutDown": QueueShutDown,
    }


def _put_into(module: ModuleType) -> None:
    """Make the names of ``asyncio.queues`` mean what they mean here."""
    for name, value in OURS.items():
        setattr(module, name, value)
