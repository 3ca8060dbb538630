"""Who holds the old names, after a module got new ones.

``from queue import Queue`` before install() leaves the old class in the importing
module. Promise: modules of the standard library are set right without a word, and
every other module that still holds an old class is named, nothing in it changed.
"""

from __future__ import annotations

import sys
import types

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import ModuleType
    from typing import Any

    Replaced = dict[int, tuple[object, object]]


def is_lazy(value: object) -> bool:
    """Whether a lazy import has put it there, and nobody has looked at it since."""
    return isinstance(value, getattr(types, "LazyImportType", ()))


def replaced_names(before: dict[str, Any], after: dict[str, Any]) -> Replaced:
    """Map the id of each class or function that went to (old, new)."""
    return {
        id(old): (old, after[name])
        for name, old in before.items()
        if callable(old) and name in after and after[name] is not old
        # What is bound by a lazy import is found in the module that it comes from.
        if not is_lazy(old) and not is_lazy(after[name])
    }


def rebind(replaced: Replaced, except_in: ModuleType) -> list[str]:
    """Rebind in the standard library; return 'module (names)' for all others."""
    holders: dict[int, str] = {}
    for module_name, module in list(sys.modules.items()):
        if module is except_in or module_name.partition(".")[0] == "ropewalk":
            continue
        try:
            # Not vars(): a lazily loaded module must not be loaded by this look.
            namespace = object.__getattribute__(module, "__dict__")
        except AttributeError:
            continue
        held = [
            name
            for name, value in list(namespace.items())
            if id(value) in replaced and replaced[id(value)][0] is value
        ]
        if not held:
            continue
        if _of_stdlib(module_name):
            for name in held:
                namespace[name] = replaced[id(namespace[name])][1]
        else:
            holders.setdefault(
                id(namespace), f"{module_name} ({', '.join(sorted(held))})"
            )
    return sorted(holders.values())


def _of_stdlib(module_name: str) -> bool:
    return (
        module_name != "__main__"
        and module_name.partition(".")[0] in sys.stdlib_module_names
    )
