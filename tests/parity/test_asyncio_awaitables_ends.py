"""How a native coroutine ends is what Python sees of an ``async def`` that ends."""

import asyncio
import gc
import threading
import weakref
from collections.abc import Callable
from typing import Any

import pytest

from tests.coroutines import MAKERS, Steps

VALUES = [
    None,
    True,
    False,
    0,
    "text",
    (),
    (1,),
    (1, 2),
    [1],
    ValueError("v"),
    StopIteration(3),
]


class Big:
    """Something large that a weak reference can watch."""


@pytest.fixture(name="awaiting", params=MAKERS.values(), ids=list(MAKERS))
def _awaiting(request: pytest.FixtureRequest) -> Callable[[Any], Any]:
    """Makes a coroutine that awaits its argument and returns the result."""
    maker: Callable[[Any], Any] = request.param
    return maker


def by_send(coroutine: Any) -> Any:
    return coroutine.send(None)


def by_next(coroutine: Any) -> Any:
    return next(coroutine.__await__())


def by_method(coroutine: Any) -> Any:
    return coroutine.__await__().__next__()


WAYS = [by_send, by_next, by_method]


def caught(step: Callable[[Any], Any], coroutine: Any) -> StopIteration:
    try:
        step(coroutine)
    except StopIteration as error:
        return error
    raise AssertionError("it did not end")


@pytest.mark.parametrize("step", WAYS)
@pytest.mark.parametrize("value", VALUES, ids=repr)
def test_what_the_end_says(awaiting: Any, step: Any, value: Any) -> None:
    error = caught(step, awaiting(Steps(result=value)))
    assert type(error) is StopIteration
    assert error.value is value
    assert error.args == (() if value is None else (value,))
    assert error.__context__ is None
    assert error.__cause__ is None
    assert error.__suppress_context__ is False
    assert error.__dict__ == {}
    assert not hasattr(error, "__notes__")
    assert str(error) == str(StopIteration(*error.args))


@pytest.mark.parametrize("step", WAYS)
def test_two_ends_are_two_exceptions(awaiting: Any, step: Any) -> None:
    first = caught(step, awaiting(Steps(result=True)))
    first.value = "changed"
    first.args = ("changed",)
    first.add_note("a note")
    second = caught(step, awaiting(Steps(result=True)))
    assert second is not first
    assert (second.value, second.args) == (True, (True,))
    assert not hasattr(second, "__notes__")
    assert (first.value, first.args) == ("changed", ("changed",))


@pytest.mark.parametrize("step", WAYS)
@pytest.mark.parametrize("value", [1, (1, 2), ValueError("v")], ids=repr)
def test_the_exception_in_hand_is_the_context(
    awaiting: Any, step: Any, value: Any
) -> None:
    """On Pythons on which it is that of their own coroutines."""

    async def stock() -> Any:
        return value

    handled = KeyError("in hand")
    try:
        raise handled
    except KeyError:
        error = caught(step, awaiting(Steps(result=value)))
        expected = caught(step, stock())
    assert error.value is value
    assert expected.__context__ in (handled, None)
    assert error.__context__ is expected.__context__


def test_a_result_dies_with_its_last_name(awaiting: Any) -> None:
    async def main() -> None:
        for wrapped in (False, True):
            big = Big()
            gone = weakref.ref(big)
            steps = Steps(result=(big,) if wrapped else big)
            taken = await awaiting(steps)
            del steps, big
            assert gone() is not None
            del taken
            assert gone() is None

    asyncio.run(main())


@pytest.mark.parametrize("step", WAYS)
def test_what_is_caught_dies_with_its_last_name(awaiting: Any, step: Any) -> None:
    steps = Steps(result=Big())
    gone = weakref.ref(steps.result)
    error = caught(step, awaiting(steps))
    del steps
    assert gone() is error.value
    del error
    assert gone() is None


@pytest.mark.parametrize("value", [1, (1, 2), Big()], ids=["int", "tuple", "object"])
def test_the_collector_knows_the_exception(awaiting: Any, value: Any) -> None:
    error = caught(by_next, awaiting(Steps(result=value)))
    assert gc.is_tracked(error)
    assert any(found is error.args for found in gc.get_referents(error))
    gone = weakref.ref(held := Big())
    error.cycle = (error, held)  # type: ignore[attr-defined]
    del error, held
    gc.collect()
    assert gone() is None


def test_threads_get_their_own_results(awaiting: Any) -> None:
    wrong: list[Any] = []

    def work(mine: int) -> None:
        async def main() -> None:
            for turn in range(2000):
                value = (mine, turn)
                if await awaiting(Steps(result=value)) is not value:
                    wrong.append(value)

        asyncio.run(main())
        done.append(mine)

    done: list[int] = []
    threads = [threading.Thread(target=work, args=(mine,)) for mine in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(done) == [0, 1, 2, 3]
    assert not wrong
