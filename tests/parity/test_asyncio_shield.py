"""shield(): what the end of one of the two futures does to the other."""

import asyncio
from types import ModuleType
from typing import Any

import pytest

from tests import virtual_loop
from tests.loops import run

MODULE = "asyncio"


class Odd(asyncio.Future):  # type: ignore[type-arg]
    """A future of another class than asyncio's own."""


def _inner(kind: str) -> Any:
    async def coroutine() -> str:
        await asyncio.sleep(2)
        if kind == "fails":
            raise ValueError(kind)
        if kind == "is cancelled":
            raise asyncio.CancelledError(kind)
        return kind

    loop = asyncio.get_running_loop()
    if kind == "odd":
        odd = Odd(loop=loop)
        loop.call_later(2, odd.set_result, kind)
        return odd
    if kind == "future":
        future = loop.create_future()
        loop.call_later(2, future.set_result, kind)
        return future
    return loop.create_task(coroutine())


@pytest.mark.parametrize("end", ["none", "cancel", "cancel twice", "result", "late"])
@pytest.mark.parametrize(
    "kind", ["task", "future", "odd", "fails", "is cancelled", "done"]
)
def test_the_ends(theirs: ModuleType, ours: ModuleType, kind: str, end: str) -> None:
    async def main(impl: ModuleType) -> Any:
        loop = asyncio.get_running_loop()
        log: list[Any] = []
        loop.set_exception_handler(lambda _, context: log.append(context["message"]))
        inner = _inner(kind)
        if kind == "done":
            await inner
        outer = impl.shield(inner)
        assert (outer is inner) == (kind == "done")
        inner.add_done_callback(lambda _: log.append(("inner", loop.time())))
        outer.add_done_callback(lambda _: log.append(("outer", loop.time())))
        await asyncio.sleep(1)
        match end:
            case "cancel":
                log.append(outer.cancel("why"))
            case "cancel twice":
                log.append((outer.cancel(), outer.cancel()))
            case "result" if kind not in ("done",):
                outer.set_result("given")
            case "late":
                await asyncio.sleep(1)
                log.append(outer.cancel())
        await asyncio.sleep(0)
        log.append(len(inner._callbacks or ()))
        for future in (outer, inner):
            try:
                log.append(await future)
            except BaseException as error:
                log.append((type(error), error.args, loop.time()))
        await asyncio.sleep(1)
        return log

    expected = virtual_loop.run(main(theirs))
    assert len(expected) > 3
    assert virtual_loop.run(main(ours)) == expected


def test_who_awaits_is_cancelled_and_the_task_goes_on(impl: ModuleType) -> None:
    async def main() -> None:
        loop = asyncio.get_running_loop()
        future = loop.create_future()

        async def inside() -> Any:
            return await future

        inner = loop.create_task(inside())

        async def outside() -> None:
            await impl.shield(inner)

        waiting = loop.create_task(outside())
        await asyncio.sleep(0)
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
        future.set_result(3)
        assert await inner == 3
        assert await impl.shield(inside()) == 3

    run(impl, main)


@pytest.mark.parametrize("what", [None, 5, "text", [1]])
def test_what_cannot_be_awaited_is_refused(
    theirs: ModuleType, ours: ModuleType, what: Any
) -> None:
    async def main(impl: ModuleType) -> str:
        with pytest.raises(TypeError) as raised:
            impl.shield(what)
        return str(raised.value)

    assert virtual_loop.run(main(ours)) == virtual_loop.run(main(theirs))
