"""Whether the standard library's private parts are as we know them.

Promise: what of ours rests on a private part that is missing, or that is not as known,
is not put to use: the standard library's own stays in its place, and everything else is
ours. Each question is asked once per process, when what rests on it is first wanted.

The parts are listed in one table per area, beside what rests on them: `_stdlib` for
threads, queues and futures, `_asyncio._stdlib` for asyncio.
"""

from __future__ import annotations

import sys
from types import CodeType, FunctionType, ModuleType

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Container, Iterable, Iterator
    from typing import Any

TESTED: frozenset[str] = frozenset(
    {"3.11.2", "3.11.7", "3.12.1", "3.13.0", "3.14.10", "3.15.2"}
)
"""The Pythons on which all tests were run. Elsewhere a piece that is not as known is
worth a warning; on these it would be known to us."""

_VARARGS, _VARKEYWORDS = 0x04, 0x08  # as in `inspect`, whose import takes long


class Piece:
    """A private part of the standard library's, and what of ours rests on it."""

    __slots__ = ("names", "probe", "takes", "what", "where")

    def __init__(
        self,
        what: str,
        where: str,
        names: str = "",
        *,
        takes: tuple[str, ...] = (),
        probe: Callable[[Any], object] | None = None,
    ) -> None:
        """List one.

        `what` is ours, by the name that it has in the standard library, whose own it
        falls back to. `where` is "module:qualified.name". Of `names` each has to be
        there: as an attribute, or in what the functions there use; "_a|_b" are two
        names of one thing. `takes` has the parameter lists that are known. `probe`
        tries what it does: something false, or an exception, means not as known.
        """
        self.what = what
        self.where = where
        self.names = names
        self.takes = takes
        self.probe = probe

    def is_wrong(self) -> str:
        """Say what is not as known; nothing if all is."""
        try:
            thing = found_at(self.where)
        except (AttributeError, ImportError):
            return f"there is no {_dotted(self.where)}"
        if self.names and (missing := first_missing(thing, self.names)):
            return f"{_dotted(self.where)} has no {missing.replace('|', ' or ')}"
        if self.takes and (taken := parameters(thing)) not in self.takes:
            return f"{_dotted(self.where)} takes ({taken})"
        if self.probe is not None:
            try:
                known = self.probe(thing)
            except Exception as error:
                return f"{_dotted(self.where)} raises {error!r}"
            if not known:
                return f"{_dotted(self.where)} does something else"
        return ""


def _dotted(where: str) -> str:
    return where.replace(":", ".")


def found_at(where: str) -> Any:
    """Return what stands at "module:qualified.name"."""
    module, _, path = where.partition(":")
    found: Any = sys.modules.get(module)
    if found is None:
        __import__(module)
        found = sys.modules[module]
    for name in path.split(".") if path else ():
        found = getattr(found, name)
    return found


def first_missing(thing: Any, names: str) -> str:
    """Return the first name that is not in a module, class or function.

    Nor in what the code of its functions uses. "_a|_b" are two names of one thing.
    """
    left = names.split()
    for there in _names_of(thing):
        left = [
            name
            for name in left
            if name not in there
            and not ("|" in name and any(one in there for one in name.split("|")))
        ]
        if not left:
            return ""
    return left[0]


def _names_of(thing: Any) -> Iterator[Container[str]]:
    """Yield names where they are soonest found: nearly all are in the first few."""
    if isinstance(thing, ModuleType):
        yield vars(thing)
    elif isinstance(thing, type):
        within = [vars(cls) for cls in thing.__mro__[:-1]]
        yield from within
        for one in within:
            yield from _names_of_code(one.get("__init__"))
        for one in within:
            for value in one.values():
                yield from _names_of_code(value)
    else:
        yield from _names_of_code(thing)


# Where functions are inside of what stands in a class.
_INSIDE = ("__func__", "fget", "fset", "__wrapped__")


def _names_of_code(value: Any) -> Iterator[Container[str]]:
    code = getattr(value, "__code__", None)
    if code is None:
        for inside in _INSIDE:
            function = getattr(value, inside, None)
            if function is not None:
                yield from _names_of_code(function)
        return
    codes = [code]
    while codes:
        code = codes.pop()
        yield {*code.co_names, *code.co_varnames}
        codes += (one for one in code.co_consts if isinstance(one, CodeType))


