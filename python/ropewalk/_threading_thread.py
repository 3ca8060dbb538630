"""Faster ``start`` and ``join`` for the standard library's Thread class.

Promise: `Thread` stays the class it is, so that subclasses made earlier, the main
thread and isinstance() hold; only these two methods are replaced in place, and
`_shutdown` tells hang reports that it waits. The bookkeeping (`_active`, `_limbo`,
shut-down, fork) stays the standard library's.
"""

from __future__ import annotations

import sys
from weakref import WeakKeyDictionary

from ropewalk import _ropewalk
from ropewalk._stdlib import is_known

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import ModuleType
    from typing import Any

_engine = _ropewalk.threading
# The methods that Thread classes had before they were improved.
_plain: WeakKeyDictionary[Any, tuple[Any, Any]] = WeakKeyDictionary()


def improve(module: ModuleType) -> None:
    """Replace the methods of `module.Thread`; the module is ``threading``."""
    thread: Any = module.Thread
    if thread not in _plain:
        _plain[thread] = thread.start, thread.join
    if is_known("threading.Thread.start"):
        thread.start = _make_start(module)
    if is_known("threading.Thread.join"):
        thread.join = _make_join(module)
    if is_known("threading._shutdown"):
        _note_shutdown(module)


def restore(module: ModuleType) -> None:
    """Give `module.Thread` its own methods back."""
    thread: Any = module.Thread
    if thread in _plain:
        thread.start, thread.join = _plain.pop(thread)


def start_thread(threading: Any, thread: Any) -> None:
    """Start the operating system's thread for an object of the module's Thread."""
    if hasattr(threading, "_start_joinable_thread"):
        threading._start_joinable_thread(
            thread._bootstrap, handle=_handle_of(thread), daemon=thread.daemon
        )
    else:
        threading._start_new_thread(thread._bootstrap, ())


def _handle_of(thread: Any) -> Any:
    """The system thread's handle: `_handle` in 3.13, `_os_thread_handle` from 3.14."""
    return getattr(thread, "_os_thread_handle", None) or thread._handle


def have_contexts(threading: Any) -> bool:
    """Whether the module's threads are given the context that they run in."""
    return "context" in (threading.Thread.__init__.__kwdefaults__ or {})


def _make_start(threading: Any) -> Any:
    contexts = have_contexts(threading)

    def start(self: Any) -> None:
        """Start the thread: run() is called in a thread of its own.

        Once per object; RuntimeError the second time.
        """
        if not self._initialized:
            raise RuntimeError("thread.__init__() not called")
        if self._started.is_set():
            raise RuntimeError("threads can only be started once")
        if contexts:
            _choose_context(self)
        limbo = threading._limbo
        with threading._active_limbo_lock:
            limbo[self] = self
        try:
            start_thread(threading, self)
        except Exception:
            with threading._active_limbo_lock:
                del limbo[self]
            raise
        # The new thread sets ident and native_id before this.
        self._started.wait()

    start.__qualname__ = "Thread.start"
    start.__module__ = threading.__name__
    start.__annotations__ = {}
    return start


def _choose_context(thread: Any) -> None:
    """Give the thread the context it will run in, unless it was given one."""
    import contextvars

    if thread._context is None:
        if getattr(sys.flags, "thread_inherit_context", False):
            thread._context = contextvars.copy_context()
        else:
            thread._context = contextvars.Context()


def _note_shutdown(threading: Any) -> None:
    """Let hang reports tell that a program has ended but for its threads."""
    real = threading._shutdown
    if getattr(real, "__wrapped__", None) is not None:
        return
    what = "all threads that are not daemons (the program has ended)"

    def _shutdown() -> None:
        with _ropewalk.report.waiting("Thread.join", what, threading):
            real()

    _shutdown.__wrapped__ = real  # type: ignore[attr-defined]
    _shutdown.__doc__ = real.__doc__
    _shutdown.__module__ = threading.__name__
    _shutdown.__annotations__ = {}
    _shutdown.__qualname__ = "_shutdown"
    threading._shutdown = _shutdown


def _noted(thread: Any, timeout: float | None) -> Any:
    """Note, for hang reports, that the current thread waits for the end of `thread`."""
    # Not `name` and `ident`, which may be a subclass's own, and anything.
    what, ident = f"Thread {thread._name}", thread._ident
    if type(ident) is not int:
        ident = 0
    timed = timeout is not None
    return _ropewalk.report.waiting("Thread.join", what, thread, ident, timed)


def _make_join(threading: Any) -> Any:
    if hasattr(threading, "_start_joinable_thread"):

        def wait(self: Any, timeout: float | None) -> None:
            if _handle_of(self).is_done():
                _handle_of(self).join()
                return
            with _noted(self, timeout):
                _handle_of(self).join(timeout)

    else:

        def wait(self: Any, timeout: float | None) -> None:
            self._wait_for_tstate_lock(block=False)
            if self._is_stopped:
                return
            with _noted(self, timeout):
                self._wait_for_tstate_lock(timeout=-1 if timeout is None else timeout)

    def join(self: Any, timeout: float | None = None) -> None:
        """Wait until the thread has ended, or at most `timeout` seconds.

        Returns None in both cases; is_alive() tells which it was. RuntimeError for
        the current thread and for one that was not started.
        """
        if not self._initialized:
            raise RuntimeError("Thread.__init__() not called")
        if not self._started.is_set():
            raise RuntimeError("cannot join thread before it is started")
        if self is threading.current_thread():
            raise RuntimeError("cannot join current thread")
        wait(self, None if timeout is None else max(timeout, 0))

    join.__qualname__ = "Thread.join"
    join.__module__ = threading.__name__
    join.__annotations__ = {}
    return join
