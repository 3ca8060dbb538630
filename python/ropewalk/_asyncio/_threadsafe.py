"""The end of an asyncio queue that threads use.

Promise: threads and tasks share one queue, and no item and no wake-up is lost between
them. A thread waits without the interpreter, a signal's handler runs meanwhile, and
what it raises ends the wait; a task is woken by its own loop.
"""

from __future__ import annotations

from asyncio import events
from time import monotonic

from ropewalk import threading
from ropewalk._asyncio import queues

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any


class ThreadsafeEnd:
    """What ``queue.threadsafe`` is: blocking methods for threads outside the loop."""

    def __init__(self, queue: queues.Queue) -> None:
        self._queue = queue
        self._lock = threading.RLock()
        self._not_empty = threading.Condition(self._lock)
        self._not_full = threading.Condition(self._lock)
        # The engine's way in: every operation of the queue holds the lock ...
        self._acquire = self._lock.acquire
        self._release = self._lock.release
        # ... and says with it what has happened.
        self._put = self._not_empty.notify
        self._got = self._not_full.notify

    def _shut_down(self) -> None:
        self._not_empty.notify_all()
        self._not_full.notify_all()

    def put(self, item: Any, timeout: float | None = None) -> None:
        """Put an item into the queue.

        Blocking: waits while the queue is full, without an end or at most `timeout`
        seconds, after which QueueFull is raised. QueueShutDown is raised when the queue
        is shut down.
        """
        with self._lock:
            self._wait(self._not_full, self._queue.full, timeout)
            self._queue.put_nowait(item)

    def get(self, timeout: float | None = None) -> Any:
        """Take the next item out of the queue and return it.

        Blocking: waits while the queue is empty, without an end or at most `timeout`
        seconds, after which QueueEmpty is raised. QueueShutDown is raised when the
        queue is shut down and empty.
        """
        with self._lock:
            self._wait(self._not_empty, self._queue.empty, timeout)
            return self._queue.get_nowait()

    def put_nowait(self, item: Any) -> None:
        """Put an item into the queue if there is room; else raise QueueFull."""
        with self._lock:
            self._queue.put_nowait(item)

    def get_nowait(self) -> Any:
        """Take the next item if there is one; else raise QueueEmpty."""
        with self._lock:
            return self._queue.get_nowait()

    def _wait(
        self,
        changed: threading.Condition,
        blocked: Callable[[], bool],
        timeout: float | None,
    ) -> None:
        """Return when there is nothing to wait for any more, or the time is over."""
        if timeout is not None and timeout < 0:
            raise ValueError("'timeout' must be a non-negative number")
        end = None if timeout is None else monotonic() + timeout
        while blocked() and not self._queue._is_shutdown:
            left = None if end is None else end - monotonic()
            if left is not None and left <= 0:
                return
            self._refuse_to_block_the_loop()
            try:
                changed.wait(left)
            except BaseException:
                # Perhaps it was this thread that was told; then another one has to be.
                changed.notify()
                raise

    def _refuse_to_block_the_loop(self) -> None:
        if events._get_running_loop() is not None:
            raise RuntimeError(
                "a blocking method of queue.threadsafe was called in a running event "
                "loop: await the queue's own method there"
            )
