"""status(): what of this program runs on ropewalk, and what does not, and why.

Promise: to ask imports none of the modules that ropewalk replaces.
"""

from __future__ import annotations

import platform
from typing import NamedTuple

from ropewalk import _engine, _install, _pieces

_MODULES = ("threading", "queue", "concurrent.futures", "asyncio")


class Part(NamedTuple):
    """A class or function that ropewalk replaces."""

    name: str
    """By which it is known in the standard library: "threading.Timer"."""
    is_ours: bool
    """Whether it is ropewalk's; else it is the standard library's own."""
    reason: str
    """What of the running Python is not as ropewalk knows it; empty if it is ours."""


class Status(NamedTuple):
    """What of a program runs on ropewalk; ``str()`` of it is made for reading."""

    version: str
    """Ropewalk's version."""
    python: str
    """The running Python's version."""
    is_tested: bool
    """Whether this Python is one of those that ropewalk was tested on."""
    engine: str
    """Why the engine is not loaded; empty if it is."""
    installed: tuple[str, ...]
    """The modules that install() has taken charge of."""
    parts: tuple[Part, ...]
    """What was asked for so far: the parts of modules that were used."""

    def __str__(self) -> str:
        tested = "tested" if self.is_tested else "not tested"
        lines = [f"ropewalk {self.version} on Python {self.python} ({tested})"]
        if self.engine:
            return "\n".join([*lines, self.engine])
        lines.append(f"installed: {', '.join(self.installed) or 'nothing'}")
        for module in _MODULES:
            parts = [one for one in self.parts if one.name.startswith(f"{module}.")]
            if not parts:
                lines.append(f"{module}: not used yet")
                continue
            others = [part for part in parts if not part.is_ours]
            lines.append(f"{module}: ropewalk's{', but for' * bool(others)}")
            lines += [
                f"  {part.name}: the standard library's own ({part.reason})"
                for part in others
            ]
        return "\n".join(lines)


def status() -> Status:
    """Tell what of this program runs on ropewalk's engine.

    Where the running Python is not as ropewalk knows it, a part stays the standard
    library's own, which works as ever; `parts` says which, and why. Parts of a module
    that nobody has used yet are not listed.

    >>> import ropewalk
    >>> print(ropewalk.status())  # doctest: +ELLIPSIS
    ropewalk ... on Python ...
    """
    is_loaded = _engine.load() is not None
    return Status(
        version=_engine.version(),
        python=platform.python_version(),
        is_tested=_pieces.running() in _pieces.TESTED,
        engine="" if is_loaded else _engine.why_not(),
        installed=tuple(sorted(_install.installed())),
        parts=tuple(
            Part(name, not reason, reason)
            for name, reason in sorted(_pieces.reasons().items())
        ),
    )
