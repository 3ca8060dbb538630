"""The handles of callbacks: ``Handle`` and ``TimerHandle``.

Promise: subtypes of asyncio's own, with its slots; what a callback raises is reported
to the loop in the words of the running Python.
"""

from __future__ import annotations

from asyncio import events, format_helpers

from ropewalk._ropewalk.asyncio import loops

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


_SOURCE: Any = format_helpers._format_callback_source
_TELLS_DEBUG = "debug" in (_SOURCE.__kwdefaults__ or {})


def _how_to_format(loop: Any) -> dict[str, bool]:
    """In debug mode the arguments are shown, on Pythons that know of it."""
    return {"debug": loop.get_debug()} if _TELLS_DEBUG else {}


def in_context(context: Any) -> dict[str, Any]:
    """Say in which context callbacks run, to a Python that has asked for one."""
    return {} if context is None else {"context": context}


def _report(handle: Any, error: BaseException, loop: Any) -> None:
    """Tell the loop's exception handler what a callback raised."""
    source = _SOURCE(handle._callback, handle._args, **_how_to_format(loop))
    context = {
        "message": f"Exception in callback {source}",
        "exception": error,
        "handle": handle,
    }
    if handle._source_traceback:
        context["source_traceback"] = handle._source_traceback
    loop.call_exception_handler(context)


Handle, TimerHandle = loops.make_handles(
    events.Handle,
    events.TimerHandle,
    _report,
    # For callbacks that other threads hand in: to cancel one waits while it runs.
    getattr(events, "_ThreadSafeHandle", None),
)
