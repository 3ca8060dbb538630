"""A native coroutine as a task does what an ``async def`` does."""

import asyncio
import contextvars
import io
import sys
import threading
from collections.abc import Callable, Generator
from typing import Any

import pytest

from tests.coroutines import MAKERS, Steps, drive


@pytest.fixture(name="awaiting", params=MAKERS.values(), ids=list(MAKERS))
def _awaiting(request: pytest.FixtureRequest) -> Callable[[Any], Any]:
    """Makes a coroutine that awaits its argument and returns the result."""
    maker: Callable[[Any], Any] = request.param
    return maker


def test_a_task_shows_where_it_is(awaiting: Any) -> None:
    async def main() -> tuple[str, str, int]:
        future = asyncio.get_running_loop().create_future()
        task = asyncio.create_task(awaiting(future), name="shown")
        await asyncio.sleep(0)
        file = io.StringIO()
        task.print_stack(file=file)
        shown = repr(task), file.getvalue(), len(task.get_stack())
        future.set_result(None)
        await task
        assert "coro=<awaiting() done, defined at " in repr(task)
        return shown

    text, stack, depth = asyncio.run(main())
    assert text.startswith("<Task pending name='shown' coro=<awaiting() running at ")
    assert "wait_for=<Future pending cb=[" in text
    assert stack.startswith("Stack for <Task pending name='shown'")
    assert "in awaiting" in stack
    assert depth == 1


def test_it_can_be_a_task(awaiting: Any) -> None:
    async def main() -> Any:
        loop = asyncio.get_running_loop()
        future = loop.create_future()
        task = asyncio.create_task(awaiting(future))
        await asyncio.sleep(0)
        assert task._fut_waiter is future  # type: ignore[attr-defined]
        loop.call_soon(future.set_result, "value")
        return await task

    assert asyncio.run(main()) == "value"


def test_the_loop_runs_it(awaiting: Any) -> None:
    assert asyncio.run(awaiting(asyncio.sleep(0, "slept"))) == "slept"

    async def main() -> Any:
        return await asyncio.wait_for(awaiting(asyncio.sleep(0, 1)), 60), *(
            await asyncio.gather(
                awaiting(asyncio.sleep(0, 2)), awaiting(Steps(result=3))
            )
        )

    assert asyncio.run(main()) == (1, 2, 3)


def test_another_thread_gives_it_to_the_loop(awaiting: Any) -> None:
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    try:
        coroutine = awaiting(asyncio.sleep(0, "slept"))
        future = asyncio.run_coroutine_threadsafe(coroutine, loop)
        assert future.result(60) == "slept"
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


@pytest.mark.parametrize("started", [False, True])
def test_cancelling_the_task_cancels_the_future(awaiting: Any, started: bool) -> None:
    async def main() -> None:
        future = asyncio.get_running_loop().create_future()
        task = asyncio.create_task(awaiting(future))
        if started:
            await asyncio.sleep(0)
            assert task.cancel("why")
            assert future.cancelled()
            assert not task._must_cancel  # type: ignore[attr-defined]
        else:
            assert task.cancel("why")
            assert task._must_cancel  # type: ignore[attr-defined]
        with pytest.raises(asyncio.CancelledError, match=r"^why$"):
            await task
        assert task.cancelled()
        assert future.cancelled() is started
        future.cancel()

    asyncio.run(main())


def test_cancelled_inside_a_python_coroutine(awaiting: Any) -> None:
    async def main() -> list[str]:
        future = asyncio.get_running_loop().create_future()
        seen = []

        async def outer() -> None:
            try:
                await awaiting(future)
            except asyncio.CancelledError as error:
                seen.append(str(error))
                raise

        task = asyncio.create_task(outer())
        await asyncio.sleep(0)
        task.cancel("outer")
        await asyncio.wait([task])
        assert task.cancelled()
        return seen

    assert asyncio.run(main()) == ["outer"]


def test_a_failed_future_raises(awaiting: Any) -> None:
    async def main() -> None:
        future = asyncio.get_running_loop().create_future()
        task = asyncio.create_task(awaiting(future))
        await asyncio.sleep(0)
        error = ValueError("failed")
        future.set_exception(error)
        with pytest.raises(ValueError, match=r"^failed$") as raised:
            await task
        assert raised.value is error

    asyncio.run(main())


def test_a_future_that_is_done_needs_no_turn_of_the_loop(awaiting: Any) -> None:
    loop = asyncio.new_event_loop()
    future = loop.create_future()
    future.set_result("done")
    assert drive(awaiting(future)) == "done"
    loop.close()


def test_contexts(awaiting: Any) -> None:
    variable: contextvars.ContextVar[str] = contextvars.ContextVar("variable")

    class Sets:
        def __await__(self) -> Generator[Any, Any, Any]:
            yield from asyncio.sleep(0).__await__()
            variable.set("inner")
            return variable.get()

    async def main() -> str:
        variable.set("outer")
        context = contextvars.copy_context()
        task = asyncio.get_running_loop().create_task(awaiting(Sets()), context=context)
        assert await task == "inner"
        assert context[variable] == "inner"
        assert variable.get() == "outer"
        assert await awaiting(Sets()) == "inner"
        return variable.get()

    assert asyncio.run(main()) == "inner"


def test_tracing_sees_the_same_result(awaiting: Any) -> None:
    async def main() -> Any:
        return await awaiting(asyncio.sleep(0, "traced")), await awaiting(
            Steps(result="x")
        )

    sys.settrace(lambda *_: None)
    try:
        assert asyncio.run(main()) == ("traced", "x")
    finally:
        sys.settrace(None)
