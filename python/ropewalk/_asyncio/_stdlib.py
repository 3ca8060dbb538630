"""What asyncio of ours rests on in the standard library's inside.

Promise: every private name of ``asyncio`` that we inherit, call or set is in this list,
with what of ours is the standard library's own where it is not as known. What a part
does where releases differ is asked in the modules `_stdlib_tasks`,
`_stdlib_taskgroups` and `_stdlib_transports`.
"""

from __future__ import annotations

from ropewalk._pieces import Piece, first_missing, is_known, list_pieces

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

__all__ = ["is_known"]

LOOP = "asyncio.SelectorEventLoop"
SOCKETS = "asyncio.selector_events._SelectorSocketTransport"
DATAGRAMS = "asyncio.selector_events._SelectorDatagramTransport"
CHILDREN = "asyncio.unix_events._UnixSubprocessTransport"
TLS = "asyncio.sslproto.SSLProtocol"
STREAMS = "asyncio.StreamReader"
RUNNER = "asyncio.Runner"
# What all that waits for tasks rests on.
TASKS = "asyncio.tasks"
_Q = "asyncio.Queue"
_LOCKS = tuple(
    f"asyncio.{name}" for name in ("Lock", "Event", "Condition", "Semaphore", "Barrier")
)
_SELECTOR_LOOP = "asyncio.selector_events:BaseSelectorEventLoop"
# How a loop watches a descriptor.
_WATCH = ("self, fd, callback, *args", "self, fd, callback, *args, context=None")


def _fields(*fields: str) -> Callable[[Any], bool]:
    """Return a probe: an instance has these attributes and no others.

    "name?" is one that it need not have.
    """
    needed = {name for name in fields if not name.endswith("?")}
    known = {name.rstrip("?") for name in fields}

    def probe(cls: Any) -> bool:
        return needed <= {*vars(cls())} <= known

    return probe


def _with_context(takes: str) -> tuple[str, str]:
    """From 3.15 on callbacks run in the context that their connection was made in."""
    return takes, f"{takes}, context=None"


def _is_compiled(ask: Any) -> bool:
    """Whether loops and futures are the compiled module's, whose inside we know."""
    import _asyncio
    from asyncio import futures

    return ask is _asyncio._get_running_loop and futures.Future is _asyncio.Future


def _tells_of_cancellation(future: Any) -> bool:
    return hasattr(future, "_cancel_message") and (
        hasattr(future, "_make_cancelled_error")
    )


def _tells_current_task(module: Any) -> bool:
    return hasattr(module, "current_task") or hasattr(module, "_current_tasks")


def _is_named(group: Any) -> bool:
    """Whether a group names a new task in a way that we know."""
    from asyncio import tasks

    from ropewalk._asyncio._stdlib_taskgroups import group_gives_name

    return group_gives_name() or hasattr(tasks, "_set_task_name")


def _has_watcher(module: Any) -> bool:
    """Whether we find who watches children: the policy's watcher, or the loop's."""
    policy = getattr(module, "_UnixDefaultEventLoopPolicy", None)
    if hasattr(policy, "get_child_watcher"):
        return not first_missing(policy, "_watcher")
    return not first_missing(module.SelectorEventLoop, "_watcher")


def _says_yes(ask: Any) -> bool:
    return bool(ask())


def _parties(cls: Any) -> bool:
    return {*vars(cls(1))} == {"_cond", "_parties", "_state", "_count"}


def _timeout_fields(cls: Any) -> bool:
    known = {"_state", "_timeout_handler", "_task", "_when"}
    return {*vars(cls(None))} <= known


