"""Items come out in the promised order, and nothing is lost or doubled."""

import heapq
import random
from types import ModuleType
from typing import Any

import pytest

from tests.threads import Background, wait_until

MODULE = "queue"
KINDS = ["Queue", "LifoQueue", "PriorityQueue"]


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("Queue", [3, 1, 2, 1]),
        ("LifoQueue", [1, 2, 1, 3]),
        ("PriorityQueue", [1, 1, 2, 3]),
        ("SimpleQueue", [3, 1, 2, 1]),
    ],
)
def test_each_kind_has_its_order(
    impl: ModuleType, kind: str, expected: list[int]
) -> None:
    q = getattr(impl, kind)()
    for item in [3, 1, 2, 1]:
        q.put(item)
    assert [q.get() for _ in range(4)] == expected
    assert q.empty()


class Model:
    """What a queue of each kind does, on one thread, in a few lines."""

    def __init__(self, kind: str, maxsize: int) -> None:
        self.kind, self.maxsize = kind, maxsize
        self.items: list[int] = []
        self.unfinished = 0

    def put(self, item: int) -> str:
        if 0 < self.maxsize <= len(self.items):
            return "Full"
        if self.kind == "PriorityQueue":
            heapq.heappush(self.items, item)
        else:
            self.items.append(item)
        self.unfinished += 1
        return "None"

    def get(self) -> str:
        if not self.items:
            return "Empty"
        if self.kind == "Queue":
            return str(self.items.pop(0))
        if self.kind == "LifoQueue":
            return str(self.items.pop())
        return str(heapq.heappop(self.items))

    def task_done(self) -> str:
        if not self.unfinished:
            return "ValueError"
        self.unfinished -= 1
        return "None"


def _told(call: Any, *args: Any) -> str:
    try:
        return str(call(*args))
    except Exception as error:
        return type(error).__name__


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("maxsize", [-1, 0, 1, 2, 7, 1000])
@pytest.mark.parametrize("kind", KINDS)
def test_a_random_history_equals_the_model(
    impl: ModuleType, kind: str, maxsize: int, seed: int
) -> None:
    rng = random.Random(f"{kind} {maxsize} {seed}")
    q = getattr(impl, kind)(maxsize)
    model = Model(kind, maxsize)
    # Lean now to putting, now to getting, so that it fills, empties and wraps.
    for step in range(600):
        lean = 0.75 if step // 100 % 2 == 0 else 0.25
        if rng.random() < 0.15:
            assert _told(q.task_done) == model.task_done()
        elif rng.random() < lean:
            item = rng.randrange(50)
            assert _told(q.put_nowait, item) == model.put(item)
        else:
            assert _told(q.get_nowait) == model.get()
        size = len(model.items)
        assert (q.qsize(), q.empty()) == (size, size == 0)
        assert q.full() is (0 < maxsize <= size)
        assert q.unfinished_tasks == model.unfinished


@pytest.mark.parametrize("kind", KINDS)
def test_a_waiting_getter_takes_what_is_put(impl: ModuleType, kind: str) -> None:
    q = getattr(impl, kind)()
    getter = Background(q.get).parked()
    q.put("item")
    assert getter.result() == "item"
    assert q.empty()


@pytest.mark.parametrize("kind", KINDS)
def test_a_waiting_putter_gets_the_slot_that_a_get_frees(
    impl: ModuleType, kind: str
) -> None:
    q = getattr(impl, kind)(1)
    q.put(1)
    putter = Background(q.put, 2).parked()
    assert q.get() == 1
    assert putter.result() is None
    assert q.get_nowait() == 2


@pytest.mark.parametrize("kind", KINDS)
def test_each_of_many_waiting_getters_takes_one(impl: ModuleType, kind: str) -> None:
    q = getattr(impl, kind)()
    getters = [Background(q.get).parked() for _ in range(8)]
    for item in range(8):
        q.put(item)
    assert sorted(getter.result() for getter in getters) == list(range(8))


@pytest.mark.parametrize("kind", [*KINDS, "SimpleQueue"])
@pytest.mark.parametrize(("producers", "consumers"), [(1, 1), (2, 2), (4, 1), (1, 4)])
@pytest.mark.parametrize("maxsize", [0, 1, 5])
def test_threads_lose_and_double_nothing(
    impl: ModuleType, kind: str, maxsize: int, producers: int, consumers: int
) -> None:
    q = impl.SimpleQueue() if kind == "SimpleQueue" else getattr(impl, kind)(maxsize)
    each = 300

    def produce(number: int) -> None:
        for step in range(each):
            q.put((step, number))

    def consume() -> list[tuple[int, int]]:
        taken: list[tuple[int, int]] = []
        while (item := q.get()) < (each, 0):
            taken.append(item)
        return taken

    eaters = [Background(consume) for _ in range(consumers)]
    makers = [Background(produce, number) for number in range(producers)]
    for maker in makers:
        maker.result()
    if kind == "LifoQueue":
        # An end mark on top of a stack would hide items below it.
        wait_until(q.empty, "an empty stack")
    for _ in range(consumers):
        q.put((each, 0))
    taken = [eater.result() for eater in eaters]
    everything = sorted(item for part in taken for item in part)
    assert everything == sorted((s, n) for s in range(each) for n in range(producers))
    if kind in ("Queue", "SimpleQueue"):
        for part in taken:
            for number in range(producers):
                steps = [step for step, owner in part if owner == number]
                assert steps == sorted(steps), "one producer's items changed order"


@pytest.mark.parametrize("kind", KINDS)
def test_none_is_an_item_like_any_other(impl: ModuleType, kind: str) -> None:
    q = getattr(impl, kind)()
    q.put(None)
    assert q.qsize() == 1
    assert q.get_nowait() is None


@pytest.mark.parametrize("kind", KINDS)
def test_a_large_queue_keeps_its_order(impl: ModuleType, kind: str) -> None:
    q = getattr(impl, kind)()
    items = list(range(5000))
    random.Random(5).shuffle(items)
    for item in items:
        q.put(item)
    expected = {
        "Queue": items,
        "LifoQueue": items[::-1],
        "PriorityQueue": sorted(items),
    }
    assert [q.get() for _ in items] == expected[kind]
