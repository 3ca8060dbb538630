"""An ``async def`` and the native coroutine that does the same, for tests of both."""

from collections.abc import Generator
from typing import Any

import pytest
from ropewalk._asyncio import _coroutines

from tests import implementations


async def awaiting(what: Any) -> Any:
    return await what


MAKERS = {"python": awaiting}
if not implementations.STDLIB_ONLY:
    MAKERS["native"] = _coroutines.awaiting


class Steps:
    """An awaitable that yields, and says what it was sent and how it was closed."""

    def __init__(self, *values: Any, result: Any = "result") -> None:
        self.values = values
        self.result = result
        self.seen: list[Any] = []

    def __await__(self) -> Generator[Any, Any, Any]:
        for value in self.values:
            try:
                self.seen.append((yield value))
            except BaseException as error:
                self.seen.append(type(error))
                raise
        return self.result


def drive(coroutine: Any, *sent: Any) -> Any:
    """Send until the end; the value that `StopIteration` carries."""
    with pytest.raises(StopIteration) as end:
        coroutine.send(None)
        for value in sent:
            coroutine.send(value)
    return end.value.value
