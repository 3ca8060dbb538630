"""The engine's methods, as Python's functions to whoever looks.

Promise: a public method of ours is a function to `inspect`, `unittest.mock`, `weakref`
and `pickle`, with the standard library's signature, and its bound methods are Python's
own. A call goes straight to the engine; only one with keywords, or with a wrong number
of arguments, runs the function, which hands them on or complains as functions do.
"""

from __future__ import annotations

import copyreg
import sys
from types import FunctionType, MethodDescriptorType

from ropewalk import _ropewalk

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

_native = _ropewalk.asyncio.awaitable


def give_faces(cls: type, engine: type, quick: dict[str, Any]) -> None:
    """Put a function into `cls` for each public method of its base `engine`.

    `quick` holds the engine's own ways to methods that are called with as few
    arguments as they take.
    """
    for name, method in vars(engine).items():
        if name.startswith("_") or name in vars(cls):
            continue
        if type(method) is MethodDescriptorType:
            way = quick.get(f"{engine.__name__}.{name}")
            setattr(cls, name, _face(cls, method, way))


def give_face(cls: type, method: Any, text: str | None = None) -> None:
    """Put a function into `cls` for this method of its base, with another signature."""
    setattr(cls, method.__name__, _face(cls, method, None, text))


def _face(cls: type, method: Any, quick: Any, text: str | None = None) -> Any:
    """A function of the method's signature that calls it, with a short cut to it."""
    name, text = method.__name__, (text or method.__text_signature__)[1:-1]
    parameters = text.replace("$self", "self").split(", ")
    arguments = ", ".join(_handed_on(parameters))
    source = f"def {name}({', '.join(parameters)}):\n    return _engine({arguments})\n"
    module = cls.__module__.removeprefix("ropewalk.")
    namespace: dict[str, Any] = {"_engine": method, "__name__": module}
    code = compile(source, __file__, "exec", dont_inherit=True)
    exec(code, namespace)
    function = namespace[name]
    function.__qualname__ = f"{cls.__qualname__}.{name}"
    function.__doc__ = method.__doc__
    function._of = cls
    _annotate(function, cls)
    count = function.__code__.co_argcount
    least = count - len(function.__defaults__ or ())
    most = sys.maxsize if "*args" in parameters else count
    any_keywords = "**kwargs" in parameters
    return _native.face(function, method, least, most, any_keywords, quick)


def _annotate(function: Any, cls: type) -> None:
    """Give it the annotations of the standard library's, which `cls` inherits."""
    for base in cls.__mro__:
        found = vars(base).get(function.__name__)
        if type(found) is FunctionType:
            if hasattr(found, "__annotate__"):  # Since 3.14: asked for when needed.
                function.__annotate__ = found.__annotate__
            else:
                function.__annotations__ = dict(found.__annotations__)
            return


def _handed_on(parameters: list[str]) -> Iterator[str]:
    """What a function with these parameters calls another one with."""
    by_name = False
    for parameter in parameters:
        name = parameter.partition("=")[0]
        if name == "*":
            by_name = True
        elif name != "/":
            is_named = by_name and not name.startswith("*")
            yield f"{name}={name}" if is_named else name


def _by_name(function: Any) -> Any:
    """Say where pickle finds it: in its class, or in the class of the engine."""
    of = getattr(function, "_of", None) or getattr(function, "__objclass__", None)
    return function.__qualname__ if of is None else (getattr, (of, function.__name__))


copyreg.pickle(type(_native.short_cut(_by_name, _by_name, 1)), _by_name)
