"""The threads that wait for all pending timers, so that no timer needs one of its own.

Promise: there is one such thread for daemon timers and one for the others, each only
while timers are pending and a short while longer; importing this module starts none.
The second keeps the interpreter alive exactly as long as the threads of its timers
would. In a forked child both begin anew, with nothing pending.
"""

from __future__ import annotations

import _thread
import os
import sys
import threading as _stdlib
from collections import deque
from functools import partial
from operator import attrgetter

from ropewalk import _ropewalk

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

PATIENCE_SECONDS = 0.1
"""How long a service stays while nothing is pending. Starting a thread costs about
0.1 ms, so a program that starts timers all the time pays a thousandth of its time at
most; and whoever counts threads after a test mostly waits longer than this."""

RETRY_SECONDS = 0.1
"""After so long a timer whose thread could not be started tries again."""


def is_for_good(error: Exception) -> bool:
    """Whether a thread could not be started because the interpreter ends.

    In some releases of 3.12 that is so while it still waits for the others; what is
    pending then is called by the service's own thread.
    """
    return "shutdown" in str(error)


class Service:
    """A delay queue of timers, and the thread that fires them when there is one."""

    def __init__(self, awaited: bool) -> None:
        self._awaited = awaited
        # The thread that waits for what is pending, and a lock that is held while it
        # does not run yet.
        self.ident = 0
        self._beginning: Any = None
        self._interruption: BaseException | None = None
        self._queue = _ropewalk.threading.DelayQueue(PATIENCE_SECONDS)
        if _stdlib._SHUTTING_DOWN:  # type: ignore[attr-defined]
            self._queue.hurry()

    def schedule(self, seconds: float, timer: Any, holder: Any) -> None:
        """Have the timer fired, and `holder._entry` be its entry.

        If that raises and nothing was set, as when there is no thread to be had,
        nothing is pending. The caller holds the lock of the timers.
        """
        self._interruption = None
        self._queue.schedule(seconds, timer, self._begin, holder)
        if self._interruption is not None:
            raise self._interruption

    def hurry(self) -> None:
        """End as soon as nothing is pending."""
        self._queue.hurry()

    def abandon(self) -> None:
        """End all that is pending: this is a forked child."""
        for timer in self._queue.abandon():
            timer._end_in_child()

    def wait_until_begun(self) -> None:
        """Return once the thread that was started last, if one was, has a stack."""
        beginning = self._beginning
        if beginning is not None:
            with beginning:
                pass
            if self._beginning is beginning:
                self._beginning = None

    def _begin(self, server: Any) -> None:
        """Start the thread; raises only if there is none.

        What a signal's handler raises once it is started is kept for schedule().
        """
        beginning = _thread.allocate_lock()
        beginning.acquire()
        started: list[Any] = []
        try:
            # No handler runs between the start and the list.
            started.extend(self._start(server, beginning))
        except BaseException as error:
            if not started:
                raise
            self._interruption = error
        self.ident, self._beginning = started[0], beginning

    def _start(self, server: Any, beginning: Any) -> Iterator[Any]:
        """Start a thread when the first item is asked for, which is its number."""
        if not self._awaited:
            return map(_thread.start_new_thread, (_serve,), ((server, beginning),))
        if hasattr(_thread, "start_joinable_thread"):
            start = partial(_thread.start_joinable_thread, daemon=False)
            handles = map(start, (lambda: _serve(server, beginning),))
            return map(attrgetter("ident"), handles)
        return map(_thread.start_new_thread, (_serve_awaited,), ((server, beginning),))


def _serve_awaited(server: Any, beginning: Any) -> None:
    """Serve in a thread that `threading._shutdown()` waits for, before 3.13."""
    threading: Any = _stdlib
    serving = _thread.allocate_lock()
    serving.acquire()
    with threading._shutdown_locks_lock:
        threading._maintain_shutdown_locks()
        threading._shutdown_locks.add(serving)
    try:
        _serve(server, beginning)
    finally:
        serving.release()


def _serve(server: Any, beginning: Any) -> None:
    beginning.release()
    # Launched, but maybe not yet a thread that the interpreter waits for when it ends.
    launches: deque[Any] = deque()
    while (timer := server.next()) is not None:
        try:
            launch = timer._fire()
        except BaseException:  # from the program's excepthook
            launch = None
            sys.excepthook(*sys.exc_info())
        if launch is not None:
            launches.append(launch)
        while launches and launches[0].has_begun():
            launches.popleft()
        del timer, launch
    for launch in launches:
        launch.wait_until_begun()


services = {False: Service(awaited=False), True: Service(awaited=True)}
"""The service for daemon timers, and the one for those that the interpreter awaits."""


def _hurry() -> None:
    services[True].hurry()


def _begin_anew_in_child() -> None:
    for awaited, old in list(services.items()):
        services[awaited] = Service(awaited)
        old.abandon()


os.register_at_fork(after_in_child=_begin_anew_in_child)
if not _stdlib._SHUTTING_DOWN:  # type: ignore[attr-defined]
    _stdlib._register_atexit(_hurry)  # type: ignore[attr-defined]
