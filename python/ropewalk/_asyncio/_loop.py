"""``EventLoop``: the standard library's UNIX loop around a native core.

Promise: an ``asyncio.SelectorEventLoop`` in all that it does. What is set up once (a
connection, a server, a signal handler, an executor) is the running Python's own code;
what happens again and again is native.
"""

from __future__ import annotations

from asyncio import base_events, unix_events
from inspect import CO_VARKEYWORDS

from ropewalk._asyncio import _handles, _slow, _views
from ropewalk._asyncio._handles import in_context
from ropewalk._asyncio._sockets import SocketOperations
from ropewalk._asyncio._stdlib import CHILDREN, DATAGRAMS, SOCKETS, is_known
from ropewalk._asyncio._timers import ListedTimers
from ropewalk._ropewalk.asyncio.loops import LoopCore, add_create_task
from ropewalk._ropewalk.asyncio.waiting import register_quickly

TYPE_CHECKING = False
if TYPE_CHECKING:
    import selectors
    from collections.abc import Callable
    from typing import Any

_OWN_TIME = 1
_OWN_POLL = 2
_OWN_WAKE = 4
_OWN_WATCH = 8
_OWN_CALLS = 32
_WATCHING = (
    "_add_reader",
    "_add_writer",
    "_remove_reader",
    "_remove_writer",
    "_ensure_fd_no_transport",
)

_Base: Any = unix_events._UnixSelectorEventLoop


add_create_task(
    bool(base_events.BaseEventLoop.create_task.__code__.co_flags & CO_VARKEYWORDS)
)


def _known_parts() -> tuple[Any, ...]:
    """Return what makes transports, as far as we know how this Python makes them."""
    parts: list[Any] = []
    if is_known(DATAGRAMS):
        from ropewalk._asyncio._datagrams import DatagramEndpoints

        parts.append(DatagramEndpoints)
    if is_known(SOCKETS):
        from ropewalk._asyncio._transports import TransportMaker

        parts.append(TransportMaker)
    if is_known(CHILDREN):
        from ropewalk._asyncio._processes import ChildProcesses

        parts.append(ChildProcesses)
    return tuple(parts)


class EventLoop(
    LoopCore,
    SocketOperations,
    *_known_parts(),  # type: ignore[misc]
    ListedTimers,
    _Base,  # type: ignore[misc]
):
    """An event loop for one thread.

    `selector`, from the module selectors, is polled in place of the loop's own poller;
    leave it out unless you have a reason, as it costs time.
    """

    def __init__(self, selector: selectors.BaseSelector | None = None) -> None:
        own = 0
        if type(self).time is not EventLoop.time:
            own |= _OWN_TIME
        if selector is not None or (
            type(self)._process_events is not EventLoop._process_events
        ):
            own |= _OWN_POLL
        if type(self)._write_to_self is not EventLoop._write_to_self:
            own |= _OWN_WAKE
        for name in _WATCHING:
            if getattr(type(self), name) is not getattr(EventLoop, name):
                own |= _OWN_WATCH
        if any(
            getattr(type(self), name) is not getattr(EventLoop, name)
            for name in ("call_at", "_call_soon")
        ):
            own |= _OWN_CALLS
        self._own = own
        self._watched_for_blocks = _slow.Watched()
        self._objects = _views.Objects()
        self._watched_children: dict[Any, Any] = {}
        register_quickly()
        super().__init__(_views._Selector(self) if selector is None else selector)

    @property
    def _ready(self) -> Any:
        return _views._Ready(self)

    @_ready.setter
    def _ready(self, handles: Any) -> None:
        self._set_ready(list(handles))

    @property
    def _selector(self) -> Any:
        return self.__dict__.get("_selector")

    @_selector.setter
    def _selector(self, selector: Any) -> None:
        if selector is not None and not isinstance(selector, _views._Selector):
            self._own |= _OWN_POLL
        self.__dict__["_selector"] = selector

    def run_forever(self) -> None:
        """Run until stop() is called."""
        self._check_process()
        native = type(self)._run_once is LoopCore._run_once
        if native and "_run_once" not in self.__dict__:
            self._keep_running()
        watch = self._watched_for_blocks.for_thread(self)
        if watch is not None:
            watch.enter()
        super().run_forever()

    def close(self) -> None:
        """Close the loop, which does not run and does not run again."""
        super().close()
        if self._watched_children:
            self._part_from_children()
        self._watched_for_blocks.end()

    def run_until_complete(self, future: Any) -> Any:
        """Run until the future, or the task made of a coroutine, is done."""
        self._check_process()
        return super().run_until_complete(future)

    def _add_callback(self, handle: Any) -> None:
        if not handle._cancelled:
            self._put_ready(handle)

    def _call_soon(self, callback: Any, args: Any, context: Any) -> Any:
        handle = _handles.Handle(callback, args, self, context)
        if handle._source_traceback:
            del handle._source_traceback[-1]
        self._put_ready(handle)
        return handle

    def _report_slow(self, handle: Any, took: float) -> None:
        base_events.logger.warning(  # type: ignore[attr-defined]
            "Executing %s took %.3f seconds",
            base_events._format_handle(handle),  # type: ignore[attr-defined]
            took,
        )

    def _write_to_self(self) -> None:
        """Wake the loop, from any thread."""
        if self._own & _OWN_POLL:
            super()._write_to_self()
        else:
            self._rouse()

    def _process_events(self, event_list: Any) -> None:
        super()._process_events(event_list)

    def _add_reader(
        self,
        fd: Any,
        callback: Callable[..., object],
        *args: Any,
        context: Any = None,
    ) -> Any:
        if self._own & _OWN_POLL:
            return super()._add_reader(fd, callback, *args, **in_context(context))
        self._check_closed()
        return self._objects.watch(self, fd, False, callback, args, context)

    def _add_writer(
        self,
        fd: Any,
        callback: Callable[..., object],
        *args: Any,
        context: Any = None,
    ) -> Any:
        if self._own & _OWN_POLL:
            return super()._add_writer(fd, callback, *args, **in_context(context))
        self._check_closed()
        return self._objects.watch(self, fd, True, callback, args, context)

    def _remove_reader(self, fd: Any) -> bool:
        if self._own & _OWN_POLL:
            return bool(super()._remove_reader(fd))
        if self.is_closed():
            return False
        return self._unwatch(self._objects.number(self, fd, False), False)

    def _remove_writer(self, fd: Any) -> bool:
        if self._own & _OWN_POLL:
            return bool(super()._remove_writer(fd))
        if self.is_closed():
            return False
        return self._unwatch(self._objects.number(self, fd, True), True)

    def add_signal_handler(
        self, sig: int, callback: Callable[..., object], *args: Any
    ) -> None:
        """Call the callback in the loop when the signal comes."""
        super().add_signal_handler(sig, callback, *args)
        self._signals = True

    def remove_signal_handler(self, sig: int) -> bool:
        """Call it no longer; return whether there was one."""
        removed = bool(super().remove_signal_handler(sig))
        self._signals = bool(self._signal_handlers)
        return removed


# As the class that it stands for: in repr(), in messages, for those who pickle it.
EventLoop.__name__ = EventLoop.__qualname__ = _Base.__name__
