"""Where gevent or eventlet makes greenlets of threads, ropewalk steps aside.

A wait of the engine's stops the operating system's thread, and with it every greenlet
of a hub. Promise: before `gevent.monkey` or `eventlet.monkey_patch()` patch threads,
the standard library's names are back in ``threading``, ``queue`` and
``concurrent.futures``; install() after it is refused, with the cure; and the copies of
modules that eventlet makes for its greenlets never have ours. asyncio stays.
"""

from __future__ import annotations

import _thread
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from types import ModuleType
    from typing import Any

# What greenlets wait with; asyncio's primitives wait in a loop of their own.
_OF_THREADS = ("concurrent", "queue", "threading")


class PatchedByGreenlets(RuntimeError):
    """gevent or eventlet has patched threads before install() was called."""


class _Importing(_thread._local):
    """Whether this thread imports a copy of a module for greenlets."""

    for_greenlets = False


importing = _Importing()


def of_threads(names: Iterable[str]) -> frozenset[str]:
    """Those of the replaced modules whose waits stop a thread."""
    return frozenset(name for name in names if name.partition(".")[0] in _OF_THREADS)


def refuse(names: frozenset[str]) -> None:
    """Raise if greenlets would wait in what `names` stands for."""
    if not of_threads(names):
        return
    for who, module_name, asked in _PATCHERS:
        module: Any = sys.modules.get(module_name)
        if module is not None and _is_patched(module, asked):
            raise PatchedByGreenlets(
                f"{who} has patched threading: a wait of ropewalk's would stop all "
                f"greenlets; leave out one of the two, or, to have asyncio from "
                f"ropewalk all the same, call ropewalk.install('asyncio')"
            )


def _is_patched(module: Any, asked: str) -> bool:
    # A module that is just being imported has not patched anything.
    ask = getattr(module, asked, None)
    return ask is not None and bool(ask("threading") or ask("thread"))


# Who patches, where, and how it is asked whether it has.
_PATCHERS = (
    ("gevent", "gevent.monkey", "is_module_patched"),
    ("eventlet", "eventlet.patcher", "is_monkey_patched"),
)


def _watch_gevent(module: ModuleType, step_aside: Callable[[str], None]) -> None:
    from importlib import import_module

    events: Any = import_module("gevent.events")

    def watch(event: Any) -> None:
        if isinstance(event, events.GeventWillPatchModuleEvent) and (
            event.module_name in ("_thread", "threading")
        ):
            step_aside("gevent")

    events.subscribers.append(watch)


def _watch_eventlet(module: Any, step_aside: Callable[[str], None]) -> None:
    from functools import wraps

    real = module.monkey_patch

    @wraps(real)
    def monkey_patch(**on: Any) -> None:
        if on.get("thread", on.get("all", True not in on.values())):
            step_aside("eventlet")
        real(**on)
        ours = sys.modules.get("ropewalk._threading_classes")
        if ours is not None and module.is_monkey_patched("thread"):
            # Locks that are ours already: logging's, for one.
            module._green_existing_locks(vars(ours)["_CRLock"])

    module.monkey_patch = monkey_patch
    # It executes modules once more, for greenlets, or to have them as they were.
    module.inject = _left_alone(module.inject)
    module.original = _left_alone(module.original)


def _left_alone(function: Callable[..., Any]) -> Callable[..., Any]:
    from functools import wraps

    @wraps(function)
    def call(*arguments: Any, **options: Any) -> Any:
        before, importing.for_greenlets = importing.for_greenlets, True
        try:
            return function(*arguments, **options)
        finally:
            importing.for_greenlets = before

    return call


WATCHED = {"gevent.monkey": _watch_gevent, "eventlet.patcher": _watch_eventlet}
