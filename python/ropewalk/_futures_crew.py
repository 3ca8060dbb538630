"""The workers of one executor, as threads.

Promise: nothing here refers to the executor but weakly, so that it can go while its
workers finish what is queued.
"""

from __future__ import annotations

import itertools
import threading
from concurrent.futures import _base, thread

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


class Crew:
    """How the workers of one executor are started, and who they are."""

    __slots__ = (
        "executor",
        "hired",
        "initargs",
        "initializer",
        "prefix",
        "queue",
        "threads",
        "warned",
    )

    def __init__(self, queue: Any, prefix: str, executor: Any) -> None:
        self.queue = queue
        self.prefix = prefix
        self.executor = executor
        self.hired = itertools.count().__next__
        self.threads: set[threading.Thread] = set()
        self.initializer: Any = None
        self.initargs: tuple[Any, ...] = ()
        self.warned = False

    def start_worker(self) -> None:
        """Start one more thread; the engine has counted it already."""
        worker = threading.Thread(
            name=f"{self.prefix}_{self.hired()}", target=_work, args=(self,)
        )
        worker.start()
        self.threads.add(worker)
        known: Any = thread._threads_queues
        known[worker] = self.queue


def _work(crew: Crew) -> None:
    """Be a worker."""
    if crew.initializer is not None:
        try:
            crew.initializer(*crew.initargs)
        except BaseException:
            _base.LOGGER.critical("Exception in initializer:", exc_info=True)
            _give_up(crew)
            return
    if crew.queue._work(crew):
        crew.threads.discard(threading.current_thread())


def _give_up(crew: Crew) -> None:
    """Fail everything that is queued: the initializer failed."""
    reason = "A thread initializer failed, the thread pool is not usable anymore"
    executor = crew.executor()
    if executor is not None:
        executor._broken = reason
    del executor
    for future in crew.queue._break_down():
        future.set_exception(thread.BrokenThreadPool(reason))
