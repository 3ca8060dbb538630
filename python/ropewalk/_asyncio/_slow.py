"""A blocked loop is told of while it is blocked.

Promise: unless ROPEWALK_SLOW names a duration or the loop is in debug mode, nothing is
started and nothing is paid for; what is wrong with the setting is one line on stderr
that says what to write; a loop's watch ends with the loop.
"""

from __future__ import annotations

import os
import sys
import threading

from ropewalk import _engine

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from ropewalk._ropewalk.asyncio.slow import Watch

VARIABLE = "ROPEWALK_SLOW"
# A report more often than this would be a program of reports.
SHORTEST = 0.01
_UNITS = {"ms": 0.001, "s": 1.0, "": 1.0}
_native: Any = _engine.load()
_complained_of: set[str] = set()


class BadDuration(ValueError):
    """A text that stands for no duration."""


def seconds(text: str) -> float:
    """Return how many seconds "100ms", "2s" or "0.1" stands for."""
    number = text.strip().rstrip("ms")
    unit = text.strip()[len(number) :]
    try:
        value = float(number) * _UNITS[unit]
    except (KeyError, ValueError):
        value = -1.0
    if not 0 <= value < float("inf"):
        raise BadDuration(
            f"{text!r} is no duration: write 100ms, 2s or 0.1 (seconds), or 0 for none"
        )
    return value


def _wanted(loop: Any) -> float:
    """Return after how many seconds a callback blocks the loop; 0 when nobody asks."""
    text = os.environ.get(VARIABLE)
    if text:
        try:
            return seconds(text)
        except BadDuration as error:
            _complain(text, error)
            return 0.0
    if loop.get_debug():
        return max(float(loop.slow_callback_duration), SHORTEST)
    return 0.0


def _complain(text: str, error: BadDuration) -> None:
    if text not in _complained_of and sys.stderr is not None:
        _complained_of.add(text)
        print(f"ropewalk: {VARIABLE}: {error}; not watching", file=sys.stderr)


class Watched:
    """One loop's watch, begun and ended as the loop and its settings want it."""

    def __init__(self) -> None:
        """Make one that watches nothing yet."""
        self._watch: Watch | None = None
        self._terms: tuple[float, int] | None = None

    def for_thread(self, loop: Any) -> Watch | None:
        """Return what watches the loop while the current thread runs it.

        The caller enters it: it is the caller's frame that the loop's stack begins at.
        """
        wanted = _wanted(loop)
        terms = (wanted, threading.get_ident()) if wanted else None
        if terms != self._terms:
            self.end()
            if terms is not None:
                name = threading.current_thread().name
                self._watch = _native.asyncio.slow.Watch(loop, wanted, name)
            self._terms = terms
        return self._watch

    def end(self) -> None:
        """Watch no longer."""
        if self._watch is not None:
            self._watch.end()
        self._watch = self._terms = None