_OF_LOOPS = (
    Piece(
        LOOP,
        "asyncio.unix_events:_UnixSelectorEventLoop",
        """_add_reader _add_writer _remove_reader _remove_writer _run_once _ready
        _scheduled _selector _process_events _write_to_self _ensure_fd_no_transport
        _call_soon _check_closed _check_thread _check_callback _closed
        _current_handle _task_factory _timer_cancelled_count _timer_handle_cancelled
        _clock_resolution _signal_handlers _transports _stopping _thread_id""",
    ),
    # Set at the start too, by this method.
    Piece(LOOP, "asyncio.base_events:BaseEventLoop.set_debug", "_debug"),
    *(
        Piece(LOOP, f"asyncio.base_events:BaseEventLoop.{name}", takes=(takes,))
        for name, takes in (
            ("_run_once", "self"),
            ("_check_closed", "self"),
            ("_process_events", "self, event_list"),
            ("_write_to_self", "self"),
            ("_timer_handle_cancelled", "self, handle"),
            ("_call_soon", "self, callback, args, context"),
            ("_check_callback", "self, callback, method"),
        )
    ),
    *(
        Piece(
            LOOP, f"asyncio.selector_events:BaseSelectorEventLoop.{name}", takes=takes
        )
        for name, takes in (
            ("_remove_reader", ("self, fd",)),
            ("_remove_writer", ("self, fd",)),
            ("_ensure_fd_no_transport", ("self, fd",)),
            (
                "_add_reader",
                _with_context("self, fd, callback, *args"),
            ),
            (
                "_add_writer",
                _with_context("self, fd, callback, *args"),
            ),
        )
    ),
    Piece(
        LOOP,
        "asyncio.events:Handle",
        "_callback _args _cancelled _loop _repr _source_traceback _context _run",
    ),
    Piece(LOOP, "asyncio.events:Handle._run", takes=("self",)),
    Piece(LOOP, "asyncio.events:TimerHandle", "_scheduled _when"),
    Piece(
        LOOP,
        "asyncio.format_helpers:_format_callback_source",
        takes=("func, args", "func, args, *, debug=False"),
    ),
    Piece(LOOP, "asyncio.base_events:_format_handle", takes=("handle",)),
    Piece(
        LOOP,
        "asyncio.base_events:_ipaddr_info",
        takes=("host, port, family, type, proto, flowinfo=0, scopeid=0",),
    ),
    Piece(
        LOOP,
        "asyncio.base_events",
        "_MIN_SCHEDULED_TIMER_HANDLES _MIN_CANCELLED_TIMER_HANDLES_FRACTION",
    ),
)

