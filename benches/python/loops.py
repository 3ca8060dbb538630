"""asyncio with the loops of other packages: the peers of the asyncio groups.

Promise: a peer's module is asyncio's own with one name changed, `new_event_loop`; so
every subject runs the same coroutines.
"""

from __future__ import annotations

import asyncio
import importlib
from collections.abc import Callable, Coroutine
from types import SimpleNamespace
from typing import Any

from .case import Module
from .subjects import ROPEWALK, STDLIB

LOOPS = frozenset(
    {
        STDLIB,
        ROPEWALK,
        "uvloop",
        "zuvloop",
        "rloop",
        "asyncio on ours",
        "ours on uvloop",
    }
)


def peer(name: str) -> Callable[[], Module]:
    """A loader for `Group.peers`."""

    def load() -> Module:
        package = importlib.import_module(name)
        names = {**vars(asyncio), "new_event_loop": package.new_event_loop}
        return SimpleNamespace(**names)

    return load


def _same_loop() -> Module:
    package = importlib.import_module("ropewalk.asyncio")
    names = {**vars(asyncio), "new_event_loop": package.new_event_loop}
    return SimpleNamespace(**names)


def _ours_on_uvloop() -> Module:
    loops = importlib.import_module("uvloop")
    package = importlib.import_module("ropewalk.asyncio")
    names = {name: getattr(package, name) for name in dir(package)}
    names["new_event_loop"] = loops.new_event_loop
    return SimpleNamespace(**names)


PEERS = {name: peer(name) for name in ("uvloop", "zuvloop", "rloop")}

# What stands above the loop is also measured apart from it: asyncio's on our loop, and
# ours on uvloop.
MIXED = {"asyncio on ours": _same_loop, "ours on uvloop": _ours_on_uvloop}


def drive(module: Module, main: Callable[[Any], Coroutine[Any, Any, float]]) -> float:
    """Run `main(loop)` on a new loop of the subject, and close the loop."""
    loop = module.new_event_loop()
    asyncio.set_event_loop(loop)
    try:
        result: float = loop.run_until_complete(main(loop))
    finally:
        loop.run_until_complete(loop.shutdown_default_executor())
        asyncio.set_event_loop(None)
        loop.close()
    return result
