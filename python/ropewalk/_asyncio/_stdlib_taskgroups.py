"""What ``asyncio.taskgroups`` does where releases differ, found by trying.

Promise: nothing here asks for a version number or reads code. A question that cannot be
asked (the private parts are not as they are known here) has the answer that leaves the
standard library's own class in place.
"""

from __future__ import annotations

import asyncio.taskgroups as _taskgroups
from functools import cache

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any


class _Loop:
    """As much of a loop as a group needs: every task has ended at once."""

    def create_task(self, _coroutine: Any, **_named: Any) -> _Done:
        return _Done()


class _Done:
    """A task that has ended before anybody could wait for it."""

    def done(self) -> bool:
        return True

    def cancelled(self) -> bool:
        return False

    def exception(self) -> None:
        return None

    def set_name(self, name: str) -> None:
        """It needs none."""

    def add_done_callback(self, call: Callable[..., Any], **_named: Any) -> None:
        """It is never called: nothing runs here."""


@cache
def group_meets_done_at_once() -> bool:
    """Whether a TaskGroup looks at once at a new task that is done already."""
    met: list[Any] = []

    class Group(_stock_group):
        def _on_task_done(self, task: Any) -> None:
            met.append(task)

    group = Group()
    vars(group).update(_entered=True, _loop=_Loop(), _parent_task=None)
    try:
        group.create_task(None)  # type: ignore[arg-type]
    except Exception:
        return False
    return bool(met)


def group_fields_are_known() -> bool:
    """Whether a new TaskGroup keeps what is known here, and nothing else."""
    known = {
        "_entered",
        "_exiting",
        "_aborting",
        "_loop",
        "_parent_task",
        "_parent_cancel_requested",
        "_tasks",
        "_errors",
        "_base_error",
        "_on_completed_fut",
        "_cancel_on_enter",
    }
    return vars(_stock_group()).keys() <= known


# As it is before anything takes its place.
_stock_group = _taskgroups.TaskGroup
