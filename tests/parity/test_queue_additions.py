"""What ropewalk's queue has beyond the standard library's. Runs on ropewalk only.

`put_many` and `get_many`; and places where CPython's queue stands still for ever:
code that uses a queue from inside that same queue's work, and a fork.
"""

from types import ModuleType
from typing import Any

import pytest

from tests import implementations
from tests.scripts import run
from tests.threads import Background

KINDS = ["Queue", "LifoQueue", "PriorityQueue"]

if implementations.STDLIB_ONLY:
    pytest.skip("CPython's queue has none of this", allow_module_level=True)


@pytest.fixture
def impl() -> ModuleType:
    return implementations.ropewalk("queue")


@pytest.mark.parametrize("kind", KINDS)
def test_put_many_is_many_puts(impl: ModuleType, kind: str) -> None:
    q, plain = getattr(impl, kind)(), getattr(impl, kind)()
    items = [3, 1, 2, 1]
    assert q.put_many(items) is None
    for item in items:
        plain.put(item)
    assert q.unfinished_tasks == 4
    assert [q.get() for _ in items] == [plain.get() for _ in items]


def test_put_many_takes_any_iterable(impl: ModuleType) -> None:
    q = impl.Queue()
    q.put_many(iter(range(3)))
    q.put_many(number * 10 for number in range(3))
    q.put_many([])
    q.put_many("ab")
    assert q.get_many() == [0, 1, 2, 0, 10, 20, "a", "b"]
    with pytest.raises(TypeError):
        q.put_many(1)


@pytest.mark.parametrize("arguments", [{"block": False}, {"timeout": 0.001}])
def test_put_many_names_what_did_not_fit(
    impl: ModuleType, arguments: dict[str, Any]
) -> None:
    q = impl.Queue(3)
    with pytest.raises(impl.Full) as caught:
        q.put_many([1, 2, 3, 4, 5], **arguments)
    assert list(caught.value.remaining) == [4, 5]
    assert (q.qsize(), q.unfinished_tasks) == (3, 3)
    assert q.get_many() == [1, 2, 3]


def test_put_many_waits_for_room(impl: ModuleType) -> None:
    q = impl.Queue(2)
    putter = Background(q.put_many, range(5)).parked()
    assert [q.get() for _ in range(5)] == list(range(5))
    assert putter.result() is None


def test_put_many_cut_off_by_shutdown_names_the_rest(impl: ModuleType) -> None:
    q = impl.Queue(2)
    putter = Background(q.put_many, range(5)).parked()
    q.shutdown()
    with pytest.raises(impl.ShutDown) as caught:
        putter.result()
    assert list(caught.value.remaining) == [2, 3, 4]
    assert q.get_many() == [0, 1]
    with pytest.raises(impl.ShutDown) as caught:
        q.put_many([7, 8])
    assert list(caught.value.remaining) == [7, 8]


def test_put_many_wakes_all_that_wait(impl: ModuleType) -> None:
    q = impl.Queue()
    getters = [Background(q.get).parked() for _ in range(4)]
    q.put_many(range(4))
    assert sorted(getter.result() for getter in getters) == list(range(4))


@pytest.mark.parametrize(
    ("kind", "expected"),
    [("Queue", [3, 1, 2]), ("LifoQueue", [2, 1, 3]), ("PriorityQueue", [1, 2, 3])],
)
def test_get_many_keeps_the_order(
    impl: ModuleType, kind: str, expected: list[int]
) -> None:
    q = getattr(impl, kind)()
    q.put_many([3, 1, 2])
    assert q.get_many() == expected
    assert q.empty()


def test_get_many_takes_at_most_so_many(impl: ModuleType) -> None:
    q = impl.Queue()
    q.put_many(range(5))
    assert q.get_many(2) == [0, 1]
    assert q.get_many(max_items=2) == [2, 3]
    assert q.get_many(2) == [4]
    assert q.unfinished_tasks == 5


def test_get_many_waits_for_the_first_item(impl: ModuleType) -> None:
    q = impl.Queue()
    getter = Background(q.get_many).parked()
    q.put(1)
    assert getter.result() == [1]
    with pytest.raises(impl.Empty):
        q.get_many(block=False)
    with pytest.raises(impl.Empty):
        q.get_many(timeout=0.001)
    with pytest.raises(ValueError, match="non-negative"):
        q.get_many(timeout=-1)


def test_get_many_frees_every_slot_it_took(impl: ModuleType) -> None:
    q = impl.Queue(3)
    q.put_many(range(3))
    putters = [Background(q.put, 3).parked() for _ in range(3)]
    assert q.get_many() == [0, 1, 2]
    for putter in putters:
        putter.result()
    assert q.qsize() == 3


