"""A queue as an object: references, collection, copies, aliases, exceptions."""

import copy
import gc
import pickle
import sys
import types
import weakref
from types import ModuleType
from typing import Any

import pytest

from tests.threads import Background

MODULE = "queue"
KINDS = ["Queue", "LifoQueue", "PriorityQueue"]
pytestmark = pytest.mark.parametrize("kind", KINDS)


class Thing:
    """Something that can be referred to weakly."""

    def __lt__(self, other: object) -> bool:
        return False


def test_a_taken_item_is_not_kept(impl: ModuleType, kind: str) -> None:
    q = getattr(impl, kind)()
    items = [Thing(), Thing(), Thing()]
    watches = [weakref.ref(item) for item in items]
    for item in items:
        q.put(item)
    del item
    items.clear()
    assert all(watch() is not None for watch in watches)
    for left in (2, 1, 0):
        q.get()
        assert sum(watch() is not None for watch in watches) == left


def test_items_go_with_their_queue(impl: ModuleType, kind: str) -> None:
    q = getattr(impl, kind)()
    item = Thing()
    watch = weakref.ref(item)
    q.put(item)
    del item
    assert watch() is not None
    del q
    assert watch() is None


def test_an_item_that_was_handed_to_a_waiting_thread_is_not_kept(
    impl: ModuleType, kind: str
) -> None:
    q = getattr(impl, kind)()

    def take() -> Any:
        return weakref.ref(q.get())

    taker = Background(take).parked()
    item = Thing()
    q.put(item)
    del item
    assert taker.result()() is None


def test_reference_counts_stay(impl: ModuleType, kind: str) -> None:
    q = getattr(impl, kind)(1)
    item, other = Thing(), Thing()
    q.put(other)
    q.get()
    counts = sys.getrefcount(item), sys.getrefcount(other)
    for _ in range(50):
        q.put(other)
        with pytest.raises(impl.Full):
            q.put_nowait(item)
        with pytest.raises(impl.Full):
            q.put(item, timeout=0.0001)
        q.get()
        with pytest.raises(impl.Empty):
            q.get_nowait()
        q.task_done()
    assert (sys.getrefcount(item), sys.getrefcount(other)) == counts


def test_a_cycle_through_a_queue_is_collected(impl: ModuleType, kind: str) -> None:
    q = getattr(impl, kind)()
    item: Any = Thing()
    item.home = q
    q.put(item)
    watches = weakref.ref(q), weakref.ref(item)
    del q, item
    gc.collect()
    assert [watch() for watch in watches] == [None, None]


def test_a_queue_that_holds_itself_is_collected(impl: ModuleType, kind: str) -> None:
    class Own(getattr(impl, kind)):  # type: ignore[misc]
        pass

    q = Own()
    q.put(q)
    watch = weakref.ref(q)
    del q
    gc.collect()
    assert watch() is None


def test_a_cycle_through_an_attribute_is_collected(impl: ModuleType, kind: str) -> None:
    q = getattr(impl, kind)()
    q.myself = q
    q.maxsize = [q]
    watch = weakref.ref(q)
    del q
    gc.collect()
    assert watch() is None


def test_touching_the_private_names_makes_no_leak(impl: ModuleType, kind: str) -> None:
    q = getattr(impl, kind)()
    with q.mutex:
        q.not_empty.notify()
        q.not_full.notify()
        q.all_tasks_done.notify_all()
        assert not q.queue
    item = Thing()
    q.put(item)
    watches = weakref.ref(q), weakref.ref(item)
    del q, item
    gc.collect()
    assert [watch() for watch in watches] == [None, None]


def test_a_queue_can_be_referred_to_weakly(impl: ModuleType, kind: str) -> None:
    q = getattr(impl, kind)()
    gone: list[object] = []
    watch = weakref.ref(q, gone.append)
    assert watch() is q
    assert q in weakref.WeakSet([q])
    del q
    assert watch() is None
    assert gone == [watch]


