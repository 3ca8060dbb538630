"""What takes the place of names in ``asyncio.locks``.

Promise: taking, waiting and giving back are the engine's work; ``_waiters``, fairness
and cancellation are those of the running Python. A subclass that overrides what the
engine relies on gets the standard library's own methods.
"""

from __future__ import annotations

import asyncio.locks as _stdlib

from ropewalk import _methods, _ropewalk, _states
from ropewalk._asyncio._coroutines import native_coroutine, short_cut_to
from ropewalk._asyncio._stdlib import is_known

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine
    from types import ModuleType
    from typing import Any, Literal, TypeVar

    _T = TypeVar("_T")

_native = _ropewalk.asyncio.locks

# Whether a notified task that fails lets the next one know, as since Python 3.13.
_PASSES_ON = hasattr(_stdlib.Condition, "_notify")


def _plain(cls: Any, base: Any, *names: str) -> bool:
    """Whether `cls` has the methods of `base` under these names."""
    return all(getattr(cls, name, None) is getattr(base, name, None) for name in names)


def _wakes_next() -> Any:
    """What the method returns that wakes the next one, when there is none."""
    wake = getattr(_stdlib.Semaphore(), "_wake_up_next", None)
    return None if wake is None else wake()


class Lock(_native.LockEngine, _stdlib.Lock):
    """A mutual exclusion lock for tasks.

    Who waits gets it in the order of asking. It belongs to no task: any may release it.
    """

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        cls._plain = _plain(
            cls, Lock, "acquire", "release", "_wake_up_first", "_get_loop"
        )

    @short_cut_to(_native.LockEngine._quick_acquire)
    def acquire(self) -> Coroutine[Any, Any, Literal[True]]:
        """Take the lock, waiting until it is free, and return True."""
        return self._acquire()

    @short_cut_to(_native.LockEngine._quick_enter)
    def __aenter__(self) -> Coroutine[Any, Any, None]:
        return self._enter()

    @short_cut_to(_native.LockEngine._quick_exit)
    def __aexit__(self, exc_type: Any, exc: Any, tb: Any) -> Coroutine[Any, Any, None]:
        return self._exit(exc_type, exc, tb)

    _acquire_slowly = _stdlib.Lock.acquire
    _release_slowly = _stdlib.Lock.release


class Event(_native.EventEngine, _stdlib.Event):
    """A flag that tasks can wait for.

    It is not set at first.
    """

    def __init__(self) -> None:
        self._waiters: Any = None  # The engine makes a deque when somebody looks.
        self._value = False

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        cls._plain = _plain(cls, Event, "_get_loop")

    @short_cut_to(_native.EventEngine._quick_wait)
    def wait(self) -> Coroutine[Any, Any, Literal[True]]:
        """Wait until the event is set, and return True."""
        return self._wait()

    _wait_slowly = _stdlib.Event.wait


class Condition(_stdlib.Condition):
    """A condition that tasks wait for, and a lock around what it is about.

    Without `lock`, it makes one of its own.
    """

    def __init__(self, lock: Any = None) -> None:
        super().__init__(_new_lock() if lock is None else lock)

    @native_coroutine
    def wait(self) -> Coroutine[Any, Any, Literal[True]]:
        """Let go of the lock, wait to be notified, take the lock again, return True.

        It may return without a notification: ask again for what was waited for.
        """
        return _native.condition_wait(self, _PASSES_ON)

    @native_coroutine
    def wait_for(self, predicate: Callable[[], _T]) -> Coroutine[Any, Any, _T]:
        """Wait until `predicate` returns something true, and return that."""
        return _native.condition_wait_for(self, predicate)


class Semaphore(_native.SemaphoreEngine, _stdlib.Semaphore):
    """A number of permits that tasks take and give back.

    `value` is how many there are at first.
    """

    # Whoever leaves the line wakes as many as there are permits, as since Python 3.13,
    # where the method below says whether it woke somebody.
    _passes_on = _wakes_next() is not None

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        names = ("acquire", "release", "locked", "_wake_up_next", "_get_loop")
        cls._plain = _plain(cls, Semaphore, *names)

    @short_cut_to(_native.SemaphoreEngine._quick_acquire)
    def acquire(self) -> Coroutine[Any, Any, Literal[True]]:
        """Take a permit, waiting until there is one, and return True."""
        return self._acquire()

    @short_cut_to(_native.SemaphoreEngine._quick_enter)
    def __aenter__(self) -> Coroutine[Any, Any, None]:
        return self._enter()

    @short_cut_to(_native.SemaphoreEngine._quick_exit)
    def __aexit__(self, exc_type: Any, exc: Any, tb: Any) -> Coroutine[Any, Any, None]:
        return self._exit(exc_type, exc, tb)

    _acquire_slowly = _stdlib.Semaphore.acquire
    _release_slowly = _stdlib.Semaphore.release


class BoundedSemaphore(Semaphore, _stdlib.BoundedSemaphore):
    """A semaphore that raises ValueError when more is given back than was taken."""

    _release_slowly = _stdlib.BoundedSemaphore.release


class Barrier(_stdlib.Barrier):
    """A meeting point: `parties` tasks wait until all of them have come."""

    if TYPE_CHECKING:
        # The standard library's own, which the stubs of typeshed leave out.
        _block: Any
        _release: Any
        _wait: Any
        _exit: Any
        _count: int
        _parties: int

    def __init__(self, parties: int) -> None:
        super().__init__(parties)
        self._cond = Condition()

    async def wait(self) -> int:
        """Wait until all have come; each gets a number of its own, from 0 on.

        BrokenBarrierError is raised when the barrier is reset or broken meanwhile.
        """
        async with self._cond:
            await self._block()
            place = self._count
            try:
                self._count = place + 1
                last = place + 1 == self._parties
                await (self._release() if last else self._wait())
            finally:
                self._count -= 1
                self._exit()
        return place


_NEEDED = {
    "BoundedSemaphore": ("asyncio.Semaphore",),
    "Barrier": ("asyncio.Condition",),
}
OURS: dict[str, Any] = {
    cls.__name__: cls
    for cls in (Lock, Event, Condition, Semaphore, BoundedSemaphore, Barrier)
    if is_known(
        f"asyncio.{cls.__name__}",
        cls,
        getattr(_stdlib, cls.__name__),
        needs=_NEEDED.get(cls.__name__, ()),
    )
}
_new_lock: Any = OURS.get("Lock", _stdlib.Lock)
for _cls in OURS.values():
    _cls.__module__ = "ropewalk.asyncio"
_QUICK = {
    "LockEngine.release": _native.LockEngine._quick_release,
    "SemaphoreEngine.release": _native.SemaphoreEngine._quick_release,
    "EventEngine.set": _native.EventEngine._quick_set,
    "EventEngine.clear": _native.EventEngine._quick_clear,
}
for _cls, _engine in (
    (Lock, _native.LockEngine),
    (Event, _native.EventEngine),
    (Semaphore, _native.SemaphoreEngine),
):
    _methods.give_faces(_cls, _engine, _QUICK)
for _cls in (Lock, Event, Semaphore, BoundedSemaphore):
    _states.give_state_of(_cls, getattr(_stdlib, _cls.__name__)())


def _put_into(module: ModuleType) -> None:
    """Make the names of ``asyncio.locks`` mean what they mean here."""
    for name, value in OURS.items():
        setattr(module, name, value)
