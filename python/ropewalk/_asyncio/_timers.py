"""A loop's timers as a list, from the first look at ``loop._scheduled`` on.

Promise: whoever reads ``loop._scheduled`` gets a list that from then on is the heap of
the loop's timers, as in the standard library: the loop puts its timers in it and takes
those that are due out of it, and so may everybody else, with heapq or by hand.
"""

from __future__ import annotations

from asyncio import base_events, events
from heapq import heapify, heappop, heappush

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_OWN_TIMERS = 64
_NAME = "_scheduled"
_MANY = base_events._MIN_SCHEDULED_TIMER_HANDLES  # type: ignore[attr-defined]
_PART = base_events._MIN_CANCELLED_TIMER_HANDLES_FRACTION  # type: ignore[attr-defined]


def _gone(when: float, loop: Any) -> events.TimerHandle:
    """A timer that was cancelled, in the place of one whose memory has gone."""
    timer: Any = events.TimerHandle(when, _gone, (), loop)
    timer._callback = timer._args = None
    timer._cancelled = timer._scheduled = True
    return timer  # type: ignore[no-any-return]


class ListedTimers:
    """The part of a loop that keeps its timers in a list, once that was asked for."""

    _own: int
    _closed: bool
    _timer_cancelled_count: int
    _clock_resolution: float

    @property
    def _scheduled(self) -> list[Any]:
        if self._closed and _NAME not in self.__dict__:
            # The loop's close() empties the list. What nobody has seen needs no list.
            self._take_timers()
            return []
        timers: list[Any] = self.__dict__.setdefault(_NAME, [])
        self._own |= _OWN_TIMERS
        self._gather_timers()
        return timers

    @_scheduled.setter
    def _scheduled(self, timers: list[Any]) -> None:
        self._take_timers()
        # The standard library's constructor puts an empty one there.
        if timers or _NAME in self.__dict__:
            self.__dict__[_NAME] = timers
            self._own |= _OWN_TIMERS

    def _gather_timers(self) -> None:
        """Move the timers that the engine has into the list."""
        timers = self.__dict__[_NAME]
        # From a heap, in its order: each stays where it is put, so that timers for one
        # time run in the order in which they would have run.
        for timer in self._take_timers():
            heappush(timers, _gone(timer, self) if type(timer) is float else timer)

    def _next_timer(self) -> float | None:
        """Forget cancelled timers, as ever; return when the first one is due."""
        self._gather_timers()
        timers = self.__dict__[_NAME]
        cancelled = self._timer_cancelled_count
        if len(timers) > _MANY and cancelled / len(timers) > _PART:
            for timer in timers:
                if timer._cancelled:
                    timer._scheduled = False
            timers[:] = [timer for timer in timers if not timer._cancelled]
            heapify(timers)
            self._timer_cancelled_count = 0
        while timers and timers[0]._cancelled:
            self._timer_cancelled_count = max(self._timer_cancelled_count - 1, 0)
            heappop(timers)._scheduled = False
        when: float | None = timers[0]._when if timers else None
        return when

    def _put_due_timers(self) -> None:
        """Put the timers that are due behind the callbacks that run next."""
        timers = self.__dict__[_NAME]
        end = self.time() + self._clock_resolution
        while timers and timers[0]._when < end:
            timer = heappop(timers)
            timer._scheduled = False
            self._put_ready(timer)

    if TYPE_CHECKING:

        def _take_timers(self) -> list[Any]: ...
        def _put_ready(self, handle: Any) -> None: ...
        def time(self) -> float: ...
