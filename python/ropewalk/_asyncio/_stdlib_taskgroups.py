"""What ``asyncio.taskgroups`` does where releases differ, found by trying.

Promise: nothing here asks for a version number or reads code. A question that cannot be
asked (the private parts are not as they are known here) has the answer that leaves the
standard library's own class in place.
"""

from __future__ import annotations

import asyncio.taskgroups as _taskgroups
from functools import cache
from inspect import signature

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any


class _Loop:
    """As much of a loop as a group needs: every task has ended at once."""

    def __init__(self) -> None:
        self.named: dict[str, Any] = {}

    def create_task(self, _coroutine: Any, **named: Any) -> _Done:
        self.named = named
        return _Done()

    def create_future(self) -> _Wait:
        return _Wait()


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


class _Wait:
    """A future that is waited for until somebody sends None."""

    def __await__(self) -> Any:
        yield

    def done(self) -> bool:
        return True


class _Parent:
    """A task that a group was entered in."""

    def __init__(self) -> None:
        self.uncancelled = False

    def uncancel(self) -> int:
        self.uncancelled = True
        return 0

    def cancelling(self) -> int:
        return 0


@cache
def group_meets_done_at_once() -> bool:
    """Whether a TaskGroup looks at once at a new task that is done already."""
    met: list[Any] = []
    group = _stock_group()
    # No class of its own, which would be garbage for the collector.
    own = {"_loop": _Loop(), "_parent_task": None, "_on_task_done": met.append}
    vars(group).update(own, _entered=True)
    try:
        group.create_task(None)  # type: ignore[arg-type]
    except Exception:
        return False
    return bool(met)


@cache
def group_gives_name() -> bool:
    """Whether a TaskGroup tells the loop the name of a new task."""
    group, loop = _stock_group(), _Loop()
    vars(group).update(_entered=True, _loop=loop, _parent_task=None)
    try:
        group.create_task(None, name="a name")  # type: ignore[arg-type]
    except Exception:
        return False
    return "name" in loop.named


@cache
def group_looks_at_parent_late() -> bool:
    """Whether a TaskGroup looks after its wait whether it has cancelled its parent.

    If not, it looks before.
    """
    group, parent = _stock_group(), _Parent()
    fields: dict[str, Any] = vars(group)
    fields.update(_entered=True, _loop=_Loop(), _parent_task=parent, _tasks={None})
    leaving: Any = group.__aexit__(None, None, None)
    try:
        leaving.send(None)
        fields.update(_parent_cancel_requested=True, _tasks=set())
        leaving.send(None)
    except StopIteration:
        return parent.uncancelled
    except Exception:
        return False
    return False


def group_takes_any_keywords() -> bool:
    """Whether `create_task` hands on what it knows nothing of (from 3.14 on)."""
    parameters = signature(_stock_group.create_task).parameters.values()
    return any(parameter.kind is parameter.VAR_KEYWORD for parameter in parameters)


def group_suppresses() -> bool:
    """Whether the end of a group that went well says that nothing is left to raise."""
    group = _stock_group()
    vars(group).update(_entered=True, _loop=_Loop(), _parent_task=None)
    try:
        group.__aexit__(None, None, None).send(None)
    except StopIteration as ended:
        return bool(ended.value)
    return False


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
