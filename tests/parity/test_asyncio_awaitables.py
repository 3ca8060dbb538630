"""A native coroutine does what an ``async def`` does that awaits the same thing."""

import asyncio
import collections.abc
import gc
import inspect
import sys
import types
import warnings
import weakref
from collections.abc import Callable, Generator
from typing import Any
from unittest import mock

import pytest

from tests.coroutines import MAKERS, Steps, drive


@pytest.fixture(name="awaiting", params=MAKERS.values(), ids=list(MAKERS))
def _awaiting(request: pytest.FixtureRequest) -> Callable[[Any], Any]:
    """Makes a coroutine that awaits its argument and returns the result."""
    maker: Callable[[Any], Any] = request.param
    return maker


class Stubborn:
    def __await__(self) -> Generator[Any, Any, Any]:
        try:
            yield "once"
        except GeneratorExit:
            yield "again"


def test_it_is_a_coroutine(awaiting: Any) -> None:
    coroutine = awaiting(Steps())
    assert asyncio.iscoroutine(coroutine)
    assert isinstance(coroutine, collections.abc.Coroutine)
    assert inspect.isawaitable(coroutine)
    assert not isinstance(coroutine, collections.abc.Iterator)
    with pytest.raises(TypeError):
        iter(coroutine)  # type: ignore[call-overload]
    coroutine.close()


def test_its_function_is_a_coroutine_function(awaiting: Any) -> None:
    # Deprecated under its public name since Python 3.14.
    ask = getattr(asyncio.coroutines, "_iscoroutinefunction", None)
    ask = ask or asyncio.iscoroutinefunction
    assert ask(awaiting)
    assert inspect.iscoroutinefunction(awaiting)
    assert isinstance(mock.create_autospec(awaiting), types.FunctionType)
    assert ask(mock.create_autospec(awaiting))

    class Holder:
        method = awaiting

    assert isinstance(mock.create_autospec(Holder).method, mock.AsyncMock)
    assert isinstance(mock.MagicMock(Holder).method, mock.AsyncMock)


def test_what_is_sent_goes_to_what_is_awaited(awaiting: Any) -> None:
    steps = Steps(1, 2)
    coroutine = awaiting(steps)
    assert coroutine.send(None) == 1
    assert coroutine.send("a") == 2
    with pytest.raises(StopIteration) as end:
        coroutine.send("b")
    assert end.value.value == "result"
    assert steps.seen == ["a", "b"]


def test_its_steps_can_be_iterated_over(awaiting: Any) -> None:
    assert list(awaiting(Steps(1, 2)).__await__()) == [1, 2]
    steps = awaiting(Steps(1, 2)).__await__()
    assert next(steps) == 1
    assert steps.send("a") == 2
    with pytest.raises(KeyError):
        steps.throw(KeyError("thrown in"))
    steps.close()


@pytest.mark.parametrize(
    "result", [None, 1, (), (1, 2), ValueError("v"), StopIteration(3)]
)
def test_any_result_arrives_as_it_is(awaiting: Any, result: Any) -> None:
    assert drive(awaiting(Steps(result=result))) is result
    assert drive(awaiting(Steps("one", result=result)), None) is result
    assert drive(awaiting(awaiting(Steps(result=result)))) is result

    async def through() -> Any:
        return await awaiting(Steps(result=result))

    assert drive(through()) is result
    assert asyncio.run(through()) is result


def test_a_fresh_one_takes_only_none(awaiting: Any) -> None:
    coroutine = awaiting(Steps(1))
    with pytest.raises(
        TypeError, match=r"^can't send non-None value to a just-started cor"
    ):
        coroutine.send(1)
    assert coroutine.send(None) == 1
    coroutine.close()


def test_it_can_be_used_once(awaiting: Any) -> None:
    for use in ("send", "throw"):
        coroutine = awaiting(Steps())
        drive(coroutine)
        with pytest.raises(
            RuntimeError, match=r"^cannot reuse already awaited coroutine$"
        ):
            getattr(coroutine, use)(None if use == "send" else ValueError())

    async def twice() -> None:
        coroutine = awaiting(Steps())
        await coroutine
        await coroutine

    with pytest.raises(RuntimeError, match=r"^cannot reuse already awaited coroutine$"):
        asyncio.run(twice())


def test_a_closed_one_cannot_be_used(awaiting: Any) -> None:
    coroutine = awaiting(Steps(1))
    assert coroutine.close() is None
    assert coroutine.close() is None
    with pytest.raises(RuntimeError, match=r"^cannot reuse already awaited coroutine$"):
        coroutine.send(None)


