"""Lock and RLock: arguments, errors, owners, objects."""

import copy
import math
import pickle
import re
import sys
import threading
import weakref
from fractions import Fraction
from types import ModuleType
from typing import Any

import pytest

from tests.threads import Background

MODULE = "threading"
both = pytest.mark.parametrize("kind", ["Lock", "RLock"])
NOT_HELD = {"Lock": "release unlocked lock", "RLock": "cannot release un-acquired lock"}


def held(impl: ModuleType, kind: str) -> Any:
    """A lock of that kind that another thread has taken."""
    lock = getattr(impl, kind)()
    assert Background(lock.acquire).result() is True
    return lock


@both
@pytest.mark.parametrize("arguments", [(), (True,), (1,), (2,), (-1,), (False,), (0,)])
def test_a_free_lock_is_taken(
    impl: ModuleType, kind: str, arguments: tuple[Any, ...]
) -> None:
    lock = getattr(impl, kind)()
    assert lock.acquire(*arguments) is True
    assert Background(lock.acquire, False).result() is False
    assert lock.release() is None
    assert Background(lock.acquire, False).result() is True


@both
@pytest.mark.parametrize("timeout", [-1, -1.0, 0, 0.0, -0.0, 0.001, True, 4e9, 2**33])
def test_timeouts_on_a_free_lock(impl: ModuleType, kind: str, timeout: float) -> None:
    assert getattr(impl, kind)().acquire(timeout=timeout) is True
    assert getattr(impl, kind)().acquire(True, timeout) is True


@both
@pytest.mark.parametrize("timeout", [0, 0.0, -0.0, 1e-12, 0.001, 0.02])
def test_timeouts_on_a_held_lock(impl: ModuleType, kind: str, timeout: float) -> None:
    assert held(impl, kind).acquire(timeout=timeout) is False


class _Index:
    def __index__(self) -> int:
        return 0


@both
def test_a_timeout_may_be_an_index(impl: ModuleType, kind: str) -> None:
    assert held(impl, kind).acquire(True, _Index()) is False


REFUSED: list[tuple[Any, type[Exception]]] = [
    (-0.5, ValueError),
    (-2, ValueError),
    (math.nan, ValueError),
    (math.inf, OverflowError),
    (-math.inf, OverflowError),
    (1e10, OverflowError),
    (-1e10, OverflowError),
    (2**63, OverflowError),
    (2**100, OverflowError),
    (-(2**100), OverflowError),
    (None, TypeError),
    ("1", TypeError),
    ([], TypeError),
]


@both
@pytest.mark.parametrize(("timeout", "error"), REFUSED)
@pytest.mark.parametrize("blocking", [True, False])
def test_timeouts_that_are_refused(
    ours: ModuleType,
    theirs: ModuleType,
    kind: str,
    timeout: Any,
    error: type[Exception],
    blocking: bool,
) -> None:
    """In the running Python's words, on a free and on a held lock."""
    with pytest.raises(error) as expected:
        getattr(theirs, kind)().acquire(blocking, timeout)
    for lock in (getattr(ours, kind)(), held(ours, kind)):
        with pytest.raises(error) as told:
            lock.acquire(blocking, timeout)
        assert str(told.value) == str(expected.value)


@both
def test_a_timeout_that_is_no_float_but_can_be_made_one(
    ours: ModuleType, theirs: ModuleType, kind: str
) -> None:
    """Newer Pythons take it, older ones refuse it."""
    told = []
    for impl in (theirs, ours):
        for lock in (getattr(impl, kind)(), held(impl, kind)):
            try:
                told.append(str(lock.acquire(True, Fraction(1, 50))))
            except TypeError as why:
                told.append(str(why))
    assert told[:2] == told[2:]


@both
@pytest.mark.parametrize("timeout", [0, 1, 0.5, 4e9])
def test_no_timeout_without_blocking(
    impl: ModuleType, kind: str, timeout: float
) -> None:
    with pytest.raises(ValueError, match=r"^can't specify a timeout for a non-block"):
        getattr(impl, kind)().acquire(False, timeout)
    assert getattr(impl, kind)().acquire(False, -1) is True


@pytest.mark.skipif(sys.version_info >= (3, 12), reason="a truth value there as well")
@both
def test_blocking_has_to_be_a_whole_number(impl: ModuleType, kind: str) -> None:
    with pytest.raises(TypeError):
        getattr(impl, kind)().acquire("yes")