def parameters(function: Any) -> str:
    """Return the parameters of a Python function as they are written.

    A default that is no number, text or name of a constant is written as "...".
    """
    function = getattr(function, "__func__", function)
    code = function.__code__
    count, more = code.co_argcount, code.co_kwonlyargcount
    names = code.co_varnames
    defaults = function.__defaults__ or ()
    first = count - len(defaults)
    found = [
        name if at < first else f"{name}={_written(defaults[at - first])}"
        for at, name in enumerate(names[:count])
    ]
    if 0 < code.co_posonlyargcount <= count:
        found.insert(code.co_posonlyargcount, "/")
    if code.co_flags & _VARARGS:
        found.append(f"*{names[count + more]}")
    elif more:
        found.append("*")
    by_name = function.__kwdefaults__ or {}
    found += [
        f"{name}={_written(by_name[name])}" if name in by_name else name
        for name in names[count : count + more]
    ]
    if code.co_flags & _VARKEYWORDS:
        found.append(f"**{names[count + more + bool(code.co_flags & _VARARGS)]}")
    return ", ".join(found)


def _written(value: Any) -> str:
    if value is None or type(value) in (bool, int, float, str, bytes):
        return repr(value)
    return "..."


def stands_in(ours: type, theirs: type) -> str:
    """Say why `ours` cannot stand where `theirs` does; nothing if it can.

    It has to have every name that `theirs` has, and where it has a function of its own
    in the place of a private one, that has to take what theirs takes.
    """
    its_own = _members(ours)
    for name, value in _members(theirs).items():
        mine = its_own.get(name)
        if mine is value or name.startswith("__"):
            continue
        if mine is None and not hasattr(ours, name):
            return f"{theirs.__module__}.{theirs.__qualname__} has got {name}"
        if name.startswith("_") and type(value) is type(mine) is FunctionType:
            taken = parameters(value)
            if not _is_taken(taken, parameters(mine)):
                where = f"{theirs.__module__}.{theirs.__qualname__}.{name}"
                return f"{where} takes ({taken})"
    return ""


def _members(cls: type) -> dict[str, Any]:
    """Return what a class and its bases define, the nearest of each name."""
    members: dict[str, Any] = {}
    for base in reversed(cls.__mro__[:-1]):
        members.update(vars(base))
    return members


def _is_taken(taken: str, known: str) -> bool:
    """Whether a function with the parameters `known` can be called as one with `taken`.

    A parameter without a default has its place, and any name.
    """
    theirs, mine = taken.split(", "), known.split(", ")
    if sum(map(str.isidentifier, theirs)) != sum(map(str.isidentifier, mine)):
        return False
    return all(one.isidentifier() or one in mine or one == "*" for one in theirs)


_listed: dict[str, list[Piece]] = {}
# Of what was asked for: what is not as known. Nothing: it is ours.
_reasons: dict[str, str] = {}


def list_pieces(table: Iterable[Piece]) -> None:
    """Have the pieces of an area asked when something rests on them."""
    for piece in table:
        _listed.setdefault(piece.what, []).append(piece)


def pieces() -> list[Piece]:
    """Return all pieces that are listed."""
    return [piece for listed in _listed.values() for piece in listed]


def is_known(
    what: str,
    ours: type | None = None,
    theirs: type | None = None,
    *,
    needs: tuple[str, ...] = (),
) -> bool:
    """Whether all that `what` rests on is as known, so that ours can be put to use.

    With two classes, also whether the first can stand where the second does; with
    `needs`, also whether the others are ours which it is made of.
    """
    reason = _reasons.get(what)
    if reason is None:
        reason = next((_reasons[one] for one in needs if not is_known(one)), "")
        for piece in _listed.get(what, ()) if not reason else ():
            if reason := piece.is_wrong():
                break
    if not reason and ours is not None and theirs is not None:
        reason = stands_in(ours, theirs)
    _reasons[what] = reason
    if reason:
        _tell()
    return not reason


def are_known(kinds: dict[str, tuple[type, type]]) -> bool:
    """Whether classes that make or call each other can all be put to use: else none is.

    `kinds` maps what each is to ours and the standard library's.
    """
    for what, (ours, theirs) in kinds.items():
        is_known(what, ours, theirs)
    reason = next((_reasons[what] for what in kinds if _reasons[what]), "")
    for what in kinds:
        _reasons[what] = _reasons[what] or reason
    return not reason


def reasons() -> dict[str, str]:
    """Map what was asked for to what is not as known; to nothing where it is ours."""
    return dict(_reasons)


def running() -> str:
    """Return the version of the running Python."""
    return sys.version.split()[0].rstrip("+")


_told = False


def _tell() -> None:
    """Warn, once per process, that something is the standard library's own."""
    global _told
    if _told or running() in TESTED:
        return
    _told = True
    import warnings

    text = (
        f"ropewalk was not tested on Python {running()}, which differs from what it "
        "knows: something stays the standard library's own, and works as ever; "
        "print(ropewalk.status()) names it"
    )
    try:
        warnings.warn(text, RuntimeWarning, stacklevel=2)
    except RuntimeWarning:
        # Warnings are errors here; a program does not break because its Python is new.
        if sys.stderr is not None:
            print(f"ropewalk: {text}", file=sys.stderr)
