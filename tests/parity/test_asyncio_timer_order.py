"""Timers run in the standard library's order, those for one time too (issue 19)."""

from __future__ import annotations

import random
from types import ModuleType
from typing import Any

import pytest

MODULE = "asyncio"


def turn(loop: Any) -> None:
    """One turn, as CPython's tests do it."""
    loop.call_soon(loop.stop)
    loop.run_forever()


def what_runs(module: ModuleType, seed: int, *, looked_at: bool = False) -> list[int]:
    """The numbers of some timers, most for the same few times, as they ran."""
    choice = random.Random(seed)
    times, cancels = choice.choice([(1, 1), (3, 4), (20, 2), (3, 8)]), choice.random()
    loop = module.SelectorEventLoop()
    now = 0.0
    ran: list[int] = []
    loop.time = lambda: now
    handles: list[Any] = []

    def put() -> None:
        when = now + choice.choice(times)
        if choice.random() < 0.1:
            when += 1e-11  # another time, though within one nanosecond
        handles.append(loop.call_at(when, ran.append, len(handles)))

    for number in range(60):
        for _ in range(choice.choice([1, 10, 60])):
            put()
            if choice.random() < cancels:
                handles[
                    choice.choice([-1, -1, choice.randrange(len(handles))])
                ].cancel()
        if choice.random() < 0.2:
            loop.call_soon(put)
            loop.call_soon(handles[-1].cancel)
        if looked_at and number == 30:
            assert loop._scheduled
        now += choice.choice([0, 1, 1, 2])
        turn(loop)
    now += 100
    turn(loop)
    loop.close()
    return ran


@pytest.mark.parametrize("seed", range(40))
def test_timers_run_in_the_order_of_the_heap(
    impl: ModuleType, theirs: ModuleType, seed: int
) -> None:
    assert what_runs(impl, seed) == what_runs(theirs, seed)


@pytest.mark.parametrize("seed", range(40))
def test_and_once_somebody_has_looked_at_them(
    impl: ModuleType, theirs: ModuleType, seed: int
) -> None:
    ran = what_runs(impl, seed, looked_at=True)
    assert ran == what_runs(theirs, seed, looked_at=True)


def test_three_timers_for_one_time(impl: ModuleType, theirs: ModuleType) -> None:
    def order(module: ModuleType) -> list[int]:
        loop = module.SelectorEventLoop()
        ran: list[int] = []
        for number in range(7):
            loop.call_at(loop.time() - 1 if number == 3 else 1.0, ran.append, number)
        turn(loop)
        loop.close()
        return ran

    assert order(impl) == order(theirs) != sorted(order(theirs))


def test_cancelled_timers_count_until_they_are_forgotten(impl: ModuleType) -> None:
    loop = impl.SelectorEventLoop()
    handles = [loop.call_later(1000, print) for _ in range(102)]
    for handle in reversed(handles[51:]):
        handle.cancel()
    turn(loop)
    assert loop._timer_cancelled_count == 51  # as many as wait
    loop.call_later(1000, print).cancel()
    assert loop._timer_cancelled_count == 52
    handles[50].cancel()
    turn(loop)
    assert loop._timer_cancelled_count == 0
    assert len(loop._scheduled) == 50
    loop.close()


def test_a_list_of_timers_has_the_cancelled_ones_in_it(impl: ModuleType) -> None:
    loop = impl.SelectorEventLoop()
    loop.call_at(1e9, print)
    gone = loop.call_at(2e9, print)
    gone.cancel()
    assert [timer.when() for timer in loop._scheduled] == [1e9, 2e9]
    assert [timer.cancelled() for timer in loop._scheduled] == [False, True]
    assert gone in loop._scheduled
    loop.close()
