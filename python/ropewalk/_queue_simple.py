"""The compiled SimpleQueue, also when ``queue`` was first imported without it.

Promise: `Empty` is what the compiled SimpleQueue raises, wherever Python has one; a
module that is imported anew, with or without ``_queue``, can be made to agree with it.
"""

from __future__ import annotations

import queue as _stdlib
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import ModuleType
    from typing import Any


def _compiled() -> Any:
    """The module ``_queue``; one of our own while somebody keeps it from programs."""
    try:
        import _queue
    except ImportError:
        return _loaded_apart("_queue")
    return _queue


def _loaded_apart(name: str) -> ModuleType | None:
    for finder in sys.meta_path:
        spec = finder.find_spec(name, None) if hasattr(finder, "find_spec") else None
        if spec is not None and spec.loader is not None:
            module = spec.loader.create_module(spec)
            if module is not None:
                spec.loader.exec_module(module)
            return module
    return None


def is_python_only(module: ModuleType) -> bool:
    """Whether a module ``queue`` has its SimpleQueue in Python."""
    simple: type = module.SimpleQueue
    return simple.__module__ == module.__name__


_home = (is_python_only(_stdlib) and _compiled()) or _stdlib

SimpleQueue = _home.SimpleQueue
Empty = _home.Empty
