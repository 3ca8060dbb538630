"""The inside of a queue that somebody looks into.

Promise: one mutex guards the container and the counts, and three conditions over it say
what changed, so that a program (or a subclass) which takes ``queue.mutex`` and works on
``queue.queue`` itself sees and does what it would with the standard library's queue.
"""

from __future__ import annotations

import queue as _stdlib
import threading
from math import inf

from ropewalk import _queue_simple

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any

    from ropewalk._queue_classes import Queue

Empty = _queue_simple.Empty
Full = _stdlib.Full

if TYPE_CHECKING or not hasattr(_stdlib, "ShutDown"):

    class ShutDown(Exception):
        """Raised by put() and get() on a queue that was shut down."""

    ShutDown.__module__ = "ropewalk.queue"
else:
    ShutDown = _stdlib.ShutDown


def _time() -> float:
    """Ask the clock of the module ``queue``, which programs replace in their tests."""
    now: float = _stdlib.time()  # type: ignore[attr-defined]
    return now


class Inside:
    """Mutex, conditions, container and counts of one queue."""

    def __init__(self, container: Any) -> None:
        self.queue = container
        self.mutex = threading.Lock()
        self.not_empty = threading.Condition(self.mutex)
        self.not_full = threading.Condition(self.mutex)
        self.all_tasks_done = threading.Condition(self.mutex)
        self.unfinished_tasks = 0
        self.is_shutdown = False

    def put(self, owner: Queue, item: Any, block: Any, timeout: Any) -> None:
        with self.not_full:
            if self.is_shutdown:
                raise ShutDown
            if owner.maxsize > 0:
                end = _end_of_wait(block, timeout)
                while owner._qsize() >= owner.maxsize:
                    _wait(self.not_full, end, Full)
                    if self.is_shutdown:
                        raise ShutDown
            owner._put(item)
            self.unfinished_tasks += 1
            self.not_empty.notify()

    def get(self, owner: Queue, block: Any, timeout: Any) -> Any:
        with self.not_empty:
            self._wait_for_item(owner, block, timeout)
            item = owner._get()
            self.not_full.notify()
            return item

    def _wait_for_item(self, owner: Queue, block: Any, timeout: Any) -> None:
        if self.is_shutdown and not owner._qsize():
            raise ShutDown
        end = _end_of_wait(block, timeout)
        while not owner._qsize():
            _wait(self.not_empty, end, Empty)
            if self.is_shutdown and not owner._qsize():
                raise ShutDown

    def put_many(
        self, owner: Queue, items: Iterable[Any], block: bool, timeout: float | None
    ) -> None:
        end = None if timeout is None else _time() + timeout
        rest = list(items)
        rest.reverse()
        try:
            while rest:
                left = None if end is None else max(end - _time(), 0.0)
                self.put(owner, rest[-1], block, left)
                rest.pop()
        except BaseException as error:
            rest.reverse()
            error.remaining = tuple(rest)  # type: ignore[attr-defined]
            raise

    def get_many(
        self, owner: Queue, max_items: int | None, block: bool, timeout: float | None
    ) -> list[Any]:
        with self.not_empty:
            self._wait_for_item(owner, block, timeout)
            items: list[Any] = []
            while owner._qsize() and (max_items is None or len(items) < max_items):
                items.append(owner._get())
                self.not_full.notify()
            return items

    def qsize(self, owner: Queue) -> int:
        with self.mutex:
            size: int = owner._qsize()
            return size

    def full(self, owner: Queue) -> bool:
        with self.mutex:
            return bool(0 < owner.maxsize <= owner._qsize())

    def task_done(self) -> None:
        with self.all_tasks_done:
            left = self.unfinished_tasks - 1
            if left < 0:
                raise ValueError("task_done() called too many times")
            self.unfinished_tasks = left
            if left == 0:
                self.all_tasks_done.notify_all()

    def join(self) -> None:
        with self.all_tasks_done:
            while self.unfinished_tasks:
                self.all_tasks_done.wait()

    def shutdown(self, owner: Queue, immediate: bool) -> None:
        with self.mutex:
            self.is_shutdown = True
            if immediate:
                while owner._qsize():
                    owner._get()
                    self.unfinished_tasks = max(self.unfinished_tasks - 1, 0)
                self.all_tasks_done.notify_all()
            self.not_empty.notify_all()
            self.not_full.notify_all()


def _end_of_wait(block: Any, timeout: Any) -> float | None:
    """Return when a wait ends: None for never, minus infinity for at once."""
    if not block:
        return -inf
    if timeout is None:
        return None
    if timeout < 0:
        raise ValueError("'timeout' must be a non-negative number")
    return _time() + timeout  # type: ignore[no-any-return]


def _wait(
    condition: threading.Condition, end: float | None, too_late: type[Exception]
) -> None:
    if end is None:
        condition.wait()
        return
    left = end - _time()
    if left <= 0.0:
        raise too_late
    condition.wait(left)
