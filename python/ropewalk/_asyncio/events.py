"""What takes the place of names in ``asyncio.events``.

Nothing does: its ``new_event_loop`` asks the policy, and the default policy makes our
loops (see ``unix_events``). Without install(), ``new_event_loop`` is ours.
"""

from __future__ import annotations

from asyncio import events

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import ModuleType
    from typing import Any


# The standard library's class and ours. Known once the latter is made: this module is
# imported before it, and when a program ends nothing can be imported any more.
_loop_classes: list[Any] = []


def know_loop_classes(stdlib: Any, ours: Any) -> None:
    """Take note of the loop's classes, which exist from now on."""
    _loop_classes[:] = stdlib, ours


def new_event_loop() -> Any:
    """Return a new event loop; a policy of the user's is asked for it."""
    if not _loop_classes:
        from ropewalk._asyncio import unix_events  # noqa: F401 (makes them known)
    if not _loop_classes:
        return events.new_event_loop()
    stdlib, EventLoop = _loop_classes
    policy = getattr(events, "_event_loop_policy", None)
    if policy is None:
        return EventLoop()
    if _makes_by_factory(policy) and policy._loop_factory in (stdlib, EventLoop):
        return EventLoop()
    return policy.new_event_loop()


def _makes_by_factory(policy: Any) -> bool:
    """Whether a policy makes loops in the standard library's way, with its factory.

    The class whose method does that has had several names.
    """
    made_by = next(
        (cls for cls in type(policy).__mro__ if "new_event_loop" in vars(cls)), None
    )
    return (
        made_by is not None
        and made_by.__module__ == events.__name__
        and hasattr(policy, "_loop_factory")
    )


OURS: dict[str, Any] = {"new_event_loop": new_event_loop}


def _put_into(module: ModuleType) -> None:
    """Leave ``asyncio.events`` as it is."""
