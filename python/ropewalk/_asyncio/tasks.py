"""What takes the place of names in ``asyncio.tasks``.

Promise: gather, shield, sleep, wait and wait_for are the running Python's in all that
can be seen of them; everything else of that module is the standard library's own.
"""

from __future__ import annotations

import asyncio.events as _events
import asyncio.tasks as _stdlib

from ropewalk import _ropewalk
from ropewalk._asyncio import timeouts as _timeouts
from ropewalk._asyncio._coroutines import native_coroutine, short_cut_to
from ropewalk._asyncio._stdlib import TASKS, is_known

TYPE_CHECKING = False
if TYPE_CHECKING:
    from asyncio import AbstractEventLoop, Future
    from collections.abc import Callable, Coroutine, Iterable
    from types import ModuleType
    from typing import Any

_native = _ropewalk.asyncio.waiting

_stock_sleep = _stdlib.sleep
_stock_wait = _stdlib.wait
_stock_wait_for = _stdlib.wait_for

# A loop for those who have none; on 3.11 with a warning that names the caller's line.
_get_event_loop: Callable[[], AbstractEventLoop] = getattr(
    _events, "_get_event_loop", _events.get_event_loop
)


def gather(
    *coros_or_futures: Any, return_exceptions: bool = False
) -> Future[list[Any]]:
    """Return a future that stands for all the given coroutines and futures.

    Its result is the list of their results, in the order in which they were given. All
    must belong to one event loop; of a coroutine a task is made.

    The first exception of one becomes the future's, and the others go on; with
    `return_exceptions` exceptions stand among the results instead. To cancel the future
    cancels all that are not done yet. One of them being cancelled counts as its having
    raised CancelledError; the others are not cancelled for that.
    """
    if coros_or_futures:
        return _native.gather(coros_or_futures, return_exceptions)
    outer = _get_event_loop().create_future()
    outer.set_result([])
    return outer


@short_cut_to(_native.quick_sleep(), 1)
def sleep(delay: float, result: Any = None) -> Coroutine[Any, Any, Any]:
    """Wait for `delay` seconds, then return `result`."""
    return _native.sleep(delay, result)


@native_coroutine
def wait(
    fs: Iterable[Future[Any]],
    *,
    timeout: float | None = None,
    return_when: str = _stdlib.ALL_COMPLETED,
) -> Coroutine[Any, Any, tuple[set[Future[Any]], set[Future[Any]]]]:
    """Wait for futures or tasks, at least one; return two sets: done, and pending.

    `return_when` says what is waited for: ALL_COMPLETED, FIRST_COMPLETED, or
    FIRST_EXCEPTION. If `timeout` seconds are over first, that is no error, and nothing
    is cancelled.
    """
    return _native.wait(_stock_wait, fs, timeout, return_when)


# Where the standard library's is made of a time-out, so is ours.
if TYPE_CHECKING or hasattr(_stdlib, "timeouts"):

    @native_coroutine
    def wait_for(fut: Any, timeout: float | None) -> Coroutine[Any, Any, Any]:
        """Wait for a future or a coroutine, at most `timeout` seconds.

        Return its result. If the time is over first, or the waiting task is cancelled,
        it is cancelled too; the former raises TimeoutError. To keep it from being
        cancelled put it into shield(). What does not let itself be cancelled and
        returns a value after all has its value returned.
        """
        return _native.wait_for(_stock_wait_for, _timeouts.Timeout, fut, timeout)
else:

    @native_coroutine
    def wait_for(fut: Any, timeout: float | None) -> Coroutine[Any, Any, Any]:
        """Wait for a future, or a coroutine of which a task is made, with a time limit.

        Return its result. If `timeout` seconds are over first, or the waiting task is
        cancelled, it is cancelled too; the former raises TimeoutError. To keep it from
        being cancelled put it into shield().
        """
        return _native.wait_for_task(_stock_wait_for, _late, fut, timeout)

    async def _late(
        fut: Future[Any],
        release: Any,
        loop: AbstractEventLoop,
        cancelled: BaseException | None,
    ) -> Any:
        """End a wait_for whose time is over or that was cancelled, `fut` not done."""
        fut.remove_done_callback(release)
        # Whoever waited may rely on it that the task does not run any more.
        end = _stdlib._cancel_and_wait(fut, loop=loop)  # type: ignore[attr-defined]
        if cancelled is not None:
            try:
                raise cancelled
            except BaseException:
                await end
                raise
            finally:
                # What it carries from here on leads to this frame: no cycle.
                del cancelled
        await end
        try:
            return fut.result()
        except _stdlib.exceptions.CancelledError as error:  # type: ignore[attr-defined]
            raise TimeoutError from error


def shield(arg: Any) -> Future[Any]:
    """Return a future for another one, or for the task made of a coroutine.

    It ends as that does. To cancel it, or who awaits it, does not cancel the other.
    Keep a reference to a task that is shielded: the loop has weak ones only.
    """
    shielded: Future[Any] = _native.shield(arg)
    return shielded


_NEEDED = {"wait_for": (TASKS, "asyncio.Timeout")}
OURS: dict[str, Any] = {
    function.__name__: function
    for function in (gather, shield, sleep, wait, wait_for)
    if is_known(
        f"asyncio.{function.__name__}",
        needs=_NEEDED.get(function.__name__, (TASKS,)),
    )
}


def _put_into(module: ModuleType) -> None:
    """Make the names of ``asyncio.tasks`` mean what they mean here."""
    for name, value in OURS.items():
        setattr(module, name, value)
