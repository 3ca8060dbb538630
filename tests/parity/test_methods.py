"""Methods are Python functions to whoever looks: weakref, inspect, mock, pickle."""

import copy
import inspect
import pickle
import queue
import types
import unittest.mock
import weakref
from collections.abc import Callable
from typing import Any

import pytest

from tests import implementations

Make = Callable[[], Any]


def _fake() -> Any:
    """A loop, a transport, a protocol: nothing is asked of them."""
    return unittest.mock.Mock()


def _all() -> list[Any]:
    """Each public method that the standard library wrote in Python, on both."""
    found = []
    makes: dict[str, dict[str, Any]] = {
        "queue": dict.fromkeys(("Queue", "LifoQueue", "PriorityQueue"), lambda c: c(2)),
        "threading": {
            **dict.fromkeys(("Condition", "Event", "Semaphore"), lambda c: c()),
            "BoundedSemaphore": lambda c: c(1),
            "Barrier": lambda c: c(1),
            "Timer": lambda c: c(1, print),
        },
        "concurrent.futures": {
            "Future": lambda c: c(),
            "ThreadPoolExecutor": lambda c: c(1),
        },
        "asyncio": {
            **dict.fromkeys(("Lock", "Event", "Condition", "Semaphore"), lambda c: c()),
            **dict.fromkeys(("Queue", "LifoQueue", "PriorityQueue"), lambda c: c(2)),
            "StreamReader": lambda c: c(loop=_fake()),
            "StreamWriter": lambda c: c(_fake(), _fake(), None, _fake()),
            "StreamReaderProtocol": lambda c: c(_fake(), loop=_fake()),
            "Timeout": lambda c: c(None),
            "TaskGroup": lambda c: c(),
        },
    }
    for module, classes in makes.items():
        for which, impl in implementations.both(module).items():
            for name, make in classes.items():
                theirs = getattr(implementations.stdlib(module), name)
                for method, function in inspect.getmembers(theirs, inspect.isfunction):
                    if method.startswith("_"):
                        continue
                    found.append(
                        pytest.param(
                            getattr(impl, name),
                            make,
                            method,
                            function,
                            id=f"{which}-{name}.{method}",
                        )
                    )
    return found


each = pytest.mark.parametrize(("cls", "make", "name", "theirs"), _all())


@each
def test_it_is_a_function_of_its_class(
    cls: Any, make: Callable[[Any], Any], name: str, theirs: Any
) -> None:
    found = getattr(cls, name)
    assert isinstance(found, types.FunctionType)
    assert inspect.isfunction(found) and inspect.isroutine(found)
    assert found.__qualname__.endswith(f".{name}")
    if isinstance(vars(cls).get(name, found), types.FunctionType):
        assert next(iter(inspect.signature(found).parameters)) == "self"
    assert pickle.loads(pickle.dumps(found)) is found or cls.__module__ == "ropewalk"
    assert copy.deepcopy(found) is found


@each
def test_what_is_bound_is_a_method(
    cls: Any, make: Callable[[Any], Any], name: str, theirs: Any
) -> None:
    one = make(cls)
    bound = getattr(one, name)
    if name in vars(one):
        return  # Condition.acquire and release: the lock's own
    assert isinstance(bound, types.MethodType)
    assert bound.__self__ is one
    assert bound.__func__ is getattr(cls, name)
    assert bound == getattr(one, name) and hash(bound) == hash(getattr(one, name))
    weak = weakref.WeakMethod(bound)
    assert weak() == bound
    del bound, one
    assert weak() is None


@each
def test_an_autospec_checks_the_arguments(
    cls: Any, make: Callable[[Any], Any], name: str, theirs: Any
) -> None:
    fake = unittest.mock.create_autospec(cls, instance=True)
    takes_any = name == "submit"
    with pytest.raises(TypeError):
        getattr(fake, name)(*([] if takes_any else range(20)), no_such_keyword=1)
    with unittest.mock.patch.object(cls, name, autospec=True) as replaced:
        one = make(cls)
        needed = [
            parameter
            for parameter in list(inspect.signature(theirs).parameters.values())[1:]
            if parameter.default is parameter.empty
            and parameter.kind
            in (parameter.POSITIONAL_ONLY, parameter.POSITIONAL_OR_KEYWORD)
        ]
        got = getattr(cls, name)(one, *needed)
        if inspect.iscoroutine(got):
            # Newer mocks count a call when it is awaited.
            with pytest.raises(StopIteration):
                got.send(None)
        replaced.assert_called_with(one, *needed)


def test_wrong_calls_complain_as_functions_do() -> None:
    calls: list[tuple[Any, str]] = [
        (lambda q: q.put(), "missing 1 required positional argument: 'item'"),
        (lambda q: q.put(1, 2, 3, 4), "takes from 2 to 4 positional arguments"),
        (lambda q: q.put(1, no=2), "got an unexpected keyword argument 'no'"),
        (lambda q: q.qsize(1), "takes 1 positional argument but 2 were given"),
    ]
    for impl in implementations.both("queue").values():
        for call, complaint in calls:
            with pytest.raises(TypeError, match=complaint) as caught:
                call(impl.Queue())
            assert str(caught.value).startswith("Queue.")


def test_keywords_and_defaults_reach_the_engine() -> None:
    for impl in implementations.both("queue").values():
        one = impl.Queue(maxsize=1)
        one.put(item=1, block=False, timeout=None)
        with pytest.raises(queue.Full):
            one.put(2, timeout=0.001)
        with pytest.raises(queue.Full):
            one.put(2, False)
        assert one.get(timeout=5) == 1
        with pytest.raises(queue.Empty):
            one.get(block=False)
    for impl in implementations.both("threading").values():
        assert impl.Event().wait(timeout=0.001) is False
        semaphore = impl.Semaphore(1)
        assert semaphore.acquire(blocking=False) is True
        assert semaphore.acquire(timeout=0.001) is False
        semaphore.release(n=2)
        assert semaphore.acquire(True, 5) and semaphore.acquire(False)
    for impl in implementations.both("concurrent.futures").values():
        with impl.ThreadPoolExecutor(1) as pool:
            assert pool.submit(pow, 2, exp=3).result(timeout=20) == 8
            assert pool.submit(dict, fn=1, self=2).result() == {"fn": 1, "self": 2}


def test_signals_of_a_weakly_held_method() -> None:
    """As blinker and Django keep their receivers."""
    for impl in implementations.both("queue").values():
        one = impl.Queue()
        receivers = [weakref.WeakMethod(one.put)]
        for receiver in receivers:
            method = receiver()
            assert method is not None
            method("signal", timeout=1)
        assert one.get() == "signal"
        del one, method
        assert receivers[0]() is None