_OF_TRANSPORTS = (
    Piece(
        SOCKETS,
        "asyncio.selector_events:_SelectorSocketTransport",
        """_protocol _read_ready _conn_lost _closing _eof _empty_waiter _buffer
        _sock_fd _loop _sock _call_connection_lost _fatal_error _protocol_connected
        _low_water _set_write_buffer_limits _high_water _maybe_pause_protocol
        _maybe_resume_protocol _read_ready__on_eof _extra""",
    ),
    Piece(
        SOCKETS,
        "asyncio.selector_events:_SelectorSocketTransport.__init__",
        takes=_with_context(
            "self, loop, sock, protocol, waiter=None, extra=None, server=None"
        ),
    ),
    *(
        Piece(SOCKETS, f"asyncio.unix_events:{cls}.__init__", takes=(takes,))
        for cls, takes in (
            (
                "_UnixReadPipeTransport",
                "self, loop, pipe, protocol, waiter=None, extra=None",
            ),
            (
                "_UnixWritePipeTransport",
                "self, loop, pipe, protocol, waiter=None, extra=None",
            ),
        )
    ),
    *(
        Piece(SOCKETS, f"asyncio.unix_events:{cls}", names)
        for cls, names in (
            (
                "_UnixReadPipeTransport",
                """_protocol _read_ready _fileno _loop _closing _call_connection_lost
                _fatal_error""",
            ),
            (
                "_UnixWritePipeTransport",
                """_protocol _read_ready _write_ready _fileno _loop _closing _conn_lost
                _buffer _call_connection_lost _fatal_error""",
            ),
            (
                "_UnixSelectorEventLoop",
                """_make_socket_transport _make_ssl_transport _make_read_pipe_transport
                _make_write_pipe_transport""",
            ),
        )
    ),
    *(
        Piece(SOCKETS, f"asyncio.{where}", takes=(takes,))
        for where, takes in (
            (
                "transports:_FlowControlMixin._set_write_buffer_limits",
                "self, high=None, low=None",
            ),
            ("transports:_FlowControlMixin._maybe_pause_protocol", "self"),
            ("transports:_FlowControlMixin._maybe_resume_protocol", "self"),
            (
                "selector_events:_SelectorTransport._fatal_error",
                "self, exc, message='Fatal error on transport'",
            ),
            (
                "unix_events:_UnixReadPipeTransport._fatal_error",
                "self, exc, message='Fatal error on pipe transport'",
            ),
            (
                "unix_events:_UnixWritePipeTransport._fatal_error",
                "self, exc, message='Fatal error on pipe transport'",
            ),
        )
    ),
    Piece(
        DATAGRAMS,
        "asyncio.selector_events:_SelectorDatagramTransport",
        """_buffer _conn_lost _protocol _extra _read_ready _call_connection_lost _loop
        _closing""",
    ),
    Piece(
        DATAGRAMS,
        "asyncio.selector_events:_SelectorDatagramTransport.__init__",
        takes=_with_context(
            "self, loop, sock, protocol, address=None, waiter=None, extra=None"
        ),
    ),
    Piece(
        DATAGRAMS,
        "asyncio.selector_events:BaseSelectorEventLoop",
        "_make_datagram_transport",
    ),
    Piece(
        CHILDREN,
        "asyncio.unix_events:_UnixSubprocessTransport",
        """_proc _closed _finished _protocol _pending_calls _pipes _loop _connect_pipes
        _try_finish _wait""",
    ),
    Piece(CHILDREN, "asyncio.unix_events", probe=_has_watcher),
    Piece(
        CHILDREN,
        "asyncio.unix_events:_UnixSelectorEventLoop",
        "_make_subprocess_transport _child_watcher_callback",
    ),
    Piece(
        CHILDREN,
        "asyncio.unix_events:_UnixSelectorEventLoop._child_watcher_callback",
        takes=("self, pid, returncode, transp",),
    ),
    Piece(
        CHILDREN,
        "asyncio.base_subprocess:BaseSubprocessTransport._connect_pipes",
        takes=("self, waiter",),
    ),
    Piece(
        CHILDREN,
        "asyncio.base_subprocess:BaseSubprocessTransport._try_finish",
        takes=("self",),
    ),
    Piece(
        CHILDREN,
        "asyncio.base_subprocess:BaseSubprocessTransport._wait",
        takes=("self",),
    ),
)

_OF_TLS = (
    Piece(
        TLS,
        "asyncio.sslproto:SSLProtocol",
        """_transport _app_transport _app_transport_created _app_protocol _app_state
        _server_side _incoming _ssl_buffer _ssl_buffer_view _get_app_transport
        _fatal_error _set_read_buffer_limits _set_write_buffer_limits
        _incoming_low_water
        _incoming_high_water _outgoing_low_water _outgoing_high_water _do_read
        _do_read__buffered _do_read__copied _do_write _process_outgoing _loop
        _write_appdata _set_state _control_app_writing _control_ssl_reading
        _get_read_buffer_size _get_write_buffer_size _pause_reading _resume_reading
        _sslobj _state _call_eof_received _start_shutdown _do_flush _do_handshake
        _do_shutdown _app_protocol_get_buffer _app_protocol_buffer_updated""",
    ),
    *(
        Piece(TLS, f"asyncio.sslproto:SSLProtocol.{name}", takes=takes)
        for name, takes in (
            ("_do_read", ("self",)),
            ("_do_read__buffered", ("self",)),
            ("_do_read__copied", ("self",)),
            ("_do_write", ("self",)),
            ("_do_flush", ("self",)),
            ("_do_handshake", ("self",)),
            ("_do_shutdown", ("self",)),
            ("_process_outgoing", ("self",)),
            ("_control_app_writing", ("self",)),
            ("_control_ssl_reading", ("self",)),
            ("_get_read_buffer_size", ("self",)),
            ("_get_write_buffer_size", ("self",)),
            ("_get_app_transport", ("self", "self, context=None")),
            ("_pause_reading", ("self",)),
            ("_resume_reading", ("self",)),
            ("_call_eof_received", ("self", "self, context=None")),
            ("_write_appdata", ("self, list_of_data",)),
            ("_set_state", ("self, new_state",)),
            ("_fatal_error", ("self, exc, message='Fatal error on transport'",)),
        )
    ),
    Piece(TLS, "asyncio.sslproto:_SSLProtocolTransport", "_closed _ssl_protocol _loop"),
    Piece(
        TLS,
        "asyncio.sslproto:_SSLProtocolTransport.__init__",
        takes=("self, loop, ssl_protocol",),
    ),
)

