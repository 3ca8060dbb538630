"""The engine of asyncio's locks, events, conditions, semaphores and barriers."""

from collections.abc import Coroutine
from typing import Any

from typing_extensions import disjoint_base

@disjoint_base
class EventEngine:
    """An event for tasks; the base of `ropewalk.asyncio.Event`."""

    _plain: bool
    _quick_clear: Any
    _quick_set: Any
    _quick_wait: Any
    _value: bool
    _waiters: Any
    def __new__(cls, *_args: Any, **_kwargs: Any) -> EventEngine: ...
    def _wait(self) -> Coroutine[Any, Any, Any]: ...
    def clear(self) -> None: ...
    def is_set(self) -> bool: ...
    def set(self) -> None: ...

@disjoint_base
class LockEngine:
    """A lock for tasks; the base of `ropewalk.asyncio.Lock`."""

    _locked: bool
    _plain: bool
    _quick_acquire: Any
    _quick_enter: Any
    _quick_exit: Any
    _quick_release: Any
    _waiters: Any
    def __new__(cls, *_args: Any, **_kwargs: Any) -> LockEngine: ...
    def _acquire(self) -> Coroutine[Any, Any, Any]: ...
    def _enter(self) -> Coroutine[Any, Any, None]: ...
    def _exit(
        self, _kind: object, _error: object, _traceback: object
    ) -> Coroutine[Any, Any, None]: ...
    def locked(self) -> bool: ...
    def release(self) -> None: ...

@disjoint_base
class SemaphoreEngine:
    """Permits for tasks; the base of `ropewalk.asyncio.Semaphore`."""

    _bound_value: Any
    _passes_on: bool
    _plain: bool
    _quick_acquire: Any
    _quick_enter: Any
    _quick_exit: Any
    _quick_release: Any
    _value: Any
    _waiters: Any
    def __new__(cls, *_args: Any, **_kwargs: Any) -> SemaphoreEngine: ...
    def _acquire(self) -> Coroutine[Any, Any, Any]: ...
    def _enter(self) -> Coroutine[Any, Any, None]: ...
    def _exit(
        self, _kind: object, _error: object, _traceback: object
    ) -> Coroutine[Any, Any, None]: ...
    def release(self) -> None: ...

def condition_wait(condition: object, passes_on: bool) -> Coroutine[Any, Any, Any]: ...
def condition_wait_for(
    condition: object, predicate: object
) -> Coroutine[Any, Any, Any]: ...

__all__ = [
    "EventEngine",
    "LockEngine",
    "SemaphoreEngine",
    "condition_wait",
    "condition_wait_for",
]