def test_equality_hash_truth_and_length(impl: ModuleType, kind: str) -> None:
    q, other = getattr(impl, kind)(), getattr(impl, kind)()
    assert q == q
    assert q != other
    assert {q: 1}[q] == 1
    assert bool(q)
    for call in (len, iter, lambda one: one < one):
        with pytest.raises(TypeError):
            call(q)


def test_repr_names_the_class_and_the_address(impl: ModuleType, kind: str) -> None:
    q = getattr(impl, kind)()
    cls = type(q)
    address = f"0x{id(q):x}"
    assert repr(q) == f"<{cls.__module__}.{cls.__qualname__} object at {address}>"


def test_generic_alias(impl: ModuleType, kind: str) -> None:
    cls = getattr(impl, kind)
    alias: Any = cls[int]
    found: object = alias
    assert type(found) is types.GenericAlias
    assert (alias.__origin__, alias.__args__) == (cls, (int,))
    assert type(alias(3)) is cls
    assert alias(3).maxsize == 3
    assert cls[int, str].__args__ == (int, str)

    class Typed(cls[int]):  # type: ignore[misc, valid-type]
        pass

    assert issubclass(Typed, cls)


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_a_queue_cannot_be_pickled(impl: ModuleType, kind: str, protocol: int) -> None:
    with pytest.raises((TypeError, pickle.PicklingError), match=r"(?i)can.*t pickle"):
        pickle.dumps(getattr(impl, kind)(), protocol)


def test_a_queue_cannot_be_copied_deeply(impl: ModuleType, kind: str) -> None:
    with pytest.raises(TypeError, match=r"cannot pickle '.*' object"):
        copy.deepcopy(getattr(impl, kind)())


@pytest.mark.differs(reason="a half-copy that shares its lock is refused")
def test_a_shallow_copy_shares_the_container(impl: ModuleType, kind: str) -> None:
    q = getattr(impl, kind)()
    half = copy.copy(q)
    q.put(1)
    assert half.get_nowait() == 1


@pytest.mark.parametrize("name", ["Empty", "Full", "ShutDown"])
def test_exceptions_can_be_raised_and_pickled(
    impl: ModuleType, kind: str, name: str
) -> None:
    if not hasattr(impl, name):
        pytest.skip(f"this Python's queue has no {name}")
    error = getattr(impl, name)
    assert error.__bases__ == (Exception,)
    assert error("x").args == ("x",)
    again = pickle.loads(pickle.dumps(error("x")))
    assert (type(again).__name__, again.args) == (name, ("x",))


def test_raised_errors_carry_no_arguments(impl: ModuleType, kind: str) -> None:
    q = getattr(impl, kind)(1)
    with pytest.raises(impl.Empty) as empty:
        q.get_nowait()
    q.put(1)
    with pytest.raises(impl.Full) as full:
        q.put_nowait(2)
    assert (empty.value.args, full.value.args) == ((), ())
    assert (empty.value.__context__, full.value.__cause__) == (None, None)


def test_the_errors_of_simple_queue_are_the_same(impl: ModuleType, kind: str) -> None:
    with pytest.raises(impl.Empty):
        impl.SimpleQueue().get_nowait()


def test_init_answers_none_and_takes_one_argument(impl: ModuleType, kind: str) -> None:
    cls = getattr(impl, kind)
    assert cls.__init__(cls(), 2) is None
    assert cls(maxsize=2).maxsize == 2
    for wrong in [(1, 2), ("size",) * 3]:
        with pytest.raises(TypeError):
            cls(*wrong)
    with pytest.raises(TypeError):
        cls(size=1)


def test_a_weak_method_call_keeps_the_queue_alive_while_it_waits(
    impl: ModuleType, kind: str
) -> None:
    q = getattr(impl, kind)()
    watch = weakref.ref(q)
    taker = Background(q.get).parked()
    del q
    gc.collect()
    home = watch()
    assert home is not None
    home.put(1)
    assert taker.result() == 1