@both
def test_release_of_a_free_lock(impl: ModuleType, kind: str) -> None:
    lock = getattr(impl, kind)()
    for name, arguments in (("release", ()), ("__exit__", (None, None, None))):
        with pytest.raises(RuntimeError, match=f"^{NOT_HELD[kind]}$"):
            getattr(lock, name)(*arguments)
    lock.acquire()
    lock.release()
    with pytest.raises(RuntimeError, match=f"^{NOT_HELD[kind]}$"):
        lock.release()
    assert lock.acquire(False)


@both
def test_as_a_context_manager(impl: ModuleType, kind: str) -> None:
    lock = getattr(impl, kind)()
    with lock as entered:
        assert entered is True
        assert Background(lock.acquire, False).result() is False
    with pytest.raises(KeyError), lock:
        raise KeyError
    assert Background(lock.acquire, False).result() is True


@both
def test_names_of_the_old_module_thread(impl: ModuleType, kind: str) -> None:
    lock = getattr(impl, kind)()
    if kind == "Lock":
        assert lock.acquire_lock() is True
        assert lock.locked_lock() is True
        lock.release_lock()
        assert lock.locked() is False
    else:
        assert not hasattr(lock, "acquire_lock")


@both
def test_a_waiter_gets_the_lock_that_is_given_back(impl: ModuleType, kind: str) -> None:
    lock = getattr(impl, kind)()
    lock.acquire()

    def take_and_give_back(timeout: float) -> bool:
        with lock:
            pass
        taken = lock.acquire(True, timeout)
        lock.release()
        return bool(taken)

    waits = [Background(take_and_give_back, t).parked() for t in (-1, 1000, 1000.0)]
    lock.release()
    assert [one.result() for one in waits] == [True] * 3


def test_any_thread_may_release_a_lock(impl: ModuleType) -> None:
    lock = held(impl, "Lock")
    waiter = Background(lock.acquire).parked()
    lock.release()
    assert waiter.result() is True
    Background(lock.release).result()
    assert not lock.locked()


def test_only_the_owner_may_release_an_rlock(impl: ModuleType) -> None:
    lock = impl.RLock()
    with lock:
        with pytest.raises(RuntimeError, match=r"^cannot release un-acquired lock$"):
            Background(lock.release).result()
        assert Background(lock._is_owned).result() is False
        assert lock._is_owned()


def test_an_rlock_is_free_when_it_was_given_back_as_often(impl: ModuleType) -> None:
    lock = impl.RLock()
    for _ in range(3):
        assert lock.acquire() is True
    assert lock.acquire(False) and lock.acquire(timeout=0.01)
    for _ in range(5):
        assert Background(lock.acquire, False).result() is False
        lock.release()
    assert not lock._is_owned()
    assert Background(lock.acquire, False).result() is True


def test_an_rlock_is_set_aside_and_taken_back(impl: ModuleType) -> None:
    lock = impl.RLock()
    with pytest.raises(RuntimeError):
        lock._release_save()
    for _ in range(3):
        lock.acquire()
    state = lock._release_save()
    assert state == (3, threading.get_ident())
    assert not lock._is_owned()
    assert Background(lambda: (lock.acquire(), lock.release())[0]).result()
    lock._acquire_restore(state)
    for _ in range(3):
        lock.release()
    assert not lock._is_owned()


@pytest.mark.skipif(
    not hasattr(threading.RLock(), "_recursion_count"), reason="newer Pythons have it"
)
def test_recursion_count(impl: ModuleType) -> None:
    lock = impl.RLock()
    assert lock._recursion_count() == 0
    with lock, lock:
        assert lock._recursion_count() == 2
        assert Background(lock._recursion_count).result() == 0


def test_repr_of_an_rlock_names_its_owner(impl: ModuleType) -> None:
    lock = impl.RLock()
    with lock, lock:
        me = threading.get_ident()
        pattern = rf"<locked _thread\.RLock object owner={me} count=2 at 0x[0-9a-f]+>"
        assert re.fullmatch(pattern, repr(lock))
    pattern = r"<unlocked _thread\.RLock object owner=0 count=0 at 0x[0-9a-f]+>"
    assert re.fullmatch(pattern, repr(lock))


