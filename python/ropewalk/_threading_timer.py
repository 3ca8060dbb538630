"""``threading.Timer`` without a thread while it is pending.

Promise: whatever a program can see of the standard library's Timer holds: it is a
Thread, alive, enumerated and joinable from start() on; its function runs in a thread of
its own; a timer that is cancelled ends at once. Only `native_id` is None, and `ident`
is that of the thread that waits for all such timers, until it fires.

While it is pending a timer has next to nothing of a Thread's inside; it gets the rest
when it is given a thread. Where waiting is not simply a number of seconds (run() is
overridden, `finished` is another event, an interval that is no time) it gets its thread
at start(), as ever.
"""

from __future__ import annotations

import sys
import threading as _stdlib
from time import monotonic

from ropewalk import _threading_thread
from ropewalk._threading_classes import Event
from ropewalk._threading_timer_service import (
    RETRY_SECONDS,
    is_for_good,
    services,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from types import ModuleType
    from typing import Any

# What becomes of a timer. Whoever takes its entry out of the service's queue may take
# it from PENDING on; every change is made under the module's _active_limbo_lock.
_ORDINARY = 0  # not started, or a thread like others
_PENDING = 1  # started; its thread has not begun yet
_ENDED = 2  # cancelled before it had a thread

_HAS_CONTEXT = _threading_thread.have_contexts(_stdlib)
_LONGEST = _stdlib.TIMEOUT_MAX
_ONE_TIME_ONLY = "threads can only be started once"
_set = Event.set


class _Flag:
    """What `Thread._started` is while nobody waits for it."""

    __slots__ = ("_value",)

    def __init__(self, value: bool) -> None:
        self._value = value

    def is_set(self) -> bool:
        return self._value

    def _at_fork_reinit(self) -> None:
        pass


_NOT_STARTED = _Flag(False)
_STARTED = _Flag(True)


class _Launch(_Flag):
    """`_started` of a timer that fires: set by its thread once that has begun."""

    __slots__ = ("_begun", "_timer")

    def __init__(self, timer: Any) -> None:
        super().__init__(True)
        self._timer = timer
        self._begun = Event()

    def set(self) -> None:
        timer, self._timer = self._timer, None
        timer._become_ordinary()
        self._begun.set()

    def has_begun(self) -> bool:
        begun: bool = self._begun.is_set()
        return begun

    def wait_until_begun(self) -> None:
        self._begun.wait()


class _Finished(Event):
    """The event of a timer: setting it takes the timer out of the service."""

    __slots__ = ("_entry", "_threads")
    __init__ = object.__init__
    if TYPE_CHECKING:
        _entry: Any
        _threads: Any

    def set(self) -> None:
        """Set the flag. All threads that wait for it go on."""
        _set(self)
        threads = self._threads
        with threads._active_limbo_lock:
            entry = self._entry
            if entry is None:
                return
            # Where a signal's handler raises here, the next set() does the rest, or the
            # service when the time has come.
            timer = entry.peek()
            if timer is not None:
                timer._end()
                entry.cancel()
            self._entry = None


_Finished.__module__ = "threading"
_Finished.__qualname__ = "Event"


class Timer(_stdlib.Thread):
    """Calls a function after a number of seconds, in a thread of its own.

    start() begins to count; cancel() stops it as long as the function has not begun.
    """

    _threads: Any = _stdlib
    _phase = _ORDINARY
    _due = False
    _told_of_failure = False
    _gate: Any = None
    # What Thread's own methods may read before the timer is given a thread.
    _ident: Any = None
    _native_id: Any = None
    _context: Any = None
    _tstate_lock: Any = None
    _is_stopped: Any = False

    def __init__(
        self,
        interval: float,
        function: Callable[..., object],
        args: Iterable[Any] | None = None,
        kwargs: Mapping[str, Any] | None = None,
    ) -> None:
        threads = self._threads
        self._name = threads._newname("Thread-%d")
        self._daemonic = threads.current_thread().daemon
        self._stderr = sys.stderr
        self._started: Any = _NOT_STARTED
        self.interval = interval
        self.function = function
        self.args = args if args is not None else []
        self.kwargs = kwargs if kwargs is not None else {}
        self.finished = finished = _Finished()
        finished._begin()
        finished._entry = None
        finished._threads = threads
        self._initialized = True

    def start(self) -> None:
        """Begin to count the seconds.

        Once per object; RuntimeError the second time.
        """
        if not self._initialized:
            raise RuntimeError("thread.__init__() not called")
        started = self._started
        if started.is_set():
            raise RuntimeError(_ONE_TIME_ONLY)
        interval, finished = self.interval, self.finished
        try:
            run: Any = self.run.__func__  # type: ignore[attr-defined]
        except AttributeError:
            run = None
        if (
            run is not _run
            or started is not _NOT_STARTED
            or type(finished) is not _Finished
            or not (type(interval) is float or type(interval) is int)
            or not 0 < interval <= _LONGEST
        ):
            self._start_with_thread()
            return
        if _HAS_CONTEXT:
            _threading_thread._choose_context(self)
        threads = self._threads
        with threads._active_limbo_lock:
            if self._started is not _NOT_STARTED:
                raise RuntimeError(_ONE_TIME_ONLY)
            # Many share the thread that waits for them, so its number is no key. None
            # has this one: theirs are addresses of blocks of their own.
            key = id(self)
            # A signal's handler may raise after any call. So what belongs together,
            # here and in _end(), stands in a row without one.
            self._started = _STARTED
            service = services[not self._daemonic]
            try:
                if finished.is_set():
                    self._ident = key
                    self._phase = _ENDED
                    return
                threads._active[key] = self
                self._phase = _PENDING
                service.schedule(interval, self, finished)
                self._ident = service.ident
            except BaseException:
                if finished._entry is not None:  # pending, whatever a handler raised
                    self._ident = service.ident
                else:
                    self._phase = _ORDINARY
                    self._started = _NOT_STARTED
                    if key in threads._active:
                        del threads._active[key]
                raise
        service.wait_until_begun()

    def _start_with_thread(self) -> None:
        self._get_what_a_thread_has()
        if isinstance(self._started, _Flag):
            self._started = Event()
        self._threads.Thread.start(self)

    def cancel(self) -> None:
        """Stop the timer, unless its function has begun."""
        self.finished.set()

    def run(self) -> None:
        """Call the function when the time has come and nobody cancelled."""
        if not self._due:
            self.finished.wait(self.interval)
        if not self.finished.is_set():
            self.function(*self.args, **self.kwargs)
        self.finished.set()

    def join(self, timeout: float | None = None) -> None:
        """Wait until the timer has ended: without an end, or at most `timeout` seconds.

        Returns None in both cases; is_alive() tells which it was. RuntimeError for
        the current thread and for a timer that was not started.
        """
        if self._phase:
            if timeout is not None:
                timeout = max(timeout, 0)
                end = monotonic() + timeout
            if not self._wait_for_thread_or_end(timeout):
                return
            if timeout is not None:
                timeout = max(end - monotonic(), 0)
        self._threads.Thread.join(self, timeout)

    def is_alive(self) -> bool:
        """Return True from start() until the function has ended or was cancelled."""
        assert self._initialized, "Thread.__init__() not called"
        if self._phase:
            return self._phase == _PENDING
        alive: bool = self._threads.Thread.is_alive(self)
        return alive

    def __repr__(self) -> str:
        assert self._initialized, "Thread.__init__() was not called"
        if not self._phase and self._started is not _NOT_STARTED:
            described: str = self._threads.Thread.__repr__(self)
            return described
        if self._phase:
            status = "started" if self._phase == _PENDING else "stopped"
        else:
            status = "initial"
        if self._daemonic:
            status += " daemon"
        if self._ident is not None:
            status += f" {self._ident}"
        return f"<{self.__class__.__name__}({self._name}, {status})>"

    def _wait_for_thread_or_end(self, timeout: float | None) -> bool:
        """Return True when the timer has a thread that can be joined."""
        if timeout is not None:
            if timeout != timeout:
                raise ValueError("Invalid value NaN (not a number)")
            if timeout > _stdlib.TIMEOUT_MAX:
                raise OverflowError("timeout value is too large")
        with self._threads._active_limbo_lock:
            gate = None
            if self._phase == _PENDING:
                gate = self._gate = self._gate or Event()
        if gate is not None and not gate.wait(timeout):
            return False
        return self._phase == _ORDINARY

    def _end(self) -> None:
        """End without a thread, and tell who joins. The lock is held."""
        key, active = id(self), self._threads._active
        self._phase = _ENDED
        if key in active:
            del active[key]
        if self._gate is not None:
            self._gate.set()

    def _fire(self) -> _Launch | None:
        """Give the timer its thread; the service calls this when the time has come."""
        threads = self._threads
        launch = _Launch(self)
        self._get_what_a_thread_has()
        with threads._active_limbo_lock:
            finished: Any = self.finished
            if self._phase == _ENDED or (
                type(finished) is _Finished and finished.is_set()
            ):
                self._end()
                return None
            self._due = True
            self._started = launch
            del threads._active[id(self)]
            threads._limbo[self] = self
        try:
            _threading_thread.start_thread(threads, self)
        except Exception as error:
            if threads._SHUTTING_DOWN and is_for_good(error):
                self._run_in_service()
            else:
                self._try_again_later()
            return None
        return launch

    def _run_in_service(self) -> None:
        """Take the service's thread: better than not to be called at all."""
        self._bootstrap()  # type: ignore[attr-defined]
        # As the end of the thread would have it.
        if self._tstate_lock is not None:
            self._tstate_lock.release()

    def _try_again_later(self) -> None:
        """Be pending again: the system has no thread to give. Says so, once."""
        threads = self._threads
        with threads._active_limbo_lock:
            del threads._limbo[self]
            threads._active[id(self)] = self
            self._started = _STARTED
            self._due = False
            finished: Any = self.finished
            holder = finished if type(finished) is _Finished else _Finished()
            services[not self._daemonic].schedule(RETRY_SECONDS, self, holder)
            told, self._told_of_failure = self._told_of_failure, True
        if not told:
            self._invoke_excepthook(self)  # type: ignore[attr-defined]

    def _become_ordinary(self) -> None:
        """The thread has begun: from now on Thread's methods know all about it."""
        with self._threads._active_limbo_lock:
            self._phase = _ORDINARY
            gate = self._gate
        if gate is not None:
            gate.set()

    def _get_what_a_thread_has(self) -> None:
        """Set the attributes that this Python's Thread.__init__() sets."""
        model = self._threads.Thread(name=self._name, daemon=self._daemonic)
        for name, value in vars(model).items():
            vars(self).setdefault(name, value)
        self._threads._dangling.add(self)

    def _end_in_child(self) -> None:
        self._phase = _ENDED
        self._gate = None

    def _reset_internal_locks(self, is_alive: bool) -> None:
        """What threading calls in a forked child, before 3.13."""
        if self._phase == _PENDING:
            self._end_in_child()
        else:
            self._threads.Thread._reset_internal_locks(self, is_alive)

    def _after_fork(self, new_ident: int | None = None) -> None:
        """What threading calls in a forked child, from 3.13 on."""
        if self._phase == _PENDING:
            self._end_in_child()
        elif self._phase == _ORDINARY:
            self._threads.Thread._after_fork(self, new_ident)


_run = Timer.run


def put_into(module: ModuleType) -> None:
    """Make `Timer` of the module ``threading`` this one, or one like it.

    A module that was executed afresh has a Thread class of its own.
    """
    threads: Any = module
    timer = threads.Timer
    if threads.Thread is Timer.__base__:
        timer = Timer
    elif vars(timer).get("_threads") is not module:
        body = {**vars(Timer), "_threads": module}
        for name in ("__dict__", "__weakref__"):
            body.pop(name, None)
        timer = type("Timer", (threads.Thread,), body)
    threads.Timer = timer
    timer.__module__ = threads.__name__