def test_two_cannot_await_it(awaiting: Any) -> None:
    coroutine = awaiting(Steps(1, 2))

    async def outer() -> Any:
        return await coroutine

    first, second = outer(), outer()
    assert first.send(None) == 1
    with pytest.raises(RuntimeError, match=r"^coroutine is being awaited already$"):
        second.send(None)
    first.close()


def test_it_cannot_be_driven_by_what_it_awaits(awaiting: Any) -> None:
    found: list[bool] = []

    class Nested:
        def __await__(self) -> Generator[Any, Any, Any]:
            for use in (coroutine.send, coroutine.throw):
                with pytest.raises(ValueError, match=r"^coroutine already executing$"):
                    use(None if use == coroutine.send else ValueError())
            with pytest.raises(ValueError, match=r"^coroutine already executing$"):
                coroutine.close()
            found.append(coroutine.cr_running)
            yield 1

    coroutine = awaiting(Nested())
    assert coroutine.send(None) == 1
    assert found == [True]
    assert not coroutine.cr_running
    coroutine.close()


def test_an_exception_is_thrown_into_what_is_awaited(awaiting: Any) -> None:
    steps = Steps(1)
    coroutine = awaiting(steps)
    coroutine.send(None)
    error = ValueError("thrown")
    with pytest.raises(ValueError, match=r"^thrown$") as raised:
        coroutine.throw(error)
    assert raised.value is error
    assert steps.seen == [ValueError]


def test_thrown_by_type(awaiting: Any) -> None:
    coroutine = awaiting(Steps(1))
    coroutine.send(None)
    with pytest.raises(ValueError):
        coroutine.throw(ValueError)


@pytest.mark.filterwarnings("ignore:the \\(type, exc, tb\\):DeprecationWarning")
@pytest.mark.parametrize("value", ["text", ("a", "b"), KeyError("own")])
def test_thrown_with_three_arguments(awaiting: Any, value: Any) -> None:
    coroutine = awaiting(Steps(1))
    coroutine.send(None)
    traceback = None
    with pytest.raises(KeyError) as raised:
        coroutine.throw(KeyError, value, traceback)
    arguments = value.args if isinstance(value, KeyError) else value
    assert raised.value.args == (
        arguments if isinstance(arguments, tuple) else (value,)
    )


@pytest.mark.skipif(sys.version_info < (3, 12), reason="said since 3.12")
def test_three_arguments_are_deprecated(awaiting: Any) -> None:
    coroutine = awaiting(Steps(1))
    with (
        pytest.warns(DeprecationWarning, match=r"^the \(type, exc, tb\) signature"),
        pytest.raises(KeyError),
    ):
        coroutine.throw(KeyError, "text")


@pytest.mark.filterwarnings("ignore:the \\(type, exc, tb\\):DeprecationWarning")
def test_what_cannot_be_thrown(awaiting: Any) -> None:
    for arguments, why in {
        (): "throw expected at least 1 argument, got 0",
        (1,): "exceptions must be classes or instances deriving from Base.*, not int",
        (
            int,
        ): "exceptions must be classes or instances deriving from Base.*, not type",
        (ValueError(), 1): "instance exception may not have a separate value",
        (ValueError, None, 1): "throw\\(\\) third argument must be a traceback object",
    }.items():
        coroutine = awaiting(Steps(1))
        coroutine.send(None)
        with pytest.raises(TypeError, match=rf"^{why}$"):
            coroutine.throw(*arguments)
        coroutine.close()


def test_thrown_before_the_start_nothing_is_awaited(awaiting: Any) -> None:
    steps = Steps(1)
    coroutine = awaiting(steps)
    with pytest.raises(ValueError):
        coroutine.throw(ValueError())
    assert steps.seen == []
    with pytest.raises(RuntimeError, match=r"reuse"):
        coroutine.send(None)


def test_closing_closes_what_is_awaited(awaiting: Any) -> None:
    steps = Steps(1)
    coroutine = awaiting(steps)
    coroutine.send(None)
    assert coroutine.close() is None
    assert steps.seen == [GeneratorExit]


def test_close_reports_who_ignores_it(awaiting: Any) -> None:
    coroutine = awaiting(Stubborn())
    coroutine.send(None)
    with pytest.raises(RuntimeError, match=r"ignored GeneratorExit"):
        coroutine.close()


