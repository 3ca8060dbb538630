"""Hang reports: a program that stands still says who waits for what.

Promise: whoever decided about SIGQUIT before install(), or decides after it, is not
disturbed; no thread is started unless ROPEWALK_HANG asks for it; what is wrong with
that setting is one line on stderr.

Three ways to a report, which the extension writes without the interpreter's help:

* ``kill -QUIT pid`` (or Ctrl-\\ in a terminal), after install() or under
  ``python -m ropewalk``: the report and every thread's stack go to stderr, and the
  program goes on. ROPEWALK_REPORT=0 leaves the signal as it is: it ends the program.
* ROPEWALK_HANG=5: the report goes to stderr once for each wait of the main thread
  that lasts for five seconds.
* ``ropewalk.report()``: now, from within.
"""

from __future__ import annotations

import os
import sys

from ropewalk import _engine

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import FrameType
    from typing import Any, TextIO

ON_SIGNAL = "ROPEWALK_REPORT"
AFTER_SECONDS = "ROPEWALK_HANG"

_begun = False
_dump_traceback: Any = None


def report(file: TextIO | None = None) -> None:
    """Print who waits for what, and where every other thread stands.

    Printed to `file`, or else to sys.stderr. For each waiting thread: what it waits
    for, where that was made, since when, where the thread stands, who holds it and
    who else waits for it; then each circle of threads that wait for each other.
    """
    text, waiting = _waits()
    lines = [
        f"  thread {_name(ident)} stands at {_place(frame)}"
        for ident, frame in sorted(_frames().items())
        if ident not in waiting
    ]
    print(text + "\n".join(lines), file=file if file is not None else sys.stderr)


def _waits() -> tuple[str, set[int]]:
    extension: Any = _engine.load()
    if extension is None:
        return f"ropewalk: {_engine.why_not()}\n", set()
    text, waiting = extension.report.text()
    return text, set(waiting)


def _frames() -> dict[int, FrameType]:
    """Map each thread's ident to its innermost frame outside of this file."""
    frames = sys._current_frames()
    for ident, frame in frames.items():
        outer: FrameType | None = frame
        while outer is not None and outer.f_code.co_filename == __file__:
            outer = outer.f_back
        frames[ident] = outer or frame
    return frames


def _name(ident: int) -> str:
    # Not threading.enumerate(), which takes a lock: it may be the one that hangs.
    threading: Any = sys.modules.get("threading")
    thread = None if threading is None else threading._active.get(ident)
    return f"{ident:#x}" if thread is None else str(thread.name)


def _place(frame: FrameType) -> str:
    code = frame.f_code
    return f"{code.co_filename}:{frame.f_lineno} in {code.co_qualname}"


def begin() -> None:
    """Do what the environment asks for; the first call in a process counts."""
    global _begun
    extension: Any = _engine.load()
    if _begun or extension is None:
        return
    _begun = True
    if os.environ.get(ON_SIGNAL) != "0":
        _report_on_quit(extension.report)
    wanted = os.environ.get(AFTER_SECONDS)
    if wanted:
        _watch(extension.report, wanted)


def _report_on_quit(native: Any) -> None:
    if not native.quit_is_undecided():
        return
    global _dump_traceback
    import _signal  # type: ignore[import-not-found]
    import faulthandler

    # Not imported by the handler: it may run in the middle of an import.
    _dump_traceback = faulthandler.dump_traceback

    try:  # noqa: SIM105 - contextlib would be one more module at start-up
        _signal.signal(_signal.SIGQUIT, _write_stacks)
    except ValueError:  # not the main thread: then without stacks
        pass
    # Over Python's handler ours, which has the main thread call it.
    native.report_on_quit()


def _write_stacks(signal: int, frame: FrameType | None) -> None:
    _dump_traceback(file=2, all_threads=True)


def _watch(native: Any, wanted: str) -> None:
    try:
        seconds = float(wanted)
        if not 0 < seconds < float("inf"):
            raise ValueError
    except ValueError:
        _say(f"{AFTER_SECONDS}={wanted} is no number of seconds above 0: not watching")
        return
    try:
        native.watch_main_thread(seconds)
    except (OSError, ValueError) as error:
        _say(f"{AFTER_SECONDS}={wanted}: {error}: not watching")
        return
    # A forked child has none of its parent's threads.
    os.register_at_fork(after_in_child=lambda: native.watch_main_thread(seconds))


def _say(text: str) -> None:
    if sys.stderr is not None:
        print(f"ropewalk: {text}", file=sys.stderr)
