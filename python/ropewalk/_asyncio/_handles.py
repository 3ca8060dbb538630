"""The handles of callbacks: ``Handle`` and ``TimerHandle``.

Promise: subtypes of asyncio's own, with its slots; what a callback raises is reported
to the loop in the words of the running Python.
"""

from __future__ import annotations

import sys
from asyncio import events, format_helpers

from ropewalk._ropewalk.asyncio import loops

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


def _report(handle: Any, error: BaseException, loop: Any) -> None:
    """Tell the loop's exception handler what a callback raised."""
    if sys.version_info >= (3, 13):
        source = format_helpers._format_callback_source(  # type: ignore[attr-defined]
            handle._callback, handle._args, debug=loop.get_debug()
        )
    else:
        source = format_helpers._format_callback_source(handle._callback, handle._args)
    context = {
        "message": f"Exception in callback {source}",
        "exception": error,
        "handle": handle,
    }
    if handle._source_traceback:
        context["source_traceback"] = handle._source_traceback
    loop.call_exception_handler(context)


Handle, TimerHandle = loops.make_handles(events.Handle, events.TimerHandle, _report)
