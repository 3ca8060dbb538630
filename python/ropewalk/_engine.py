"""Loads the extension, or says in one sentence why it cannot be had.

Promise: `load()` never raises. Where it returns None, the standard library is
handed on as it is, and `warn_handed_on()` says so once per process (never in a
sub-interpreter, where it is the rule and no news).
"""

from __future__ import annotations

import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import ModuleType

_warned = False


def load() -> ModuleType | None:
    """Return the extension module, or None where it is not to be had.

    It is not even tried in a sub-interpreter: the extension belongs to the first
    interpreter that loads it, and that has to be the main one.
    """
    if not in_main_interpreter():
        return None
    try:
        extension = _import()
    except ImportError:
        return None
    # Without the binary, the directory of its stubs imports as an empty namespace.
    return extension if getattr(extension, "__file__", None) else None


def _import() -> ModuleType:
    __import__("ropewalk._ropewalk")
    return sys.modules["ropewalk._ropewalk"]


def in_main_interpreter() -> bool:
    """Whether this is the interpreter that the process started with."""
    import _thread

    ask = getattr(_thread, "_is_main_interpreter", None)  # from 3.13 on
    if ask is not None:
        return bool(ask())
    import importlib

    try:
        interpreters = importlib.import_module("_xxsubinterpreters")
    except ImportError:  # built without them, so there are none
        return True
    return bool(interpreters.get_current() == interpreters.get_main())


def why_not() -> str:
    """Say why `load()` returned None, and what to do about it."""
    if sys.platform != "linux":
        return (
            f"ropewalk's engine does not run on {sys.platform} yet, so the standard "
            "library's own classes are used"
        )
    tag = sys.implementation.cache_tag
    try:
        extension = _import()
    except ImportError as error:
        reason = str(error).splitlines()[0]
    else:
        reason = f"no binary in {next(iter(extension.__path__))}"
    return (
        f"ropewalk's engine cannot be loaded in {tag} ({reason}), so the standard "
        "library's own classes are used; build it with Rust and: pip install ."
    )


def warn_handed_on(stacklevel: int = 2) -> None:
    """Warn, once per process, that the standard library is handed on."""
    global _warned
    if _warned or not in_main_interpreter():
        return
    _warned = True
    import warnings

    warnings.warn(why_not(), RuntimeWarning, stacklevel=stacklevel + 1)


def version() -> str:
    """Return ropewalk's version, from the binary or else from its metadata."""
    found = getattr(load(), "__version__", None)
    if found is not None:
        return str(found)
    import importlib.metadata

    try:
        return importlib.metadata.version("ropewalk")
    except importlib.metadata.PackageNotFoundError:
        return "unknown"