def test_get_many_on_a_queue_that_was_shut_down(impl: ModuleType) -> None:
    q = impl.Queue()
    q.put_many(range(3))
    q.shutdown()
    assert q.get_many() == [0, 1, 2]
    with pytest.raises(impl.ShutDown):
        q.get_many()


@pytest.mark.parametrize("wrong", [0, -1])
def test_get_many_of_nothing_is_an_error(impl: ModuleType, wrong: int) -> None:
    q = impl.Queue()
    q.put(1)
    with pytest.raises(ValueError):
        q.get_many(wrong)
    assert q.get() == 1


def test_many_go_through_the_hooks_of_a_subclass(impl: ModuleType) -> None:
    seen: list[tuple[str, Any]] = []

    class Watched(impl.Queue):  # type: ignore[misc, name-defined]
        def _put(self, item: Any) -> None:
            seen.append(("put", item))
            super()._put(item)

        def _get(self) -> Any:
            item = super()._get()
            seen.append(("get", item))
            return item

    q = Watched()
    q.put_many([1, 2])
    assert q.get_many() == [1, 2]
    assert seen == [("put", 1), ("put", 2), ("get", 1), ("get", 2)]


def test_many_lose_and_double_nothing(impl: ModuleType) -> None:
    q = impl.Queue(7)

    def produce(number: int) -> None:
        for start in range(0, 600, 20):
            q.put_many((number, start + step) for step in range(20))

    def consume() -> list[Any]:
        taken: list[Any] = []
        while True:
            try:
                taken += q.get_many(5)
            except impl.ShutDown:
                return taken

    eaters = [Background(consume) for _ in range(3)]
    makers = [Background(produce, number) for number in range(3)]
    for maker in makers:
        maker.result()
    q.shutdown()
    everything = sorted(item for eater in eaters for item in eater.result())
    assert everything == sorted((n, step) for n in range(3) for step in range(600))


@pytest.mark.parametrize("kind", KINDS)
def test_a_finalizer_may_use_the_queue_that_drops_it(
    impl: ModuleType, kind: str
) -> None:
    out = run(
        impl,
        f"""
q = queue.{kind}()
class Item:
    def __init__(self, rank): self.rank = rank
    def __lt__(self, other): return self.rank < other.rank
    def __del__(self):
        if self.rank < 3:
            q.put(Item(self.rank + 1))
q.put(Item(0))
for _ in range(3):
    q.get()
q.shutdown(immediate=True)
say(q.qsize())
""",
    )
    assert out == "0\n"


def test_a_finalizer_in_the_container_may_use_the_queue(impl: ModuleType) -> None:
    out = run(
        impl,
        """
q = queue.Queue()
class Item:
    def __del__(self):
        q.put("late")
q.put(Item())
q.queue.clear()
say(q.get())
""",
    )
    assert out == "late\n"


def test_a_collection_in_the_middle_of_a_put_may_use_the_queue(
    impl: ModuleType,
) -> None:
    """Cyclic garbage can be collected at any allocation, inside a put too."""
    out = run(
        impl,
        """
import gc
gc.set_threshold(5)
q = queue.Queue()
class Cycle:
    def __init__(self): self.me = self
    def __del__(self): q.put("from a collection")
for _ in range(3000):
    Cycle()
    q.put("plain")
    q.get()
gc.collect()
say(q.unfinished_tasks)
""",
    )
    assert out == "6000\n"


@pytest.mark.parametrize("method", ["put", "get", "qsize", "full"])
def test_a_comparison_may_use_the_queue(impl: ModuleType, method: str) -> None:
    out = run(
        impl,
        f"""
q = queue.PriorityQueue()
class Item:
    depth = 0
    def __init__(self, rank): self.rank = rank
    def __lt__(self, other):
        if Item.depth == 0:
            Item.depth = 1
            try:
                q.put(Item(100)) if {method!r} == "put" else q.{method}()
            except RuntimeError as error:
                say("refused")
            finally:
                Item.depth = 2
        return self.rank < other.rank
q.put(Item(1))
q.put(Item(0))
say("alive")
while not q.empty():
    q.get()
say(q.qsize())
""",
    )
    assert out.splitlines()[-2:] == ["alive", "0"]


def test_a_thread_of_the_child_waits_and_is_woken(impl: ModuleType) -> None:
    """Waiters that the fork left behind take no wake-up from the child's own."""
    out = run(
        impl,
        """
q, full = queue.Queue(), queue.Queue(1)
full.put(0)
left = [Background(q.get).parked() for _ in range(3)]
left += [Background(full.put, 1).parked() for _ in range(3)]
child = os.fork()
if not child:
    getter = Background(q.get).parked()
    q.put("item")
    putter = Background(full.put, "new").parked()
    say(getter.result(), full.get(), putter.result(), full.get())
    os._exit(0)
assert os.waitpid(child, 0)[1] == 0
""",
        "-W",
        "ignore::DeprecationWarning",
    )
    assert out == "item 0 None new\n"
