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


def new_event_loop() -> Any:
    """Return a new event loop; a policy of the user's is asked for it."""
    # Not before: this module is imported before the loop's base class exists.
    from asyncio import unix_events

    from ropewalk._asyncio._loop import EventLoop

    policy = getattr(events, "_event_loop_policy", None)
    make = getattr(policy, "new_event_loop", None)
    if make is None:
        return EventLoop()
    stdlib = unix_events._UnixSelectorEventLoop  # type: ignore[attr-defined]
    default = getattr(policy, "_loop_factory", None) in (stdlib, EventLoop)
    # A class that the user derived from the default policy may make loops itself.
    if default and type(policy).__module__ == unix_events.__name__:
        return EventLoop()
    return make()


OURS: dict[str, Any] = {"new_event_loop": new_event_loop}


def _put_into(module: ModuleType) -> None:
    """Leave ``asyncio.events`` as it is."""
