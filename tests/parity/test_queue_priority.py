"""PriorityQueue beside heapq: the same heap, also when a comparison fails."""

import functools
import heapq
import random
from types import ModuleType
from typing import Any

import pytest

MODULE = "queue"


class Labelled:
    """Compares by rank only, so that equal ranks show the order of the heap."""

    def __init__(self, rank: int, label: int) -> None:
        self.rank, self.label = rank, label

    def __lt__(self, other: "Labelled") -> bool:
        return self.rank < other.rank


class Fragile(Labelled):
    """A comparison that fails once in a while, in a repeatable way."""

    countdown = 0

    def __lt__(self, other: Labelled) -> bool:
        Fragile.countdown -= 1
        if Fragile.countdown == 0:
            raise LookupError("comparison failed")
        return self.rank < other.rank


def _labels(items: list[Any]) -> list[int]:
    return [item.label for item in items]


@pytest.mark.parametrize("seed", range(10))
def test_equal_ranks_come_out_as_from_heapq(impl: ModuleType, seed: int) -> None:
    rng = random.Random(seed)
    q = impl.PriorityQueue()
    heap: list[Labelled] = []
    for label in range(300):
        if heap and rng.random() < 0.4:
            assert q.get().label == heapq.heappop(heap).label
        else:
            item = Labelled(rng.randrange(6), label)
            q.put(item)
            heapq.heappush(heap, item)
    assert q.qsize() == len(heap)
    while heap:
        assert q.get().label == heapq.heappop(heap).label


@pytest.mark.parametrize("seed", range(20))
def test_failing_comparisons_leave_what_heapq_leaves(
    impl: ModuleType, seed: int
) -> None:
    rng = random.Random(seed)
    q = impl.PriorityQueue()
    heap: list[Fragile] = []
    counted = 0

    def tried(call: Any, countdown: int) -> tuple[Any, bool]:
        Fragile.countdown = countdown
        try:
            return call(), False
        except LookupError:
            return None, True
        finally:
            Fragile.countdown = 0

    for label in range(200):
        countdown = rng.randrange(1, 12)
        if heap and rng.random() < 0.4:
            expected, failed = tried(functools.partial(heapq.heappop, heap), countdown)
            got, ours_failed = tried(q.get_nowait, countdown)
            assert (got, ours_failed) == (expected, failed)
        else:
            item = Fragile(rng.randrange(1000), label)
            push = functools.partial(heapq.heappush, heap, item)
            _, failed = tried(push, countdown)
            _, ours_failed = tried(functools.partial(q.put, item), countdown)
            assert ours_failed == failed
            counted += not failed
        assert _labels(list(q.queue)) == _labels(heap)
        assert q.unfinished_tasks == counted


def test_items_that_cannot_be_compared(impl: ModuleType) -> None:
    q = impl.PriorityQueue()
    q.put(1)
    with pytest.raises(TypeError, match="'<' not supported between instances of"):
        q.put("text")
    assert (q.qsize(), q.unfinished_tasks) == (2, 1)
    assert q.get() == 1
    assert q.get() == "text"


@pytest.mark.differs(reason="a failed comparison in get() loses no item")
def test_a_failed_comparison_in_get(impl: ModuleType) -> None:
    q = impl.PriorityQueue()
    for rank in range(8):
        q.put(Fragile(rank, rank))
    Fragile.countdown = 1
    with pytest.raises(LookupError):
        q.get()
    assert q.unfinished_tasks == 8
    assert q.qsize() == 7


def test_tuples_are_compared_item_by_item(impl: ModuleType) -> None:
    q = impl.PriorityQueue()
    for item in [(2, "b"), (1, "z"), (2, "a"), (1, "a")]:
        q.put(item)
    assert [q.get() for _ in range(4)] == [(1, "a"), (1, "z"), (2, "a"), (2, "b")]


def test_a_tie_reaches_the_second_field(impl: ModuleType) -> None:
    q = impl.PriorityQueue()
    q.put((1, {"a": 1}))
    with pytest.raises(TypeError, match="not supported between instances of 'dict'"):
        q.put((1, {"b": 2}))


def test_only_less_than_is_asked(impl: ModuleType) -> None:
    asked: set[str] = set()

    class Noted:
        def __init__(self, rank: int) -> None:
            self.rank = rank

        def __lt__(self, other: "Noted") -> bool:
            asked.add("lt")
            return self.rank < other.rank

        def __gt__(self, other: "Noted") -> bool:
            asked.add("gt")
            return self.rank > other.rank

        def __eq__(self, other: object) -> bool:
            asked.add("eq")
            return self is other

        def __hash__(self) -> int:
            return 0

    q = impl.PriorityQueue()
    for rank in [3, 1, 2, 5, 4]:
        q.put(Noted(rank))
    assert [q.get().rank for _ in range(5)] == [1, 2, 3, 4, 5]
    assert asked == {"lt"}


@pytest.mark.parametrize("answer", [[], [0], "", "x", 0.0, None])
def test_a_comparison_may_answer_with_any_object(
    impl: ModuleType, answer: object
) -> None:
    class Odd:
        def __init__(self, label: int) -> None:
            self.label = label

        def __lt__(self, other: object) -> object:
            return answer

    q = impl.PriorityQueue()
    heap: list[Any] = []
    for label in range(6):
        item = Odd(label)
        q.put(item)
        heapq.heappush(heap, item)
    assert _labels(q.queue) == _labels(heap)
    while heap:
        assert q.get() is heapq.heappop(heap)


@pytest.mark.parametrize(
    "items",
    [
        [3, 1.5, True, -(2**70), 2**70, 0],
        ["b", "a", "", "ä", "aa"],
        [b"b", b"a", b""],
        [(1, 2), (1,), (), (0, 5, 6)],
        [[2], [1, 5], []],
        [float("inf"), float("-inf"), 0.0, 1e-300],
    ],
    ids=["numbers", "text", "bytes", "tuples", "lists", "floats"],
)
def test_common_kinds_of_items(impl: ModuleType, items: list[Any]) -> None:
    q = impl.PriorityQueue()
    for item in items:
        q.put(item)
    assert [q.get() for _ in items] == sorted(items)


def test_not_a_number_is_placed_as_heapq_places_it(impl: ModuleType) -> None:
    items = [2.0, float("nan"), 1.0, 3.0, float("nan"), 0.5]
    q = impl.PriorityQueue()
    heap: list[float] = []
    for item in items:
        q.put(item)
        heapq.heappush(heap, item)
    assert [repr(q.get()) for _ in items] == [
        repr(heapq.heappop(heap)) for _ in range(len(items))
    ]