def test_stop_iteration_inside_is_an_error(awaiting: Any) -> None:
    class Raises:
        def __await__(self) -> Any:
            raise StopIteration(1)

    with pytest.raises(
        RuntimeError, match=r"^coroutine raised StopIteration$"
    ) as raised:
        awaiting(Raises()).send(None)
    assert isinstance(raised.value.__cause__, StopIteration)


def test_what_cannot_be_awaited(awaiting: Any) -> None:
    async def stock() -> Any:
        await 1  # type: ignore[misc]

    with pytest.raises(TypeError) as expected:
        stock().send(None)
    with pytest.raises(TypeError) as told:
        awaiting(1).send(None)
    assert str(told.value) == str(expected.value)


def test_never_awaited(awaiting: Any) -> None:
    with pytest.warns(RuntimeWarning) as caught:
        awaiting(Steps())
        gc.collect()
    assert [str(w.message) for w in caught] == [
        "coroutine 'awaiting' was never awaited"
    ]


def test_no_warning_when_it_was_closed_or_thrown_into(awaiting: Any) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        awaiting(Steps()).close()
        with pytest.raises(ValueError):
            awaiting(Steps()).throw(ValueError())


def test_one_that_is_dropped_is_closed(awaiting: Any) -> None:
    steps = Steps(1)
    coroutine = awaiting(steps)
    coroutine.send(None)
    del coroutine
    gc.collect()
    assert steps.seen == [GeneratorExit]


def test_a_cycle_is_collected(awaiting: Any) -> None:
    steps = Steps(1)
    coroutine = awaiting(steps)
    steps.values = (coroutine,)
    gone = weakref.ref(steps)
    seen = steps.seen
    coroutine.send(None)
    del steps, coroutine
    gc.collect()
    assert gone() is None
    assert seen == [GeneratorExit]


def test_what_it_holds_is_let_go_of_at_the_end(awaiting: Any) -> None:
    steps = Steps()
    coroutine = awaiting(steps)
    gone = weakref.ref(steps)
    del steps
    drive(coroutine)
    gc.collect()
    assert gone() is None


def test_weak_references(awaiting: Any) -> None:
    coroutine = awaiting(Steps())
    reference = weakref.ref(coroutine)
    coroutine.close()
    assert reference() is coroutine
    del coroutine
    assert reference() is None


def test_it_cannot_be_made_pickled_or_changed(awaiting: Any) -> None:
    import pickle

    coroutine = awaiting(Steps())
    with pytest.raises(TypeError, match=r"cannot pickle '.*coroutine' object"):
        pickle.dumps(coroutine)
    with pytest.raises(TypeError, match=r"cannot create '.*coroutine' instances"):
        type(coroutine)()
    with pytest.raises(AttributeError):
        coroutine.nothing = 1
    coroutine.close()


def test_its_attributes_tell_its_state(awaiting: Any) -> None:
    steps = Steps(1)
    coroutine = awaiting(steps)
    assert coroutine.__name__ == "awaiting"
    assert coroutine.__qualname__ == "awaiting"
    assert repr(coroutine).startswith("<coroutine object awaiting at 0x")
    assert inspect.getcoroutinestate(coroutine) == inspect.CORO_CREATED
    assert coroutine.cr_await is None
    assert coroutine.cr_code is awaiting.__code__
    shown, given = coroutine.cr_frame.f_code, awaiting.__code__
    for name in ("co_qualname", "co_filename", "co_firstlineno"):
        assert getattr(shown, name) == getattr(given, name)
    # At the beginning: a decorator's line or that of the function itself.
    lines = [line for *_, line in given.co_lines() if line is not None]
    assert coroutine.cr_frame.f_lineno in {given.co_firstlineno, *lines[:2]}
    if hasattr(types.CoroutineType, "cr_state"):
        assert coroutine.cr_state == inspect.CORO_CREATED
    coroutine.send(None)
    assert inspect.getcoroutinestate(coroutine) == inspect.CORO_SUSPENDED
    assert isinstance(coroutine.cr_await, types.GeneratorType)
    coroutine.close()
    assert inspect.getcoroutinestate(coroutine) == inspect.CORO_CLOSED
    assert coroutine.cr_await is None
    assert coroutine.cr_frame is None
    assert coroutine.cr_origin is None


def test_deep_nesting(awaiting: Any) -> None:
    coroutine = awaiting(Steps(1, result="deep"))
    for _ in range(50):
        coroutine = awaiting(coroutine)
    assert coroutine.send(None) == 1
    assert drive_on(coroutine) == "deep"


def drive_on(coroutine: Any) -> Any:
    with pytest.raises(StopIteration) as end:
        coroutine.send(None)
    return end.value.value
