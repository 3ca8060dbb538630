"""What may differ between a replaced module's face and the standard library's.

Promise: a further replaced module needs a row in `FACES` and nothing elsewhere. What
no row mentions has to be equal.
"""

import asyncio
import concurrent.futures
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Face:
    """One replaced module.

    handed_on    names that are the standard library's own objects, on purpose
    left_alone   names that install() need not replace: theirs use what it replaced
    back_ports   names (or Class.name) that newer Pythons have, offered on all
    additions    names (or Class.name) that only ropewalk has
    parameters   keyword-only parameters (Class.name) that only ropewalk has
    absent       private Class.name that ropewalk does not have, as docs/compat.md says
    uncopied     Class.name of what cannot be copied, as docs/compat.md says: where the
                 standard library makes a copy that shares half of what is inside
    unpickled    names whose class has the standard library's name, for libraries that
                 ask for it, so that pickle finds the standard library's
    factories    functions whose objects are looked at as those of a class are
    instances    how to make one of each public class that needs arguments
    """

    handed_on: frozenset[str] = frozenset()
    left_alone: frozenset[str] = frozenset()
    back_ports: frozenset[str] = frozenset()
    additions: frozenset[str] = frozenset()
    parameters: frozenset[str] = frozenset()
    absent: frozenset[str] = frozenset()
    uncopied: frozenset[str] = frozenset()
    unpickled: frozenset[str] = frozenset()
    factories: tuple[str, ...] = ()
    instances: dict[str, Callable[[Any], Any]] = field(default_factory=dict)


def _on_each(classes: tuple[str, ...], names: tuple[str, ...]) -> frozenset[str]:
    return frozenset(f"{cls}.{name}" for cls in classes for name in names)


def _of_threads() -> frozenset[str]:
    """What `threading` offers that ropewalk leaves as it is."""
    names = {
        "BrokenBarrierError",
        "ExceptHookArgs",
        "TIMEOUT_MAX",
        "Thread",
        "ThreadError",
        "active_count",
        "current_thread",
        "enumerate",
        "excepthook",
        "get_ident",
        "get_native_id",
        "getprofile",
        "gettrace",
        "local",
        "main_thread",
        "setprofile",
        "settrace",
        "stack_size",
    }
    if sys.version_info >= (3, 12):
        names |= {"setprofile_all_threads", "settrace_all_threads"}
    for name in ("serialize_iterator", "synchronized_iterator", "concurrent_tee"):
        if hasattr(threading, name):
            names.add(name)
    return frozenset(names)


_HAS_SHUTDOWN = sys.version_info >= (3, 13)
_QUEUES = ("Queue", "LifoQueue", "PriorityQueue")
_ASYNCIO_LOCKS = (
    *("Event", "Lock", "Condition", "Semaphore", "BoundedSemaphore", "Barrier"),
)


def _of_asyncio() -> frozenset[str]:
    """What `asyncio` offers that ropewalk leaves as it is: all but these."""
    ours = {
        *("SelectorEventLoop", "EventLoop", "Runner", "new_event_loop", "run"),
        *("StreamReader", "StreamWriter", "StreamReaderProtocol"),
        *("Event", "Lock", "Condition", "Semaphore", "BoundedSemaphore", "Barrier"),
        *("Queue", "LifoQueue", "PriorityQueue"),
        *(() if _HAS_SHUTDOWN else ("QueueShutDown",)),
        *("open_connection", "start_server"),
        *("open_unix_connection", "start_unix_server"),
        *("sleep", "wait_for", "Timeout", "timeout", "timeout_at"),
    }
    ours |= {"gather", "wait", "TaskGroup"}
    if "_log_on_exception" not in str(asyncio.shield.__code__.co_consts):
        ours |= {"shield"}
    return frozenset(asyncio.__all__) - ours


