"""What takes the place of names in ``asyncio.unix_events``."""

from __future__ import annotations

from asyncio import unix_events as _stdlib

from ropewalk._asyncio import events, put
from ropewalk._asyncio._loop import EventLoop

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import ModuleType
    from typing import Any

_STOCK: Any = _stdlib._UnixSelectorEventLoop

events.know_loop_classes(_STOCK, EventLoop)
OURS: dict[str, Any] = {"SelectorEventLoop": EventLoop}
if hasattr(_stdlib, "EventLoop"):
    OURS["EventLoop"] = EventLoop


def _put_into(module: ModuleType) -> None:
    """Make the names of ``asyncio.unix_events`` mean what they mean here."""
    put(module, OURS)
    for value in list(vars(module).values()):
        # The default policy, whatever it is called.
        if isinstance(value, type) and vars(value).get("_loop_factory") is _STOCK:
            value._loop_factory = EventLoop  # type: ignore[attr-defined]
