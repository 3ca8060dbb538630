"""Queue, LifoQueue and PriorityQueue as Python sees them.

Promise: while a queue is used through its methods, the engine does all the work and
nothing here runs. Only the parts that subclasses override or programs reach for by
name are Python: the hooks ``_init``, ``_qsize``, ``_put`` and ``_get``, and the
attributes ``mutex``, ``not_empty``, ``not_full`` and ``all_tasks_done``. The first use
of any of them, or of ``queue``, moves the queue's inside into an `Inside`, for good.
"""

from __future__ import annotations

import queue as _stdlib
from collections import deque
from heapq import heappop, heappush
from types import GenericAlias

from ropewalk import _methods, _ropewalk, _states
from ropewalk._queue_inside import Empty, Full, Inside, ShutDown
from ropewalk._stdlib import are_known

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

_ropewalk.queue.use_exceptions(Empty, Full, ShutDown)

__all__ = ["LifoQueue", "PriorityQueue", "Queue", "ShutDown"]

_HOOKS = ("_init", "_qsize", "_put", "_get")


def _part_of_inside(name: str, doc: str) -> property:
    def look(self: Queue) -> Any:
        return getattr(self._look_inside(), name)

    def replace(self: Queue, value: Any) -> None:
        setattr(self._look_inside(), name, value)

    return property(look, replace, doc=doc)


class _Hook:
    """A method that subclasses override; to set it on one queue moves the inside."""

    def __init__(self, function: Callable[..., Any]) -> None:
        self._function = function
        self.__doc__ = function.__doc__

    def __set_name__(self, owner: type, name: str) -> None:
        self._name = name

    def __get__(self, queue: Any, owner: type | None = None) -> Any:
        if queue is None:
            return self._function
        own = queue.__dict__
        if self._name in own:
            return own[self._name]
        return self._function.__get__(queue, owner)

    def __set__(self, queue: Any, value: Any) -> None:
        queue._look_inside()
        queue.__dict__[self._name] = value

    def __delete__(self, queue: Any) -> None:
        try:
            del queue.__dict__[self._name]
        except KeyError:
            raise AttributeError(self._name) from None


class Queue(_ropewalk.queue.QueueEngine):
    """A queue for threads: the first item put in is the first one taken out.

    With `maxsize` greater than zero, put() waits while that many items are inside.
    """

    _discipline: str = "fifo"

    def __init__(self, maxsize: int = 0) -> None:
        if not self._begin(maxsize) or (
            type(self) is not Queue and type(self) not in _PLAIN and self._has_hooks()
        ):
            self._look_inside()
            self._init(maxsize)

    __class_getitem__: Any = classmethod(GenericAlias)

    mutex = _part_of_inside("mutex", "The lock around all changes of the queue.")
    not_empty = _part_of_inside("not_empty", "The condition on which get() waits.")
    not_full = _part_of_inside("not_full", "The condition on which put() waits.")
    all_tasks_done = _part_of_inside(
        "all_tasks_done", "The condition on which join() waits."
    )

    # Subclasses override these to store items in another way. They are called with
    # the mutex held.

    @_Hook
    def _init(self, maxsize: int) -> None:
        self.queue = deque()

    @_Hook
    def _qsize(self) -> int:
        return len(self.queue)

    @_Hook
    def _put(self, item: Any) -> None:
        self.queue.append(item)

    @_Hook
    def _get(self) -> Any:
        return self.queue.popleft()

    def _has_hooks(self) -> bool:
        cls = type(self)
        plain = next(base for base in cls.__mro__ if base in _PLAIN)
        return any(getattr(cls, hook) is not getattr(plain, hook) for hook in _HOOKS)

    def _new_container(self) -> Any:
        return deque()

    def _look_inside(self) -> Inside:
        """Return what holds the queue's inside, after moving it there if need be."""
        inside: Inside | None = self._inside
        if inside is not None:
            return inside
        inside = self._adopt(Inside(self._new_container()))
        with inside.mutex:
            self._move_inside(inside)
        return inside

    def _adopt(self, inside: Inside) -> Inside:
        adopted: Inside = self._adopt_inside(inside)
        return adopted


class PriorityQueue(Queue):
    """A queue whose smallest item is taken out first.

    Items are often tuples of the form ``(priority, data)``.
    """

    _discipline = "priority"

    @_Hook
    def _init(self, maxsize: int) -> None:
        self.queue = []

    @_Hook
    def _qsize(self) -> int:
        return len(self.queue)

    @_Hook
    def _put(self, item: Any) -> None:
        heappush(self.queue, item)

    @_Hook
    def _get(self) -> Any:
        return heappop(self.queue)

    def _new_container(self) -> Any:
        return []


class LifoQueue(Queue):
    """A queue whose newest item is taken out first."""

    _discipline = "lifo"

    @_Hook
    def _init(self, maxsize: int) -> None:
        self.queue = []

    @_Hook
    def _qsize(self) -> int:
        return len(self.queue)

    @_Hook
    def _put(self, item: Any) -> None:
        self.queue.append(item)

    @_Hook
    def _get(self) -> Any:
        return self.queue.pop()

    def _new_container(self) -> Any:
        return []


if not hasattr(_stdlib.Queue, "shutdown"):
    # To be shut down is ours then; an attribute of that name is whatever a program
    # means by it.

    class _OwnAttribute:
        def __get__(self, one: Any, owner: type | None = None) -> Any:
            if one is None:
                return self
            try:
                return one.__dict__["is_shutdown"]
            except KeyError:
                told: Any = _ropewalk.queue.QueueEngine.is_shutdown
                return told.__get__(one)

        def __set__(self, one: Any, value: Any) -> None:
            one.__dict__["is_shutdown"] = value

    Queue.is_shutdown = _OwnAttribute()  # type: ignore[assignment]

_PLAIN = frozenset((Queue, PriorityQueue, LifoQueue))
for _cls in _PLAIN:
    _cls.__module__ = "ropewalk.queue"
_methods.give_faces(Queue, _ropewalk.queue.QueueEngine, _ropewalk.queue.quick_methods())
_states.give_state(Queue, _states.look_at_queue, _states.restore_queue)


def known_ones() -> tuple[type, ...]:
    """Return the three if they can stand where the standard library's do, or none."""
    ours = (Queue, LifoQueue, PriorityQueue)
    theirs = (_stdlib.Queue, _stdlib.LifoQueue, _stdlib.PriorityQueue)
    known = are_known(
        {
            f"queue.{one.__name__}": (one, other)
            for one, other in zip(ours, theirs, strict=True)
        }
    )
    return ours if known else ()
