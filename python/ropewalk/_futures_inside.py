"""What holds a future's inside once somebody looked into it.

Promise: a look at ``_condition``, ``_waiters`` or ``_done_callbacks``, or setting
``_state``, ``_result`` or ``_exception``, moves a future's inside here, for good;
from then on the standard library's own methods serve the future.
"""

from __future__ import annotations

import threading

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


class Inside:
    """The attributes that the standard library's Future works on."""

    __slots__ = (
        "callbacks",
        "condition",
        "exception",
        "result",
        "state",
        "waiters",
    )

    def __init__(self) -> None:
        self.condition = threading.Condition()
        self.state = "PENDING"
        self.result: Any = None
        self.exception: Any = None
        self.waiters: list[Any] = []
        self.callbacks: list[Any] = []


def look_inside(future: Any) -> Inside:
    """Return what holds the inside, after moving it there if need be."""
    found: Inside | None = future._inside
    if found is not None:
        return found
    found = future._adopt_inside(Inside())
    with found.condition:
        future._move_inside(found)
    return found


class Hook:
    """A method that the standard library's others call; setting it moves the inside."""

    def __init__(self, function: Any) -> None:
        self._function = function
        self.__doc__ = function.__doc__

    def __set_name__(self, owner: type, name: str) -> None:
        self._name = name

    def __get__(self, future: Any, owner: type | None = None) -> Any:
        if future is None:
            return self._function
        own = future.__dict__
        if self._name in own:
            return own[self._name]
        return self._function.__get__(future, owner)

    def __set__(self, future: Any, value: Any) -> None:
        look_inside(future)
        future.__dict__[self._name] = value

    def __delete__(self, future: Any) -> None:
        try:
            del future.__dict__[self._name]
        except KeyError:
            raise AttributeError(self._name) from None


def part(name: str, doc: str) -> property:
    """Return an attribute whose use moves the inside."""

    def look(self: Any) -> Any:
        return getattr(look_inside(self), name)

    def replace(self: Any, value: Any) -> None:
        setattr(look_inside(self), name, value)

    return property(look, replace, doc=doc)


def visible_part(place: int, name: str, doc: str) -> property:
    """Return an attribute that can be read without moving the inside."""

    def look(self: Any) -> Any:
        found = self._inside
        return self._look()[place] if found is None else getattr(found, name)

    def replace(self: Any, value: Any) -> None:
        setattr(look_inside(self), name, value)

    return property(look, replace, doc=doc)