def test_repr_of_a_lock(impl: ModuleType) -> None:
    lock = impl.Lock()
    assert re.fullmatch(r"<unlocked _thread\.lock object at 0x[0-9a-f]+>", repr(lock))
    lock.acquire()
    assert re.fullmatch(r"<locked _thread\.lock object at 0x[0-9a-f]+>", repr(lock))
    assert lock.locked() is True


def test_the_type_of_a_lock(impl: ModuleType) -> None:
    cls = type(impl.Lock())
    with pytest.raises(TypeError, match="not an acceptable base type"):
        type("Derived", (cls,), {})
    if sys.version_info >= (3, 13):
        assert impl.Lock is cls
        assert isinstance(cls(), cls)
    else:
        with pytest.raises(TypeError, match="cannot create"):
            cls()
        with pytest.raises(TypeError, match="takes no arguments"):
            impl.Lock(1)


def test_an_rlock_may_be_subclassed(impl: ModuleType) -> None:
    class Named(type(impl.RLock())):  # type: ignore[misc]
        def __init__(self, name: str) -> None:
            super().__init__()
            self.name = name

    lock = Named("mine")
    with lock, lock:
        assert repr(lock).startswith("<locked Named object owner=")
        assert Background(lock.acquire, False).result() is False
    assert lock.name == "mine"


@pytest.mark.filterwarnings("ignore:Passing arguments to RLock:DeprecationWarning")
def test_arguments_of_rlock(ours: ModuleType, theirs: ModuleType) -> None:
    for arguments in [(), (1,), (1, 2)]:
        told = []
        for impl in (theirs, ours):
            for make in (impl.RLock, type(impl.RLock())):
                try:
                    told.append(type(make(*arguments)).__name__)
                except TypeError:
                    told.append("refused")
        assert told[:2] == told[2:], arguments


@both
def test_locks_are_not_copied(impl: ModuleType, kind: str) -> None:
    lock = getattr(impl, kind)()
    for call in (copy.copy, copy.deepcopy, pickle.dumps):
        with pytest.raises(TypeError, match=r"^cannot pickle '.*' object$"):
            call(lock)


@both
def test_locks_as_objects(impl: ModuleType, kind: str) -> None:
    lock, other = getattr(impl, kind)(), getattr(impl, kind)()
    assert lock != other and lock == lock
    assert len({lock, other}) == 2
    assert bool(lock)
    with pytest.raises(AttributeError):
        lock.name = "x"
    reference = weakref.ref(lock)
    assert reference() is lock
    del lock
    assert reference() is None


@both
def test_reinit_frees_a_held_lock(impl: ModuleType, kind: str) -> None:
    lock = held(impl, kind)
    assert lock._at_fork_reinit() is None
    assert lock.acquire(False) is True
    lock.release()
    with pytest.raises(RuntimeError):
        lock.release()


@both
def test_a_lock_guards_a_counter(impl: ModuleType, kind: str) -> None:
    lock = getattr(impl, kind)()
    total = 0

    def count() -> None:
        nonlocal total
        for _ in range(2000):
            with lock:
                seen = total
                total = seen + 1

    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    try:
        for worker in [Background(count) for _ in range(4)]:
            worker.result()
    finally:
        sys.setswitchinterval(before)
    assert total == 8000


@both
def test_what_makes_locks_is_pickled_by_its_name(impl: ModuleType, kind: str) -> None:
    make = getattr(impl, kind)
    for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
        assert pickle.loads(pickle.dumps(make, protocol)) is make


@pytest.mark.differs(
    reason="its name means the standard library's", raises=pickle.PicklingError
)
def test_the_class_of_rlocks_is_pickled(impl: ModuleType) -> None:
    assert pickle.loads(pickle.dumps(impl._CRLock)) is impl._CRLock


@both
def test_the_types_of_locks_have_the_names_that_libraries_ask_for(
    theirs: ModuleType, ours: ModuleType, kind: str
) -> None:
    if isinstance(theirs.Lock, type) and kind == "Lock":
        pytest.skip("a public class, which is named after its place")
    mine, its = type(getattr(ours, kind)()), type(getattr(theirs, kind)())
    assert (mine.__module__, mine.__name__) == (its.__module__, its.__name__)
    assert mine.__qualname__ == f"ropewalk.{its.__qualname__}"  # whose it is
