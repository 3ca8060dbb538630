"""What ``asyncio``'s transports and streams do where releases differ, found by trying.

Promise: nothing here asks for a version number or reads code; each question is a trial
with stand-ins, run once, without a loop that runs and without a trace left behind. What
cannot be asked is as it was in the oldest release.
"""

from __future__ import annotations

import asyncio.selector_events as _selector_events
import asyncio.streams as _streams

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, NoReturn


class _LookedError(Exception):
    """The loop was asked whether a transport has the descriptor."""


class _Loop:
    """As much of a loop as a reader needs, or one that is to make a transport."""

    def get_debug(self) -> bool:
        return False

    def _ensure_fd_no_transport(self, _fd: Any) -> NoReturn:
        raise _LookedError


def _looks_first(name: str) -> bool:
    make: Any = getattr(_selector_events.BaseSelectorEventLoop, name, None)
    try:
        # Without a socket: nobody gets as far as to use it.
        make(_Loop(), None, None, None)
    except _LookedError:
        return True
    except Exception:
        return False
    return False


def _finds_any_separator() -> bool:
    reader = _stock_reader(loop=_Loop())
    reader.feed_data(b"a;b,")
    try:
        reader.readuntil((b",", b";")).send(None)
    except StopIteration as found:
        return bool(found.value == b"a;")
    except Exception:
        return False
    return False


# As it is before anything takes its place.
_stock_reader: Any = _streams.StreamReader

SOCKETS_ARE_CHECKED = _looks_first("_make_socket_transport")
"""Whether a descriptor that has a transport is refused when another one is made.

With TLS or without: to try the former would make what leaves a trace."""

DATAGRAMS_ARE_CHECKED = _looks_first("_make_datagram_transport")
"""The same where the transport is one for datagrams."""

MANY_SEPARATORS = _finds_any_separator()
"""Whether ``StreamReader.readuntil`` takes a tuple of separators."""
