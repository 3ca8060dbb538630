"""What a loop shows of its inside under the standard library's private names.

Promise: ``loop._ready`` and ``loop._selector`` can be read and changed as far as
programs and tests do it; each look is a copy, each change is one of the loop itself.
What a look finds is handles, also where the loop has native work.
"""

from __future__ import annotations

import contextlib
import selectors
from collections.abc import Mapping, MutableSequence
from weakref import WeakKeyDictionary

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Any


class _View(MutableSequence):  # type: ignore[type-arg]
    """A sequence that lives in the loop."""

    def __init__(
        self, read: Callable[[], list[Any]], write: Callable[[list[Any]], None]
    ) -> None:
        self._read = read
        self._write = write

    def __len__(self) -> int:
        return len(self._read())

    def __getitem__(self, index: Any) -> Any:
        return self._read()[index]

    def __setitem__(self, index: Any, value: Any) -> None:
        items = self._read()
        items[index] = value
        self._write(items)

    def __delitem__(self, index: Any) -> None:
        items = self._read()
        del items[index]
        self._write(items)

    def insert(self, index: int, value: Any) -> None:
        items = self._read()
        items.insert(index, value)
        self._write(items)

    def clear(self) -> None:
        self._write([])

    def __iter__(self) -> Iterator[Any]:
        return iter(self._read())

    def __eq__(self, other: object) -> bool:
        if isinstance(other, (MutableSequence, list, tuple)):
            return self._read() == list(other)
        return NotImplemented

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return f"{type(self).__name__[1:]}({self._read()!r})"


class _Ready(_View):
    """The callbacks that run next, with the methods of a deque."""

    def __init__(self, loop: Any) -> None:
        super().__init__(loop._ready_list, loop._set_ready)
        self._loop = loop

    def __len__(self) -> int:
        length: int = self._loop._ready_length()
        return length

    def append(self, value: Any) -> None:
        self._loop._put_ready(value)

    def appendleft(self, value: Any) -> None:
        self.insert(0, value)

    def popleft(self) -> Any:
        handle = self._loop._take_ready()
        if handle is None:
            raise IndexError("pop from an empty deque")
        return handle


class _Selector(selectors.BaseSelector):
    """The loop's own poller in the shape of a selector.

    As in the standard library's loop, the data of a key are two handles: who reads and
    who writes.
    """

    def __init__(self, loop: Any) -> None:
        self._loop = loop

    def __setattr__(self, name: str, value: Any) -> None:
        if name == "select":
            # Whoever puts his own in place wants to be asked.
            self._loop._own |= 2
        super().__setattr__(name, value)

    def register(
        self, fileobj: Any, events: int, data: Any = None
    ) -> selectors.SelectorKey:
        descriptor = _descriptor(fileobj)
        if descriptor in self._loop._watched():
            raise KeyError(f"{fileobj!r} (FD {descriptor}) is already registered")
        self._put(descriptor, events, data)
        return self._key(descriptor)

    def _put(self, descriptor: int, events: int, data: Any) -> None:
        reader, writer = data
        if events & selectors.EVENT_READ:
            self._loop._watch_with(descriptor, False, reader)
        if events & selectors.EVENT_WRITE:
            self._loop._watch_with(descriptor, True, writer)

    def unregister(self, fileobj: Any) -> selectors.SelectorKey:
        key = self.get_key(fileobj)
        self._loop._unwatch_only(key.fd, False)
        self._loop._unwatch_only(key.fd, True)
        return key

    def modify(
        self, fileobj: Any, events: int, data: Any = None
    ) -> selectors.SelectorKey:
        descriptor = self.get_key(fileobj).fd
        self._loop._unwatch_only(descriptor, False)
        self._loop._unwatch_only(descriptor, True)
        self._put(descriptor, events, data)
        return self._key(descriptor)

    def select(
        self, timeout: float | None = None
    ) -> list[tuple[selectors.SelectorKey, int]]:
        found = []
        for descriptor, read, write in self._loop._poll(timeout):
            events = selectors.EVENT_READ * read | selectors.EVENT_WRITE * write
            found.append((self._key(descriptor), events))
        return found

    def close(self) -> None:
        self._loop._close_poller()

    def get_map(self) -> Mapping[Any, selectors.SelectorKey]:
        return _Keys(self)

    def get_key(self, fileobj: Any) -> selectors.SelectorKey:
        descriptor = _descriptor(fileobj)
        if descriptor not in self._loop._watched():
            raise KeyError(f"{fileobj!r} is not registered")
        return self._key(descriptor)

    def _key(self, descriptor: int) -> selectors.SelectorKey:
        reader = self._loop._watcher_of(descriptor, False)
        writer = self._loop._watcher_of(descriptor, True)
        events = 0
        if reader is not None:
            events |= selectors.EVENT_READ
        if writer is not None:
            events |= selectors.EVENT_WRITE
        return selectors.SelectorKey(descriptor, descriptor, events, (reader, writer))


class _Keys(Mapping):  # type: ignore[type-arg]
    """What is watched, by descriptor or by an object that has one."""

    def __init__(self, selector: _Selector) -> None:
        self._selector = selector

    def __len__(self) -> int:
        return len(self._selector._loop._watched())

    def __iter__(self) -> Iterator[int]:
        return iter(self._selector._loop._watched())

    def __getitem__(self, fileobj: Any) -> selectors.SelectorKey:
        return self._selector.get_key(fileobj)


class Objects:
    """The objects by which descriptors are watched.

    Such a one is found again when it is closed already and has no descriptor any more.
    """

    def __init__(self) -> None:
        self._known: WeakKeyDictionary[Any, dict[bool, tuple[int, Any]]]
        self._known = WeakKeyDictionary()

    def watch(
        self,
        loop: Any,
        fileobj: Any,
        write: bool,
        callback: Any,
        args: Any,
        context: Any = None,
    ) -> Any:
        """Let the loop watch its descriptor; return the handle."""
        descriptor = _descriptor(fileobj)
        handle = loop._watch(descriptor, write, callback, args, context)
        if not isinstance(fileobj, int):
            with contextlib.suppress(TypeError):  # no weak reference, or no hash
                known = self._known.setdefault(fileobj, {})
                known[write] = (descriptor, handle)
        return handle

    def number(self, loop: Any, fileobj: Any, write: bool) -> int:
        """Return the number by which it is watched now."""
        try:
            return _descriptor(fileobj)
        except ValueError:
            try:
                number, handle = self._known[fileobj][write]
            except (KeyError, TypeError):
                number, handle = -1, None
            # The number may be another file's by now.
            if handle is None or loop._watcher_of(number, write) is not handle:
                raise
            return number


def _descriptor(fileobj: Any) -> int:
    """Return the number of a descriptor, or of an object that has one."""
    descriptor = fileobj
    if not isinstance(fileobj, int):
        try:
            descriptor = int(fileobj.fileno())
        except (AttributeError, TypeError, ValueError):
            raise ValueError(f"Invalid file object: {fileobj!r}") from None
    if descriptor < 0:
        raise ValueError(f"Invalid file descriptor: {descriptor}")
    return int(descriptor)
