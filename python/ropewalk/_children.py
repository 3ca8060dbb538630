"""What ropewalk's .pth file runs at the start of every Python where ROPEWALK=1.

Promise: it never stops an interpreter from starting and never raises. What goes
wrong is one line on stderr, and then the standard library stays as it is.
"""

from __future__ import annotations

import os
import sys

from ropewalk import _engine, _install, _table

_begun = False


def begin() -> None:
    """Install what the environment asks for, in the main interpreter.

    In a virtual environment site runs each .pth file twice: the second is ignored.
    """
    global _begun
    if _begun or not _engine.in_main_interpreter():
        return
    _begun = True
    try:
        names = _table.chosen(os.environ.get(_install.ONLY) or None)
        if _engine.load() is None:
            _say(_engine.why_not())
        else:
            _install.begin(names)
    except Exception as error:
        _say(f"{_install.ONLY}: {error}" if _is_choice(error) else repr(error))


def _is_choice(error: Exception) -> bool:
    return isinstance(error, _table.UnknownModule)


def _say(text: str) -> None:
    if sys.stderr is not None:
        print(f"ropewalk: {text}", file=sys.stderr)