_OF_STREAMS = (
    Piece(
        STREAMS,
        "asyncio.streams:StreamReader",
        """_buffer _limit _eof _waiter _exception _transport _paused _loop
        _wakeup_waiter _wait_for_data _maybe_resume_transport""",
    ),
    Piece(
        STREAMS,
        "asyncio.streams:StreamReader._wait_for_data",
        takes=("self, func_name",),
    ),
    Piece(STREAMS, "asyncio.streams:StreamReader._wakeup_waiter", takes=("self",)),
    Piece(
        STREAMS, "asyncio.streams:StreamReader._maybe_resume_transport", takes=("self",)
    ),
    Piece(
        STREAMS,
        "asyncio.streams:StreamWriter",
        "_transport _protocol _reader _loop _complete_fut",
    ),
    Piece(
        STREAMS,
        "asyncio.streams:FlowControlMixin",
        "_loop _paused _drain_waiters|_drain_waiter _connection_lost _drain_helper",
    ),
    Piece(STREAMS, "asyncio.streams:FlowControlMixin._drain_helper", takes=("self",)),
    Piece(
        STREAMS,
        "asyncio.streams:StreamReaderProtocol",
        """_stream_reader _stream_reader_wr _source_traceback _reject_connection
        _transport _client_connected_cb _over_ssl _closed""",
    ),
)

_OF_TASKS = (
    Piece(TASKS, "_asyncio:Future", "_asyncio_future_blocking"),
    Piece(TASKS, "_asyncio:Task", "_log_destroy_pending"),
    Piece(TASKS, "_asyncio", "get_running_loop", probe=_tells_current_task),
    Piece(TASKS, "asyncio.futures:_get_loop", takes=("fut",)),
    Piece(TASKS, "asyncio.timeouts:_State", "CREATED ENTERED EXITED"),
    Piece(
        "asyncio.gather",
        "asyncio.tasks:_GatheringFuture",
        "_children _cancel_requested",
    ),
    Piece("asyncio.gather", "_asyncio:Future", probe=_tells_of_cancellation),
    Piece(
        "asyncio.gather",
        "asyncio.tasks:_GatheringFuture.__init__",
        takes=("self, children, *, loop",),
    ),
    Piece("asyncio.gather", "asyncio.tasks", "_ensure_future|ensure_future"),
    Piece("asyncio.wait", "asyncio.tasks:_wait"),
    Piece("asyncio.wait_for", "asyncio.tasks", "timeouts|_cancel_and_wait"),
    Piece(
        "asyncio.shield",
        "ropewalk._asyncio._stdlib_tasks:shields_as_we_do",
        probe=_says_yes,
    ),
    Piece(
        "asyncio.TaskGroup",
        "ropewalk._asyncio._stdlib_taskgroups:group_fields_are_known",
        probe=_says_yes,
    ),
    Piece("asyncio.TaskGroup", "asyncio.taskgroups:TaskGroup", probe=_is_named),
    Piece(
        "asyncio.TaskGroup",
        "asyncio.taskgroups:TaskGroup",
        """_on_task_done _entered _exiting _aborting _loop _parent_task _tasks _errors
        _parent_cancel_requested _base_error _on_completed_fut""",
    ),
    Piece(
        "asyncio.TaskGroup",
        "asyncio.taskgroups:TaskGroup._on_task_done",
        takes=("self, task",),
    ),
    Piece(
        "asyncio.Timeout",
        "asyncio.timeouts:Timeout",
        "_state _task _when _timeout_handler _on_timeout",
        probe=_timeout_fields,
    ),
    Piece("asyncio.Timeout", "asyncio.timeouts:Timeout._on_timeout", takes=("self",)),
    Piece(
        RUNNER,
        "asyncio.runners:Runner",
        "_loop _loop_factory _set_event_loop _lazy_init",
    ),
    Piece(RUNNER, "asyncio.runners:Runner._lazy_init", takes=("self",)),
    Piece(RUNNER, "asyncio.events:_get_running_loop"),
)

