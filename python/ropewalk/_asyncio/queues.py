"""What takes the place of names in ``asyncio.queues``."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import ModuleType
    from typing import Any

OURS: dict[str, Any] = {}


def _put_into(module: ModuleType) -> None:
    """Make the names of ``asyncio.queues`` mean what they mean here."""
    for name, value in OURS.items():
        setattr(module, name, value)
