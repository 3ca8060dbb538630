"""What ropewalk.asyncio is made of, one module for each part.

Promise: each has a dict ``OURS`` of the public names that it brings, and
``_put_into(module)``, which puts its names into one of asyncio's own modules. None of
them needs the package ``asyncio`` to be complete: they are imported in the middle of
its import.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import ModuleType
    from typing import Any


def put(module: ModuleType, names: dict[str, Any]) -> None:
    """Put the names into the module; its classes say that they are the module's."""
    for name, value in names.items():
        setattr(module, name, value)
        if isinstance(value, type):
            value.__module__ = module.__name__
