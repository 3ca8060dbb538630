"""The inside of a queue that somebody looks into.

Promise: one mutex guards the container and the counts, and three conditions over it say
what changed, so that a program (or a subclass) which takes ``queue.mutex`` and works on
``queue.queue`` itself sees and does what it would with the standard library's queue.
"""

from __future__ import annotations

import queue as _stdlib
import threading
from time import monotonic
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from ropewalk._queue_classes import Queue

Empty = _stdlib.Empty
Full = _stdlib.Full

if TYPE_CHECKING or not hasattr(_stdlib, "ShutDown"):

    class ShutDown(Exception):
        """Raised by put() and get() on a queue that was shut down."""

    ShutDown.__module__ = "ropewalk.queue"
else:
    ShutDown = _stdlib.ShutDown


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

    def put(self, owner: Queue, item: Any, block: bool, timeout: float | None) -> None:
        with self.not_full:
            if self.is_shutdown:
                raise ShutDown
            if 0 < owner.maxsize <= owner._qsize():
                self._wait_for_room(owner, block, timeout)
            owner._put(item)
            self.unfinished_tasks += 1
            self.not_empty.notify()

    def _wait_for_room(self, owner: Queue, block: bool, timeout: float | None) -> None:
        def is_full() -> bool:
            if self.is_shutdown:
                raise ShutDown
            return bool(0 < owner.maxsize <= owner._qsize())

        _wait_while(is_full, self.not_full, block, timeout, Full)

    def get(self, owner: Queue, block: bool, timeout: float | None) -> Any:
        with self.not_empty:
            if not owner._qsize():
                self._wait_for_item(owner, block, timeout)
            item = owner._get()
            self.not_full.notify()
            return item

    def _wait_for_item(self, owner: Queue, block: bool, timeout: float | None) -> None:
        def is_empty() -> bool:
            if owner._qsize():
                return False
            if self.is_shutdown:
                raise ShutDown
            return True

        if self.is_shutdown:
            raise ShutDown
        _wait_while(is_empty, self.not_empty, block, timeout, Empty)

    def put_many(
        self, owner: Queue, items: Iterable[Any], block: bool, timeout: float | None
    ) -> None:
        end = None if timeout is None else monotonic() + timeout
        rest = list(items)
        rest.reverse()
        try:
            while rest:
                left = None if end is None else max(end - monotonic(), 0.0)
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
            if not owner._qsize():
                self._wait_for_item(owner, block, timeout)
            items = []
            while owner._qsize() and (max_items is None or len(items) < max_items):
                items.append(owner._get())
                self.not_full.notify()
            return items

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


def _wait_while(
    refused: Callable[[], bool],
    condition: threading.Condition,
    block: bool,
    timeout: float | None,
    too_late: type[Exception],
) -> None:
    """Wait on `condition` while `refused()`, which may raise to end the wait.

    It was true a moment ago.
    """
    if not block:
        raise too_late
    if timeout is None:
        condition.wait()
        while refused():
            condition.wait()
        return
    end = monotonic() + timeout
    left = timeout
    while left > 0.0:
        condition.wait(left)
        if not refused():
            return
        left = end - monotonic()
    raise too_late
