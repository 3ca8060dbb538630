"""`maxsize`: whatever object it is, and when it changes later."""

import decimal
import fractions
import math
from types import ModuleType
from typing import Any

import pytest

from tests.parity.test_queue_arguments import Unorderable, outcome, state
from tests.threads import Background

MODULE = "queue"

SIZES: dict[str, Any] = {
    "none": None,
    "zero": 0,
    "negative": -3,
    "minus huge": -(10**400),
    "true": True,
    "false": False,
    "half": 0.5,
    "one and a half": 1.5,
    "minus half": -0.5,
    "infinity": math.inf,
    "not a number": math.nan,
    "fraction": fractions.Fraction(3, 2),
    "decimal": decimal.Decimal(2),
    "huge": 10**400,
    "above 64 bits": 2**64 + 1,
    "text": "2",
    "list": [2],
    "unorderable": Unorderable(),
}


def _history(q: Any) -> list[Any]:
    """Everything that asks for the bound."""
    told: list[Any] = [repr(q.maxsize), outcome(q.full)]
    for item in range(3):
        told.append(outcome(q.put_nowait, item))
        told.append(outcome(q.put, item, True, 0.001))
        told.append((outcome(q.full), outcome(q.empty), state(q)))
    told += [outcome(q.get_nowait) for _ in range(4)]
    return told


@pytest.mark.parametrize("kind", ["Queue", "LifoQueue", "PriorityQueue"])
@pytest.mark.parametrize("size", SIZES.values(), ids=SIZES)
def test_an_odd_maxsize(
    theirs: ModuleType, ours: ModuleType, kind: str, size: Any
) -> None:
    expected = _history(getattr(theirs, kind)(size))
    assert _history(getattr(ours, kind)(size)) == expected


@pytest.mark.parametrize("size", SIZES.values(), ids=SIZES)
def test_an_odd_maxsize_set_later(
    theirs: ModuleType, ours: ModuleType, size: Any
) -> None:
    histories = []
    for module in (theirs, ours):
        q = module.Queue(2)
        q.put("first")
        q.maxsize = size
        histories.append(_history(q))
    assert histories[1] == histories[0]


def test_maxsize_is_the_object_that_was_given(impl: ModuleType) -> None:
    size = 10**30
    q = impl.Queue(size)
    assert q.maxsize is size
    other = 3.5
    q.maxsize = other
    assert q.maxsize is other


def test_a_smaller_maxsize_keeps_what_is_inside(impl: ModuleType) -> None:
    q = impl.Queue()
    for item in range(3):
        q.put(item)
    q.maxsize = 2
    assert q.full()
    with pytest.raises(impl.Full):
        q.put_nowait(3)
    assert q.get() == 0
    assert q.full()
    assert q.get() == 1
    q.put_nowait(4)
    assert [q.get(), q.get()] == [2, 4]


def test_a_larger_maxsize_counts_for_a_waiting_putter_at_its_next_look(
    impl: ModuleType,
) -> None:
    q = impl.Queue(1)
    q.put(1)
    putter = Background(q.put, 2).parked()
    q.maxsize = 5
    with q.not_full:
        q.not_full.notify()
    putter.result()
    assert q.qsize() == 2


def test_maxsize_may_be_deleted(theirs: ModuleType, ours: ModuleType) -> None:
    told = []
    for module in (theirs, ours):
        q = module.Queue(1)
        del q.maxsize
        with pytest.raises(AttributeError, match="maxsize"):
            q.put(1)
        told.append(outcome(q.get_nowait))
    assert told[0] == told[1]
