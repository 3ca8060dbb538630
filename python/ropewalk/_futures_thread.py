"""ThreadPoolExecutor, and one with priorities.

Promise: submitting to workers that exist never leaves the engine. What programs reach
for by name is here; a subclass that overrides how workers are started, or a program
that puts in another work queue, gets the standard library's own machinery.
"""

from __future__ import annotations

import itertools
import os
import queue
import sys
import threading
import weakref
from collections import deque
from concurrent.futures import _base
from concurrent.futures import thread as _stdlib
from math import ceil
from time import monotonic

from ropewalk import _methods, _ropewalk
from ropewalk._futures_crew import Crew
from ropewalk._futures_stats import ExecutorStats, Times
from ropewalk._stdlib import is_known

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from types import ModuleType
    from typing import Any, NoReturn

_engine = _ropewalk.futures

__all__ = ["BrokenThreadPool", "PriorityThreadPoolExecutor", "ThreadPoolExecutor"]

BrokenThreadPool = _stdlib.BrokenThreadPool

# The standard library's class, also when ours has taken its place already.
_Model: Any = next(
    cls
    for cls in _stdlib.ThreadPoolExecutor.__mro__
    if not issubclass(cls, _engine.ThreadPool)
)

# Whoever overrides one of these wants to start workers in another way.
_HOOKS = ("_adjust_thread_count", "_initializer_failed", "prepare_context")


def _defined(cls: type, name: str) -> object:
    """Return what a class or the first of its bases that has it defines."""
    return next((c.__dict__[name] for c in cls.__mro__ if name in c.__dict__), None)


def _whole(limit: Any) -> int:
    """Return how many workers there can be below a limit that may be any number."""
    return ceil(limit) if limit < sys.maxsize else sys.maxsize


class _Part:
    """An attribute that the engine answers for, unless the machinery is stock."""

    def __init__(
        self,
        look: Callable[[Any], Any],
        replace: Callable[[Any, Any], None] | None = None,
    ) -> None:
        self._look = look
        self._replace = replace
        self.__doc__ = look.__doc__

    def __set_name__(self, owner: type, name: str) -> None:
        self._name = name

    def __get__(self, executor: Any, owner: type | None = None) -> Any:
        if executor is None:
            return self
        if executor._is_stock:
            return executor.__dict__[self._name]
        return self._look(executor)

    def __set__(self, executor: Any, value: Any) -> None:
        if not executor._is_stock:
            if self._replace is not None:
                self._replace(executor, value)
                return
            executor._use_stock()
        executor.__dict__[self._name] = value


