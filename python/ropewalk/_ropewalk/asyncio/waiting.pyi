"""The engine of gather, wait, time-outs and task groups."""

from asyncio import Future, Handle, Task
from collections.abc import Coroutine
from contextvars import Context
from typing import Any

from typing_extensions import disjoint_base

__all__ = [
    "TaskGroup",
    "Timeout",
    "gather",
    "quick_sleep",
    "register_quickly",
    "shield",
    "sleep",
    "timeout",
    "wait",
    "wait_for",
    "wait_for_task",
]

@disjoint_base
class TaskGroup:
    """Keeps the tasks of a group."""

    _entered: bool
    _exiting: bool
    _aborting: bool
    _loop: Any
    _tasks: set[Task[Any]]
    _errors: Any
    _on_completed_fut: Future[Any] | None
    _parent_task: Task[Any] | None
    _parent_cancel_requested: bool
    _cancel_on_enter: bool
    _base_error: BaseException | None
    def __init__(self) -> None: ...
    def __aenter__(self) -> Coroutine[Any, Any, Any]: ...
    def __aexit__(self, et: Any, exc: Any, tb: Any) -> Coroutine[Any, Any, None]: ...
    def create_task(
        self,
        coro: Coroutine[Any, Any, Any],
        *,
        name: str | None = None,
        context: Context | None = None,
    ) -> Task[Any]: ...
    def _on_task_done(self, task: Task[Any]) -> None: ...

@disjoint_base
class Timeout:
    """A time by which what is inside has to be over."""

    _state: Any
    _timeout_handler: Handle | None
    _task: Task[Any] | None
    _when: float | None
    _cancelling: int | None
    def __init__(self, when: float | None) -> None: ...
    def __aenter__(self) -> Coroutine[Any, Any, Any]: ...
    def __aexit__(
        self, exc_type: Any, exc_val: Any, exc_tb: Any
    ) -> Coroutine[Any, Any, bool | None]: ...
    def when(self) -> float | None: ...
    def reschedule(self, when: float | None) -> None: ...

def gather(
    arguments: tuple[Any, ...], return_exceptions: bool
) -> Future[list[Any]]: ...
def register_quickly() -> None: ...
def quick_sleep() -> Any: ...
def shield(argument: Any) -> Any: ...
def sleep(delay: float, result: Any) -> Coroutine[Any, Any, Any]: ...
def timeout(class_: type[Any], delay: float | None) -> Any: ...
def wait(
    stock: Any, fs: Any, timeout: float | None, return_when: str
) -> Coroutine[Any, Any, tuple[set[Any], set[Any]]]: ...
def wait_for(
    stock: Any, class_: type[Timeout], fut: Any, timeout: float | None
) -> Coroutine[Any, Any, Any]: ...
def wait_for_task(
    stock: Any, late: Any, fut: Any, timeout: float | None
) -> Coroutine[Any, Any, Any]: ...
