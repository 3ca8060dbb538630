"""What takes the place of names in ``asyncio.taskgroups``.

Promise: a TaskGroup is the standard library's to everybody who asks; errors and
cancellation are worked off by the standard library's own methods.
"""

from __future__ import annotations

import asyncio.taskgroups as _stdlib

from ropewalk import _methods, _ropewalk
from ropewalk._asyncio import _stdlib_taskgroups as _learned
from ropewalk._asyncio._stdlib import TASKS, is_known

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import ModuleType
    from typing import Any

_native = _ropewalk.asyncio.waiting


class TaskGroup(_native.TaskGroup, _stdlib.TaskGroup):  # type: ignore[misc]
    """Asynchronous context manager for a group of tasks.

        async with asyncio.TaskGroup() as group:
            one = group.create_task(some_coroutine())
            two = group.create_task(other_coroutine())
        print("Both are done.")

    Leaving the block waits for all tasks. The first exception of one of them, other
    than CancelledError, cancels the rest; when all have ended, their exceptions are
    raised as one group of exceptions.
    """

    __module__ = "ropewalk.asyncio"

    # For the rare cases, which the engine leaves to them.
    _stock_enter = _stdlib.TaskGroup.__aenter__
    _stock_exit = _stdlib.TaskGroup.__aexit__
    _stock_create_task = _stdlib.TaskGroup.create_task
    _stock_on_task_done = getattr(_stdlib.TaskGroup, "_on_task_done", None)


_methods.give_face(
    TaskGroup,
    _native.TaskGroup.create_task,
    "($self, coro, **kwargs)" if _learned.group_takes_any_keywords() else None,
)

OURS: dict[str, Any] = {}

if is_known("asyncio.TaskGroup", TaskGroup, _stdlib.TaskGroup, needs=(TASKS,)):
    OURS["TaskGroup"] = TaskGroup


def _put_into(module: ModuleType) -> None:
    """Make the names of ``asyncio.taskgroups`` mean what they mean here."""
    TaskGroup.__module__ = _stdlib.__name__
    for name, value in OURS.items():
        setattr(module, name, value)
