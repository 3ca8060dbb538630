"""Is the code behind an expression ropewalk's own?

Promise: "ours" is shown, never assumed. Python code is ours when its file lies in
the ropewalk package; compiled code when the type or function that holds it is found
in ropewalk's extension module. Everything else is not ours.
"""

import functools
import importlib
import os
import sys
import types
from collections.abc import Iterator
from typing import Any

Verdict = tuple[bool, str]


def _everything_in(module: types.ModuleType, seen: set[int]) -> Iterator[Any]:
    """The values of an extension module and of its submodules."""
    if id(module) in seen:
        return
    seen.add(id(module))
    for value in vars(module).values():
        if isinstance(value, types.ModuleType):
            if value.__name__.startswith("ropewalk") or value.__package__ in ("", None):
                yield from _everything_in(value, seen)
        else:
            yield value


def _our_compiled_things() -> list[Any]:
    extension = sys.modules.get("ropewalk._ropewalk")
    return [] if extension is None else list(_everything_in(extension, set()))


def _our_folder() -> str | None:
    package = sys.modules.get("ropewalk")
    file = getattr(package, "__file__", None)
    return os.path.dirname(os.path.realpath(file)) + os.sep if file else None


def _unwrap(value: Any) -> Any:
    while True:
        if isinstance(value, functools.partial):
            value = value.func
        elif isinstance(value, staticmethod | classmethod | types.MethodType):
            value = value.__func__
        else:
            return value


def judge(value: Any) -> Verdict:
    """Whose code is this function, method or class?"""
    value = _unwrap(value)
    code = getattr(value, "__code__", None)
    if code is not None:
        folder = _our_folder()
        file = os.path.realpath(code.co_filename)
        ours = folder is not None and file.startswith(folder)
        return ours, f"{value.__module__}.{value.__qualname__} in {file}"
    things = _our_compiled_things()
    holder = getattr(value, "__objclass__", None)
    if holder is None:
        owner = getattr(value, "__self__", None)
        if owner is not None and not isinstance(owner, types.ModuleType):
            holder = owner if isinstance(owner, type) else type(owner)
            # A class in Python may stand on the compiled one that has the method.
            has_it = (cls for cls in holder.__mro__ if value.__name__ in vars(cls))
            holder = next(has_it, holder)
    shown = value if holder is None else holder
    ours = any(shown is thing for thing in things)
    return ours, f"{shown.__module__}.{getattr(shown, '__qualname__', shown)}"


def evaluate(expression: str, names: dict[str, Any] | None = None) -> Any:
    """The value of a dotted expression; without `names` its modules are imported."""
    if names is None:
        path = expression.split("(")[0].split(".")
        for end in range(len(path), 0, -1):
            try:
                importlib.import_module(".".join(path[:end]))
                break
            except ImportError:
                continue
        names = {path[0]: sys.modules[path[0]]}
    return eval(expression, dict(names))


def verdict(expression: str, names: dict[str, Any] | None = None) -> Verdict:
    """Judge an expression; one that cannot be evaluated is not ours."""
    try:
        value = evaluate(expression, names)
        try:
            return judge(value)
        finally:
            _close(getattr(value, "__self__", None))
    except Exception as error:
        return False, f"{type(error).__name__}: {error}"


def _close(owner: Any) -> None:
    """An event loop that was made for the question holds descriptors."""
    asyncio = sys.modules.get("asyncio")
    if asyncio is not None and isinstance(owner, asyncio.AbstractEventLoop):
        owner.close()