def _copied_since_12() -> frozenset[str]:
    """What the standard library copies from 3.12 on, before that neither does."""
    if sys.version_info >= (3, 12):
        return _on_each(("TaskGroup",), ("deepcopy", "dumps"))
    return frozenset()


def _closed_loop(cls: Any = asyncio.SelectorEventLoop) -> Any:
    """A loop that leaves no descriptor behind; some objects only want to hold one."""
    loop = cls()
    loop.close()
    return loop


class _Transport:
    """As much of a transport as an idle writer looks at."""

    def is_closing(self) -> bool:
        return True


_LOOP = _closed_loop()


def _nothing(*_: object) -> None:
    return None


_LATE_IN_TIMER = (
    "_args",
    "_handle",  # 3.13
    "_invoke_excepthook",
    "_kwargs",
    "_os_thread_handle",  # 3.14
    "_target",
)

FACES: dict[str, Face] = {
    "asyncio": Face(
        handed_on=_of_asyncio(),
        left_alone=frozenset({"Runner", "new_event_loop", "run"}),
        back_ports=frozenset()
        if _HAS_SHUTDOWN
        else frozenset({"QueueShutDown"}) | _on_each(_QUEUES, ("shutdown",)),
        additions=_on_each(_QUEUES, ("threadsafe",)),
        uncopied=_on_each(("SelectorEventLoop", "EventLoop"), ("deepcopy",))
        | _on_each(("StreamReader",), ("deepcopy",))
        | _on_each(("Timeout",), ("deepcopy", "dumps"))
        | _copied_since_12(),
        instances={
            "Barrier": lambda cls: cls(2),
            "EventLoop": _closed_loop,
            "Runner": lambda cls: cls(loop_factory=lambda: _LOOP),
            "SelectorEventLoop": _closed_loop,
            "StreamReader": lambda cls: cls(loop=_LOOP),
            "StreamReaderProtocol": lambda cls: cls(None, loop=_LOOP),
            "StreamWriter": lambda cls: cls(_Transport(), None, None, _LOOP),
            "Timeout": lambda cls: cls(None),
        },
    ),
    "concurrent.futures": Face(
        handed_on=frozenset(
            {
                "FIRST_COMPLETED",
                "FIRST_EXCEPTION",
                "ALL_COMPLETED",
                "CancelledError",
                "TimeoutError",
                "BrokenExecutor",
                "Executor",
                "ProcessPoolExecutor",
            }
        )
        | (
            frozenset({"InvalidStateError"})
            if "InvalidStateError" in concurrent.futures.__all__
            else frozenset()
        )
        | (
            frozenset({"InterpreterPoolExecutor"})
            if "InterpreterPoolExecutor" in concurrent.futures.__all__
            else frozenset()
        ),
        additions=frozenset({"ThreadPoolExecutor.stats"}),
        parameters=_on_each(
            ("ThreadPoolExecutor",),
            (
                "max_pending",
                "when_full",
                "propagate_context",
                "ctxkwargs",
                "buffersize",
            ),
        ),
    ),
    "queue": Face(
        handed_on=frozenset({"Empty", "Full", "SimpleQueue"})
        | (frozenset({"ShutDown"}) if _HAS_SHUTDOWN else frozenset()),
        back_ports=frozenset()
        if _HAS_SHUTDOWN
        else frozenset({"ShutDown"}) | _on_each(_QUEUES, ("shutdown", "is_shutdown")),
        additions=_on_each(_QUEUES, ("put_many", "get_many")),
    ),
    "threading": Face(
        handed_on=_of_threads(),
        absent=_on_each(("Timer",), _LATE_IN_TIMER),
        unpickled=frozenset({"_CRLock"}),
        factories=("Lock", "RLock", "_CRLock"),
        instances={
            "Barrier": lambda cls: cls(2),
            "ExceptHookArgs": lambda cls: cls((KeyError, None, None, None)),
            "Timer": lambda cls: cls(1000, _nothing),
        },
    ),
}
