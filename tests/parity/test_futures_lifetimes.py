"""What a pool's call was given, returned or raised is freed without the collector."""

import asyncio
import contextlib
import gc
import threading
import time
import weakref
from collections.abc import Callable, Iterator
from types import ModuleType
from typing import Any

import pytest

MODULE = "concurrent.futures"


class Thing:
    """What is to be freed."""


class Failure(Exception):
    """An exception that can be referred to weakly."""


def fail(thing: Any) -> None:
    raise Failure(thing)


def deep(thing: Any) -> None:
    try:
        fail(thing)
    except Failure as error:
        raise Failure(thing) from error


@contextlib.contextmanager
def all_freed(things: list[weakref.ref[Any]]) -> Iterator[None]:
    """Inside, things are made that nobody refers to in the end."""
    gc.collect()
    gc.disable()
    try:
        yield
        # A worker lets go of a task a little later than the result arrives.
        limit = time.monotonic() + 60
        while any(thing() is not None for thing in things):
            assert time.monotonic() < limit, [thing() for thing in things]
            time.sleep(0.001)
    finally:
        gc.enable()


def returns(pool: Any, thing: Any) -> None:
    assert pool.submit(lambda thing: [thing], thing).result() == [thing]


def raises(pool: Any, thing: Any) -> None:
    with contextlib.suppress(Failure):
        pool.submit(fail, thing).result()


def raises_from_another(pool: Any, thing: Any) -> None:
    assert type(pool.submit(deep, thing).exception()) is Failure


def raises_unseen(pool: Any, thing: Any) -> None:
    pool.submit(fail, thing)


def raises_in_c(pool: Any, thing: Any) -> None:
    with contextlib.suppress(TypeError):
        pool.submit(int, thing).result()


def keywords(pool: Any, thing: Any) -> None:
    assert pool.submit(lambda *, thing: thing, thing=thing).result() is thing


def maps(pool: Any, thing: Any) -> None:
    assert list(pool.map(lambda thing: thing, [thing] * 3)) == [thing] * 3


def maps_a_failure(pool: Any, thing: Any) -> None:
    with contextlib.suppress(Failure):
        list(pool.map(fail, [thing] * 3))


def abandons_a_map(pool: Any, thing: Any) -> None:
    results = pool.map(lambda thing: thing, [thing] * 3)
    assert next(results) is thing


def calls_back(pool: Any, thing: Any) -> None:
    told = threading.Event()
    future = pool.submit(lambda: thing)
    future.add_done_callback(lambda future: (thing, future.result()))
    future.add_done_callback(lambda _: told.set())
    assert told.wait(60)


def is_cancelled(pool: Any, thing: Any) -> None:
    going_on = threading.Event()
    pool.submit(going_on.wait, 60)
    future = pool.submit(fail, thing)
    cancelled = future.cancel()
    going_on.set()
    assert cancelled


def is_looked_into(pool: Any, thing: Any) -> None:
    future = pool.submit(fail, thing)
    with future._condition:
        assert future._waiters == []
    assert type(future.exception()) is Failure


def in_a_loop(pool: Any, thing: Any) -> None:
    async def main() -> None:
        loop = asyncio.get_running_loop()
        assert await loop.run_in_executor(pool, lambda: thing) is thing
        with contextlib.suppress(Failure):
            await loop.run_in_executor(pool, fail, thing)

    asyncio.run(main())


USES: dict[str, Callable[[Any, Any], None]] = {
    use.__name__: use
    for use in (
        returns,
        raises,
        raises_from_another,
        raises_unseen,
        raises_in_c,
        keywords,
        maps,
        maps_a_failure,
        abandons_a_map,
        calls_back,
        is_cancelled,
        is_looked_into,
        in_a_loop,
    )
}


@pytest.mark.parametrize("use", USES)
def test_nothing_of_a_call_is_left_for_the_collector(
    impl: ModuleType, use: str
) -> None:
    things: list[weakref.ref[Any]] = []
    with impl.ThreadPoolExecutor(1) as pool, all_freed(things):
        thing = Thing()
        things.append(weakref.ref(thing))
        USES[use](pool, thing)
        del thing


def test_waits_leave_nothing_for_the_collector(impl: ModuleType) -> None:
    things: list[weakref.ref[Any]] = []
    with impl.ThreadPoolExecutor(2) as pool, all_freed(things):
        thing = Thing()
        things.append(weakref.ref(thing))
        futures = [pool.submit(call, thing) for call in (fail, deep, id)]
        impl.wait(futures, return_when=impl.FIRST_EXCEPTION)
        assert len(list(impl.as_completed(futures))) == 3
        del thing, futures


def test_an_executor_is_freed_without_the_collector(impl: ModuleType) -> None:
    things: list[weakref.ref[Any]] = []
    with all_freed(things):
        pool = impl.ThreadPoolExecutor(1)
        things.append(weakref.ref(pool))
        with contextlib.suppress(Failure):
            pool.submit(fail, 1).result()
        del pool


def test_a_future_of_ones_own_is_freed_without_the_collector(impl: ModuleType) -> None:
    things: list[weakref.ref[Any]] = []
    with all_freed(things):
        future: Any = impl.Future()
        thing = Failure()
        things += [weakref.ref(future), weakref.ref(thing)]
        future.set_exception(thing)
        del thing
        with contextlib.suppress(Failure):
            future.result()
        with contextlib.suppress(impl.InvalidStateError):
            future.set_result(1)
        del future
