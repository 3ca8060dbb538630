"""What the engine leaves to Python because it is rare.

Promise: messages and loggers are the standard library's.
"""

from __future__ import annotations

import warnings
from concurrent.futures import _base

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, NoReturn

_COMPLETE = frozenset(("CANCELLED_AND_NOTIFIED", "FINISHED"))


def work_item(future: Any, fn: Any, args: Any, kwargs: Any) -> Any:
    """Return a call that was taken out of the queue, as programs see it there."""
    from concurrent.futures import thread

    item: Any = thread._WorkItem
    if _has_contexts():
        # As `WorkerContext.prepare` resolves a task.
        return item(future, (fn, args, kwargs))
    return item(future, fn, args, kwargs)


def parts_of(item: Any) -> tuple[Any, ...]:
    """Return function, arguments and keywords of what is put into the queue."""
    if _has_contexts():
        return tuple(item.task)
    return item.fn, item.args, item.kwargs


def _has_contexts() -> bool:
    """Return whether workers run calls in a context (from Python 3.14 on)."""
    from concurrent.futures import thread

    return hasattr(thread, "WorkerContext")


class _Context:
    def run(self, errors: list[BaseException]) -> None:
        raise errors.pop()


def run(errors: list[BaseException]) -> None:
    """Give an exception out of a built-in function the traceback of a worker."""
    try:
        if _has_contexts():
            _Context().run(errors)
        raise errors.pop()
    except BaseException:
        return


def raise_it(error: Any) -> NoReturn:
    """Raise what may be no exception at all."""
    raise error


def log_callback(future: Any, error: BaseException) -> None:
    """Log what a callback raised."""
    _base.LOGGER.error("exception calling callback for %r", future, exc_info=error)


def log_unexpected(future: Any, state: str) -> None:
    """Log that work began on a future in the wrong state."""
    _base.LOGGER.critical("Future %s in unexpected state: %s", id(future), state)


def log_worker(error: BaseException) -> None:
    """Log what went wrong in a worker, outside of its tasks."""
    _base.LOGGER.critical("Exception in worker", exc_info=error)


def warn_starving(crew: Any, place: str) -> None:
    """Warn, once for each executor, that its workers wait for each other."""
    if crew.warned:
        return
    crew.warned = True
    warnings.warn(
        f"every worker of {crew.prefix} waits for futures that are still in its own "
        f"queue (here: {place}); a spare worker runs them. Give the executor more "
        "workers, or the inner tasks an executor of their own",
        RuntimeWarning,
        stacklevel=2,
    )


# Futures that the engine does not keep: the standard library's, those that somebody
# looked into, and whatever else looks like one.


def look_at(future: Any) -> tuple[bool, bool]:
    """Return whether a future is complete, and whether it failed."""
    with future._condition:
        state = future._state
        failed = state == _base.FINISHED and future._exception is not None
        return state in _COMPLETE, failed


def watch(future: Any, report: Any) -> None:
    """Have `report` told when `future` is complete; at once, if it is."""
    with future._condition:
        if future._state not in _COMPLETE:
            future._waiters.append(report)
            return
        failed = future._state == _base.FINISHED and future._exception is not None
    if failed:
        report.add_exception(future)
    else:
        report.add_result(future)


def unwatch(future: Any, report: Any) -> None:
    """Take back watch()."""
    with future._condition:
        if report in future._waiters:
            future._waiters.remove(report)


def forget_reports(future: Any, gate: int) -> None:
    """Take back the engine's watching of a future that was looked into since."""
    with future._condition:
        waiters = future._waiters
        waiters[:] = [one for one in waiters if getattr(one, "_gate", None) != gate]
