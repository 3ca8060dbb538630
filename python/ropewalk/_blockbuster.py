"""blockbuster finds calls that block an event loop: those of ours, too.

Promise: where it patches the standard library's lock, in which every wait of
``threading``, ``queue`` and ``concurrent.futures`` ends, the waits of ours are patched
with it and left alone with it, and what they say is the same.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import ModuleType
    from typing import Any

    Waits = Callable[..., bool]

# Where ours wait for a thread to begin, as `start` of threading.py does.
_STARTS = ("ropewalk/_threading_thread.py", {"start", "start_thread"})


def watch(module: ModuleType, _step_aside: object) -> None:
    """blockbuster was executed: its function for locks is one for ours as well."""
    blockbuster: Any = module
    find = blockbuster._get_lock_wrapped_functions

    class Locks(blockbuster.BlockBusterFunction):  # type: ignore[misc]
        """The function for the standard library's lock, and with it those of ours."""

        def __init__(self, theirs: Any, ours: list[Any]) -> None:
            self.__dict__.update(vars(theirs))
            self._ours = ours

        def activate(self) -> Any:
            for function in (super(), *self._ours):
                function.activate()
            return self

        def deactivate(self) -> Any:
            for function in (super(), *self._ours):
                function.deactivate()
            return self

    def with_ours(modules: Any = None, excluded_modules: Any = None) -> Any:
        functions = find(modules, excluded_modules)
        theirs = functions["threading.Lock.acquire"]
        theirs.can_block_functions.append(_STARTS)
        ours = []
        for cls, name, waits in _waits():
            function = blockbuster.BlockBusterFunction(
                cls,
                name,
                scanned_modules=modules,
                excluded_modules=excluded_modules,
                can_block_functions=theirs.can_block_functions,
                can_block_predicate=_never(waits),
            )
            function.full_name = theirs.full_name
            ours.append(function)
        functions["threading.Lock.acquire"] = Locks(theirs, ours)
        return functions

    blockbuster._get_lock_wrapped_functions = with_ours


def _waits() -> Iterator[tuple[Any, str, Waits]]:
    """Each method that waits, and whether it would with these arguments."""
    from ropewalk import _futures_base, _queue_classes, _ropewalk, _threading_classes

    threads = _threading_classes
    yield type(threads.Lock()), "acquire", _for_lock
    yield threads.Condition, "wait", _for_notification
    yield threads.Event, "wait", _for_event
    yield threads.Semaphore, "acquire", _for_permit
    yield threads.Barrier, "wait", _for_parties
    yield _queue_classes.Queue, "get", _for_item
    yield _queue_classes.Queue, "put", _for_room
    yield _queue_classes.Queue, "join", _for_tasks
    yield _futures_base.Future, "result", _for_result
    yield _futures_base.Future, "exception", _for_result
    yield _ropewalk.futures.Watch, "wait", _for_futures


def _never(waits: Waits) -> Waits:
    """blockbuster asks whether a call may go on; a wrong call may, to its error."""

    def may_go_on(*arguments: Any, **options: Any) -> bool:
        try:
            return not waits(*arguments, **options)
        except (TypeError, AttributeError):
            return True

    return may_go_on


def _takes_time(timeout: Any) -> bool:
    return timeout is None or timeout > 0


def _for_lock(lock: Any, blocking: Any = True, timeout: float = -1) -> bool:
    return bool(blocking) and timeout != 0 and lock.locked()


def _for_notification(condition: Any, timeout: Any = None) -> bool:
    return condition._is_owned() and _takes_time(timeout)


def _for_event(event: Any, timeout: Any = None) -> bool:
    return not event.is_set() and _takes_time(timeout)


def _for_permit(semaphore: Any, blocking: Any = True, timeout: Any = None) -> bool:
    return bool(blocking) and semaphore._value <= 0 and _takes_time(timeout)


def _for_parties(barrier: Any, timeout: Any = None) -> bool:
    missing = barrier.parties - barrier.n_waiting
    return not barrier.broken and missing > 1 and _takes_time(timeout)


def _for_item(queue: Any, block: Any = True, timeout: Any = None) -> bool:
    return bool(block) and queue.empty() and _takes_time(timeout)


def _for_room(queue: Any, item: Any, block: Any = True, timeout: Any = None) -> bool:
    return bool(block) and queue.full() and _takes_time(timeout)


def _for_tasks(queue: Any) -> bool:
    return bool(queue.unfinished_tasks)


def _for_result(future: Any, timeout: Any = None) -> bool:
    return not future.done() and _takes_time(timeout)


def _for_futures(futures: Any, until: str, timeout: Any = None) -> bool:
    # Called for those that are not done, and only if they have to be waited for.
    return _takes_time(timeout)