class ThreadPoolExecutor(_engine.ThreadPool, _Model):  # type: ignore[misc]
    """Calls functions in a few threads that it keeps for that."""

    _is_stock = False
    _counter = itertools.count().__next__

    def __init__(
        self,
        max_workers: int | None = None,
        thread_name_prefix: str = "",
        initializer: Callable[..., object] | None = None,
        initargs: tuple[Any, ...] = (),
        *,
        max_pending: int | None = None,
        when_full: str = "block",
        propagate_context: bool = False,
        **ctxkwargs: Any,
    ) -> None:
        """Make an executor of at most `max_workers` threads, none of them started.

        Each thread calls `initializer(*initargs)` first. With `max_pending`, so many
        calls may wait: then submit() waits too, or raises queue.Full if `when_full`
        is "raise". With `propagate_context` a call sees the context variables of
        whoever submitted it.
        """
        if max_workers is None:
            count = getattr(os, "process_cpu_count", os.cpu_count)()
            max_workers = min(32, (count or 1) + 4)
        if max_workers <= 0:
            raise ValueError("max_workers must be greater than 0")
        if initializer is not None and not callable(initializer):
            raise TypeError("initializer must be a callable")
        if max_pending is not None and max_pending < 1:
            raise ValueError("max_pending must be greater than 0")
        if when_full not in ("block", "raise"):
            raise ValueError("when_full must be 'block' or 'raise'")
        self._initializer = initializer
        self._initargs = initargs
        self._thread_name_prefix = (
            thread_name_prefix or f"ThreadPoolExecutor-{self._counter()}"
        )
        self._broken = False
        self._shutdown_lock = threading.Lock()
        self._asked_for = max_workers
        self._queue = self._begin(
            _whole(max_workers),
            self._by_priority,
            propagate_context,
            max_pending,
            when_full == "raise",
        )
        self._crew = Crew(self._queue, self._thread_name_prefix, weakref.ref(self))
        if ctxkwargs or (type(self) is not ThreadPoolExecutor and self._has_hooks()):
            self._use_stock(**ctxkwargs)

    _by_priority = False

    def _has_hooks(self) -> bool:
        cls = type(self)
        return any(_defined(cls, hook) is not _defined(_Model, hook) for hook in _HOOKS)

    def _use_stock(self, **more: Any) -> None:
        """Become what the standard library's executor is, before the first call."""
        if self._crew.threads:
            raise RuntimeError("this can only be changed before the first submit()")
        limit = self._asked_for
        self._is_stock = True
        self._be_stock()
        _Model.__init__(
            self,
            limit,
            self._thread_name_prefix,
            self._initializer,
            self._initargs,
            **more,
        )

    def _submit_stock(
        self, fn: Callable[..., Any], args: Any, kwargs: dict[str, Any] | None
    ) -> Any:
        return _Model.submit(self, fn, *args, **(kwargs or {}))

    def _set_limit(self, limit: Any) -> None:
        self._queue._set_limit(_whole(limit))
        self._asked_for = limit

    def _set_shutdown(self, value: bool) -> None:
        if value:
            self._queue._shut_down(False)

    _work_queue = _Part(lambda self: self._queue)
    _threads = _Part(lambda self: self._crew.threads)
    _max_workers = _Part(lambda self: self._asked_for, _set_limit)
    _shutdown = _Part(lambda self: self._queue._is_shut_down(), _set_shutdown)
    if hasattr(_Model, "prepare_context"):

        def _prepared(self) -> Any:
            return type(self).prepare_context(self._initializer, self._initargs)

        _create_worker_context = _Part(lambda self: self._prepared()[0])
        _resolve_work_item_task = _Part(lambda self: self._prepared()[1])

    _idle_semaphore = _Part(lambda self: threading.Semaphore(self._queue._idle()))

    def _hire(self, post: Callable[[], bool]) -> None:
        """Put a call into the queue and start a worker for it, if none is idle."""
        with self._shutdown_lock, _stdlib._global_shutdown_lock:
            if _stdlib._shutdown:
                self._refuse("shut down")
            if not post():
                return
            crew = self._crew
            crew.initializer = self._initializer
            crew.initargs = self._initargs
            crew.prefix = self._thread_name_prefix or str(self)
            try:
                crew.start_worker()
            except BaseException:
                self._queue._one_less()
                raise

    def _refuse(self, why: str) -> NoReturn:
        if why == "broken":
            raise BrokenThreadPool(self._broken)
        if why == "full":
            raise queue.Full
        if why == "forked":
            raise RuntimeError(
                "this ThreadPoolExecutor belongs to the parent process, whose threads "
                "do not exist in a forked child: make a new executor here"
            )
        when = "shutdown" if self._shutdown else "interpreter shutdown"
        raise RuntimeError(f"cannot schedule new futures after {when}")

    def map(
        self,
        fn: Callable[..., Any],
        *iterables: Iterable[Any],
        timeout: float | None = None,
        chunksize: int = 1,
        buffersize: int | None = None,
    ) -> Iterator[Any]:
        """Return an iterator over the results of fn, called as map() would call it.

        All calls are submitted at once; with `buffersize`, so many at first and then
        one for each result taken. TimeoutError is raised when a result is not there
        `timeout` seconds after this call. `chunksize` means nothing to threads.
        """
        calls = zip(*iterables)  # noqa: B905
        if buffersize is not None:
            if not isinstance(buffersize, int):
                raise TypeError("buffersize must be an integer or None")
            if buffersize < 1:
                raise ValueError("buffersize must be None or > 0")
            end = None if timeout is None else timeout + monotonic()
            first = deque(
                self.submit(fn, *args) for args in itertools.islice(calls, buffersize)
            )
            return _buffered(weakref.ref(self), fn, first, calls, end)
        if self._submits_plainly():
            futures = self._submit_all(fn, calls)
        else:
            futures = [self.submit(fn, *args) for args in calls]
        return _all(_engine.Results(futures, timeout))

    def _submits_plainly(self) -> bool:
        return (
            type(self).submit is _PLAIN_SUBMIT
            and "submit" not in self.__dict__
            and not self._is_stock
        )

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """Take no more calls; wait until the threads have ended, unless told not to.

        Calls that are queued are still made, or with `cancel_futures` cancelled.
        """
        if self._is_stock:
            _Model.shutdown(self, wait, cancel_futures=cancel_futures)
            return
        with self._shutdown_lock:
            cancelled = self._queue._shut_down(cancel_futures)
        for future in cancelled:
            future.cancel()
        if wait:
            for worker in list(self._threads):
                worker.join()

    def stats(self) -> ExecutorStats:
        """Return how much is queued, running and done, and how long that takes.

        Times are those of the first calls and of one in sixteen of the later ones.
        """
        numbers, waits, runs = self._count()
        return ExecutorStats(
            *numbers,
            wait=None if waits is None else Times(*waits),
            run=None if runs is None else Times(*runs),
        )


