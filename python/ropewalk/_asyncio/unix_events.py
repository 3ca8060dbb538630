"""What takes the place of names in ``asyncio.unix_events``."""

from __future__ import annotations

import sys

from ropewalk._asyncio import put
from ropewalk._asyncio._loop import EventLoop

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import ModuleType
    from typing import Any

OURS: dict[str, Any] = {"SelectorEventLoop": EventLoop}
if sys.version_info >= (3, 13):
    OURS["EventLoop"] = EventLoop


def _put_into(module: ModuleType) -> None:
    """Make the names of ``asyncio.unix_events`` mean what they mean here."""
    put(module, OURS)
    for name in ("_UnixDefaultEventLoopPolicy", "DefaultEventLoopPolicy"):
        policy = getattr(module, name, None)
        if policy is not None:
            policy._loop_factory = EventLoop