_OF_LOCKS = (
    Piece(
        "asyncio.Lock",
        "asyncio.locks:Lock",
        "_get_loop _wake_up_first",
        probe=_fields("_waiters", "_locked"),
    ),
    Piece("asyncio.Lock", "asyncio.locks:Lock._wake_up_first", takes=("self",)),
    Piece(
        "asyncio.Event",
        "asyncio.locks:Event",
        "_get_loop",
        probe=_fields("_waiters", "_value"),
    ),
    Piece(
        "asyncio.Condition",
        "asyncio.locks:Condition",
        "_get_loop",
        probe=_fields("_lock", "_waiters", "locked", "acquire", "release"),
    ),
    Piece(
        "asyncio.Semaphore",
        "asyncio.locks:Semaphore",
        "_get_loop _wake_up_next",
        probe=_fields("_waiters", "_value"),
    ),
    Piece(
        "asyncio.Semaphore", "asyncio.locks:Semaphore._wake_up_next", takes=("self",)
    ),
    Piece(
        "asyncio.BoundedSemaphore",
        "asyncio.locks:BoundedSemaphore",
        probe=_fields("_waiters", "_value", "_bound_value"),
    ),
    Piece(
        "asyncio.Barrier",
        "asyncio.locks:Barrier",
        "_block _release _wait _exit",
        probe=_parties,
    ),
    *(
        Piece("asyncio.Barrier", f"asyncio.locks:Barrier.{name}", takes=("self",))
        for name in ("_block", "_release", "_wait", "_exit")
    ),
    Piece(
        _Q,
        "asyncio.queues:Queue",
        "_get_loop _init _get _put _wakeup_next _format",
        probe=_fields(
            "_maxsize",
            "_getters",
            "_putters",
            "_unfinished_tasks",
            "_finished",
            "_queue",
            "_is_shutdown?",
        ),
    ),
    *(
        Piece(_Q, f"asyncio.queues:Queue.{name}", takes=(takes,))
        for name, takes in (
            ("_init", "self, maxsize"),
            ("_get", "self"),
            ("_put", "self, item"),
            ("_wakeup_next", "self, waiters"),
            ("_format", "self"),
        )
    ),
)

# Whose engine asks which loop runs, as compiled code does.
_OF_COMPILED = tuple(
    Piece(what, "asyncio.events:_get_running_loop", probe=_is_compiled)
    for what in (LOOP, STREAMS, TASKS, RUNNER, _Q, *_LOCKS)
)

list_pieces(
    (
        *_OF_COMPILED,
        *_OF_LOOPS,
        *_OF_TRANSPORTS,
        *_OF_TLS,
        *_OF_STREAMS,
        *_OF_TASKS,
        *_OF_LOCKS,
    )
)
