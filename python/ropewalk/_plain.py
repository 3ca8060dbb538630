"""Takes annotations off what programs see.

The standard library's modules have none, and ours name things that only type checkers
import. Promise: afterwards ``typing.get_type_hints`` finds nothing at what ropewalk
made, as at its models, and so neither at a program's own subclass of it.
"""

from __future__ import annotations

from types import FunctionType, ModuleType

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any


# What is inside a property, a class method, a hook.
_INSIDE = ("fget", "fset", "fdel", "__func__", "__wrapped__", "_function")


def take_off(module: ModuleType, model: ModuleType | None = None) -> None:
    """Take them off a module, what is in it, and what is in its parts.

    A function whose namesake in `model` has some gets these.
    """
    names = vars(module)
    names.pop("__annotations__", None)
    for name, value in list(names.items()):
        if isinstance(value, type):
            for cls in value.__mro__:
                _take_off_class(cls)
        elif isinstance(value, ModuleType) and _is_ours(value.__name__):
            vars(value).pop("__annotations__", None)
            _take_off_parts(vars(value))
        elif _take_off_function(value):
            known = getattr(getattr(model, name, None), "__annotations__", None)
            value.__annotations__ = dict(known or {})


def _take_off_class(cls: Any) -> None:
    if not _is_ours(cls.__module__):  # the standard library's stays as it is
        return
    if "__annotations__" in vars(cls):
        cls.__annotations__ = {}
    _take_off_parts(vars(cls))


def _take_off_parts(names: Mapping[str, Any]) -> None:
    for value in list(names.values()):
        for part in (value, *(getattr(value, inside, None) for inside in _INSIDE)):
            _take_off_function(part)


def _take_off_function(value: Any) -> bool:
    if not isinstance(value, FunctionType) or not _is_ours(value.__module__):
        return False
    value.__annotations__ = {}
    return True


def _is_ours(module: Any) -> bool:
    return str(module).partition(".")[0] == "ropewalk"
