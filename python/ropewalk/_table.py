"""Which modules are replaced, and by what: the one place that says so.

A key is the standard library's module; its value is our module, which offers
``_put_into(module)``. To choose a package chooses all entries below it as well.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

REPLACED: dict[str, str] = {
    "asyncio": "ropewalk.asyncio",
    "asyncio.events": "ropewalk._asyncio.events",
    "asyncio.locks": "ropewalk._asyncio.locks",
    "asyncio.queues": "ropewalk._asyncio.queues",
    "asyncio.runners": "ropewalk._asyncio.runners",
    "asyncio.sslproto": "ropewalk._asyncio.sslproto",
    "asyncio.streams": "ropewalk._asyncio.streams",
    "asyncio.taskgroups": "ropewalk._asyncio.taskgroups",
    "asyncio.tasks": "ropewalk._asyncio.tasks",
    "asyncio.timeouts": "ropewalk._asyncio.timeouts",
    "asyncio.unix_events": "ropewalk._asyncio.unix_events",
    "concurrent.futures": "ropewalk.concurrent.futures",
    "concurrent.futures._base": "ropewalk._futures_base",
    "concurrent.futures.thread": "ropewalk._futures_thread",
    "queue": "ropewalk.queue",
    "threading": "ropewalk.threading",
}


class UnknownModule(ValueError):
    """A name was chosen that ropewalk does not replace."""


def chosen(only: str | Iterable[str] | None) -> frozenset[str]:
    """Return the keys of the table that `only` stands for (None: all of them).

    A string may hold several names, parted by commas.
    """
    if only is None:
        return frozenset(REPLACED)
    names = only.split(",") if isinstance(only, str) else list(only)
    found: set[str] = set()
    for name in (name.strip() for name in names):
        below = {key for key in REPLACED if f"{key}.".startswith(f"{name}.")}
        if not below:
            raise UnknownModule(
                f"ropewalk does not replace {name!r}; "
                f"choose from: {', '.join(sorted(REPLACED))}"
            )
        found |= below
    if not found:
        raise UnknownModule(
            f"no module was named; choose from: {', '.join(sorted(REPLACED))}"
        )
    return frozenset(found)
