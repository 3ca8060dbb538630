"""What takes the place of names in ``asyncio.unix_events``."""

from __future__ import annotations

from asyncio import unix_events as _stdlib

from ropewalk._asyncio import events, put
from ropewalk._asyncio._stdlib import LOOP, is_known

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import ModuleType
    from typing import Any

_STOCK: Any = _stdlib.SelectorEventLoop
_LOOPS = ("SelectorEventLoop", "EventLoop")

OURS: dict[str, Any] = {}
if is_known(LOOP):
    from ropewalk._asyncio._loop import EventLoop

    if is_known(LOOP, EventLoop, _STOCK):
        events.know_loop_classes(_STOCK, EventLoop)
        OURS = {name: EventLoop for name in _LOOPS if hasattr(_stdlib, name)}


def _put_into(module: ModuleType) -> None:
    """Make the names of ``asyncio.unix_events`` mean what they mean here."""
    put(module, OURS)
    for value in list(vars(module).values()) if OURS else ():
        # The default policy, whatever it is called.
        if isinstance(value, type) and vars(value).get("_loop_factory") is _STOCK:
            value._loop_factory = EventLoop  # type: ignore[attr-defined]