class PriorityThreadPoolExecutor(ThreadPoolExecutor):
    """Calls what has the lowest priority number first; equals in their order."""

    _by_priority = True

    def submit(
        self, fn: Callable[..., Any], /, *args: Any, priority: int = 0, **kwargs: Any
    ) -> Any:
        """Have `fn(*args, **kwargs)` called; lower numbers go first."""
        return self._submit_at(priority, fn, args, kwargs or None)


_result_or_cancel: Any = vars(_base).get("_result_or_cancel")
_methods.give_faces(ThreadPoolExecutor, _engine.ThreadPool, {})
_PLAIN_SUBMIT = ThreadPoolExecutor.submit


def _all(results: Any) -> Iterator[Any]:
    try:
        yield from results
    finally:
        results.cancel_rest()


def _buffered(
    executor: weakref.ref[Any],
    fn: Callable[..., Any],
    futures: deque[Any],
    calls: Iterator[tuple[Any, ...]],
    end: float | None,
) -> Iterator[Any]:
    try:
        while futures:
            if (own := executor()) is not None and (args := next(calls, None)):
                futures.append(own.submit(fn, *args))
            del own
            left = None if end is None else end - monotonic()
            yield _result_or_cancel(futures.popleft(), left)
    finally:
        for future in futures:
            future.cancel()


def _name_after_place() -> None:
    ThreadPoolExecutor.__module__ = _stdlib.__name__


def known_ones() -> dict[str, Any]:
    """Return the executors, if ours can stand where the standard library's does."""
    needed = ("concurrent.futures.Future",)
    if not is_known(
        "concurrent.futures.ThreadPoolExecutor",
        ThreadPoolExecutor,
        _Model,
        needs=needed,
    ):
        return {}
    ours = (ThreadPoolExecutor, PriorityThreadPoolExecutor)
    return {cls.__name__: cls for cls in ours}


def _put_into(module: ModuleType) -> None:
    """Make the names of ``concurrent.futures.thread`` mean what they mean here."""
    if known_ones():
        _name_after_place()
        module.__dict__["ThreadPoolExecutor"] = ThreadPoolExecutor


for _cls in (ThreadPoolExecutor, PriorityThreadPoolExecutor):
    _cls.__module__ = "ropewalk.concurrent.futures"


def __getattr__(name: str) -> Any:
    """Hand on whatever else the standard library's module has."""
    return getattr(_stdlib, name)
