"""Semaphores, events and barriers that were given a condition to wait on.

Promise: once somebody sets ``_cond`` (test tools do, to say who is woken), the standard
library's own methods serve the object on that condition, from what it was then; its
class has the old one's name. A subclass that overrides one of those methods, and a
barrier that runs on the standard library's anyway, keep the attribute and no more.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any


class GivenCondition:
    """The attribute ``_cond``: what was set, or what `look` returns."""

    def __init__(
        self,
        owner: type,
        stock: type,
        state: tuple[str, ...],
        look: Callable[[Any], Any],
    ) -> None:
        self._owner = owner
        self._state = state
        self._look = look
        self._methods = {
            name: value
            for base in reversed(stock.__mro__[:-1])
            for name, value in vars(base).items()
            if callable(value) or isinstance(value, property)
        }
        for name in ("__init__", "__repr__", "__new__"):
            self._methods.pop(name, None)
        self._classes: dict[type, type] = {}

    def __get__(self, one: Any, cls: type | None = None) -> Any:
        if one is None:
            return self
        try:
            return vars(one)["_cond"]
        except KeyError:
            return self._look(one)

    def __set__(self, one: Any, condition: Any) -> None:
        cls = type(one)
        if self._served_by_engine(one, cls):
            state = {name: getattr(one, name) for name in self._state}
            one.__class__ = self._classes.get(cls) or self._make_class(cls)
            vars(one).update(state)
        vars(one)["_cond"] = condition

    def _served_by_engine(self, one: Any, cls: type) -> bool:
        return getattr(one, "_begun", True) and all(
            getattr(cls, name, None) is getattr(self._owner, name, None)
            for name in self._methods
        )

    def _make_class(self, cls: type) -> type:
        # Plain attributes, so that an instance's own are found before them.
        plain = dict.fromkeys((*self._state, "_cond"))
        names = {"__module__": cls.__module__, "__qualname__": cls.__qualname__}
        body = {**self._methods, **plain, **names, "__doc__": cls.__doc__}
        made = self._classes[cls] = type(
            cls.__name__, (cls,), {**body, "__slots__": ()}
        )
        return made
