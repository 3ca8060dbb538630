"""What threads, queues and futures of ours rest on in the standard library's inside.

Promise: every private name of ``threading``, ``queue`` and ``concurrent.futures`` that
we inherit, call or set is in this list, with what of ours is the standard library's own
where it is not as known.
"""

from __future__ import annotations

import _thread

from ropewalk._pieces import (
    Piece,
    are_known,
    first_missing,
    found_at,
    is_known,
    list_pieces,
    parameters,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

__all__ = ["are_known", "is_known"]

_START = "threading.Thread.start"
_JOIN = "threading.Thread.join"
_END = "threading._shutdown"
_TIMER = "threading.Timer"
_FUTURE = "concurrent.futures.Future"
_POOL = "concurrent.futures.ThreadPoolExecutor"


def _can_be_joined(thread: Any) -> bool:
    """Whether there is a handle, or before that a lock that the thread holds."""
    names = "_wait_for_tstate_lock _is_stopped _tstate_lock"
    if hasattr(found_at("threading"), "_start_joinable_thread"):
        names = "_handle|_os_thread_handle"
    return not first_missing(thread, names)


def _keeps_context(init: Any) -> bool:
    """Whether a thread keeps a context that it is given where we know it."""
    return "context" not in parameters(init) or not first_missing(init, "_context")


def _is_waited_for(module: Any) -> bool:
    """Whether a thread can be started that the interpreter waits for when it ends."""
    names = "_shutdown_locks _shutdown_locks_lock _maintain_shutdown_locks"
    return hasattr(_thread, "start_joinable_thread") or (
        not first_missing(module, names)
    )


def _is_forked(thread: Any) -> bool:
    """Whether a thread is told of a fork by one of the methods that Timer has."""
    told = getattr(thread, "_after_fork", None)
    if told is None:
        return parameters(thread._reset_internal_locks) == "self, is_alive"
    return parameters(told) == "self, new_ident=None"


def _has_known_states(base: Any) -> bool:
    return bool(
        base.PENDING == "PENDING"
        and base.FINISHED == "FINISHED"
        and base.CANCELLED_AND_NOTIFIED == "CANCELLED_AND_NOTIFIED"
    )


list_pieces(
    (
        Piece(
            _START,
            "threading",
            "_limbo _active_limbo_lock _start_joinable_thread|_start_new_thread",
        ),
        Piece(
            _START,
            "threading:Thread",
            "_initialized _started",
            probe=_can_be_joined,
        ),
        Piece(_START, "threading:Thread.__init__", probe=_keeps_context),
        Piece(_START, "threading:Thread._bootstrap", takes=("self",)),
        Piece(
            _JOIN,
            "threading:Thread",
            "_initialized _started _name _ident",
            probe=_can_be_joined,
        ),
        Piece(_END, "threading:_shutdown", takes=("",)),
        Piece(
            _TIMER,
            "threading",
            "_active _limbo _active_limbo_lock _dangling _SHUTTING_DOWN",
            probe=_is_waited_for,
        ),
        Piece(
            _TIMER,
            "threading:Thread",
            "_initialized _started _name _daemonic _ident _stderr",
            probe=_is_forked,
        ),
        Piece(_TIMER, "threading:Thread._bootstrap", takes=("self",)),
        Piece(_TIMER, "threading:_newname", takes=("name_template",)),
        Piece(_TIMER, "threading:_register_atexit", takes=("func, *arg, **kwargs",)),
        Piece(_TIMER, "threading:Thread", "_invoke_excepthook"),
        Piece(
            "threading.Barrier",
            "threading:Barrier",
            "_enter _release _wait _exit _break _parties _count _state _cond",
        ),
        Piece("threading.Event", "threading:Event", "_cond _flag"),
        Piece("threading.Semaphore", "threading:Semaphore", "_cond _value"),
        Piece(
            "threading.BoundedSemaphore",
            "threading:BoundedSemaphore",
            "_cond _value _initial_value",
        ),
        Piece("queue.Queue", "queue", "time Empty Full"),
        Piece(
            _FUTURE,
            "concurrent.futures._base:Future",
            "_condition _state _result _exception _waiters _done_callbacks",
        ),
        Piece(
            _FUTURE,
            "concurrent.futures._base:Future._invoke_callbacks",
            takes=("self",),
        ),
        Piece(
            _FUTURE,
            "concurrent.futures._base",
            "LOGGER DoneAndNotDoneFutures",
            probe=_has_known_states,
        ),
        Piece(
            _POOL,
            "concurrent.futures.thread",
            "_threads_queues _global_shutdown_lock _shutdown",
        ),
        Piece(
            _POOL,
            "concurrent.futures.thread:ThreadPoolExecutor",
            "_adjust_thread_count _initializer_failed _work_queue _threads _shutdown "
            "_max_workers _idle_semaphore _broken _shutdown_lock _thread_name_prefix",
        ),
        Piece(
            _POOL,
            "concurrent.futures._base:_result_or_cancel",
            takes=("fut, timeout=None",),
        ),
    )
)
