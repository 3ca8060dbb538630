"""`Future`: its life, its callbacks, and what programs reach for by name."""

import asyncio
import concurrent.futures
import gc
import logging
import pickle
import threading
import weakref
from types import ModuleType
from typing import Any

import pytest

from tests.threads import Background

MODULE = "concurrent.futures"


def test_a_life_from_begin_to_end(impl: ModuleType) -> None:
    future = impl.Future()
    assert not future.running() and not future.done() and not future.cancelled()
    assert future.set_running_or_notify_cancel() is True
    assert future.running()
    assert future.cancel() is False
    future.set_result(7)
    assert future.done() and not future.running()
    assert future.result() == 7
    assert future.exception() is None


def test_a_cancelled_future(impl: ModuleType) -> None:
    future = impl.Future()
    assert future.cancel() and future.cancel()
    assert future.cancelled() and future.done()
    with pytest.raises(impl.CancelledError):
        future.result(0)
    with pytest.raises(impl.CancelledError):
        future.exception()
    assert future.set_running_or_notify_cancel() is False
    with pytest.raises(concurrent.futures.InvalidStateError, match="NOTIFIED: <Future"):
        future.set_result(1)


def test_beginning_twice(impl: ModuleType, caplog: pytest.LogCaptureFixture) -> None:
    future = impl.Future()
    future.set_running_or_notify_cancel()
    with (
        caplog.at_level(logging.CRITICAL, "concurrent.futures"),
        pytest.raises(RuntimeError, match=r"^Future in unexpected state$"),
    ):
        future.set_running_or_notify_cancel()
    assert "in unexpected state: RUNNING" in caplog.text


def test_a_waiter_wakes(impl: ModuleType) -> None:
    future = impl.Future()
    waiter = Background(future.result, 20).parked()
    future.set_result("late")
    assert waiter.result() == "late"


def test_a_waiter_of_a_cancelled_future_wakes(impl: ModuleType) -> None:
    future = impl.Future()
    waiter = Background(future.exception).parked()
    assert future.cancel()
    with pytest.raises(impl.CancelledError):
        waiter.result()


@pytest.mark.parametrize("timeout", [0, -1, 0.001])
def test_time_runs_out(impl: ModuleType, timeout: float) -> None:
    with pytest.raises(impl.TimeoutError):
        impl.Future().result(timeout)


def test_an_exception_keeps_context_and_identity(impl: ModuleType) -> None:
    future = impl.Future()
    error = ValueError("inner")
    future.set_exception(error)
    try:
        raise KeyError("outer")
    except KeyError as outer:
        with pytest.raises(ValueError) as caught:
            future.result()
        assert caught.value is error
        assert error.__context__ is outer


def test_no_exception_is_a_result_of_none(impl: ModuleType) -> None:
    future = impl.Future()
    future.set_exception(None)
    assert future.result() is None


@pytest.mark.parametrize("error", [ValueError, "text"])
def test_what_is_no_exception_is_raised_all_the_same(
    impl: ModuleType, error: Any
) -> None:
    future = impl.Future()
    future.set_exception(error)
    with pytest.raises(ValueError if error is ValueError else TypeError):
        future.result()


def test_callbacks_are_called_in_order_and_their_errors_logged(
    impl: ModuleType, caplog: pytest.LogCaptureFixture
) -> None:
    future = impl.Future()
    called: list[Any] = []

    def fail(_: object) -> None:
        raise ValueError("a callback's")

    future.add_done_callback(called.append)
    future.add_done_callback(fail)
    future.add_done_callback(lambda one: called.append(one.result()))
    with caplog.at_level(logging.ERROR, "concurrent.futures"):
        future.set_result(3)
    assert called == [future, 3]
    assert "exception calling callback for <Future" in caplog.text
    assert "a callback's" in caplog.text
    future.add_done_callback(called.append)
    assert called[2] is future


def test_a_callback_runs_in_the_thread_that_finishes(impl: ModuleType) -> None:
    future, ran_in = impl.Future(), []
    future.add_done_callback(lambda _: ran_in.append(threading.get_ident()))
    thread = threading.Thread(target=future.set_result, args=(1,))
    thread.start()
    thread.join()
    assert ran_in == [thread.ident]


def test_private_names(impl: ModuleType) -> None:
    future = impl.Future()
    assert (future._state, future._result, future._exception) == ("PENDING", None, None)
    assert (future._waiters, future._done_callbacks) == ([], [])
    with future._condition:
        future._state = "FINISHED"
        future._result = 5
        future._condition.notify_all()
    assert future.result() == 5 and future.done()
    assert repr(future).endswith("state=finished returned int>")
    with pytest.raises(concurrent.futures.InvalidStateError):
        future.set_exception(ValueError())


def test_looking_inside_while_a_thread_waits(impl: ModuleType) -> None:
    future = impl.Future()
    waiter = Background(future.result).parked()
    with future._condition:
        future._result = "by hand"
        future._state = "FINISHED"
        future._condition.notify_all()
    assert waiter.result() == "by hand"


def test_looking_inside_keeps_callbacks(impl: ModuleType) -> None:
    future = impl.Future()
    called: list[Any] = []
    future.add_done_callback(called.append)
    assert future._done_callbacks == [called.append]
    future.set_result(1)
    assert called == [future]


def test_a_subclass(impl: ModuleType) -> None:
    class Named(impl.Future):  # type: ignore[misc, name-defined]
        def __init__(self, name: str) -> None:
            super().__init__()
            self.name = name

        def set_result(self, result: object) -> None:
            super().set_result((self.name, result))

    future = Named("a")
    future.set_result(1)
    assert future.result() == ("a", 1)
    assert repr(future).startswith("<Named at 0x")


def test_it_is_a_future_of_the_standard_library(impl: ModuleType) -> None:
    assert isinstance(impl.Future(), concurrent.futures.Future)


def test_asyncio_wraps_it(impl: ModuleType) -> None:
    async def main() -> object:
        future = impl.Future()
        threading.Timer(0, future.set_result, ("wrapped",)).start()
        return await asyncio.wrap_future(future)

    assert asyncio.run(main()) == "wrapped"


def test_cycles_are_collected(impl: ModuleType) -> None:
    class Thing:
        pass

    thing = Thing()
    future = impl.Future()
    future.thing = thing
    future.set_result([future])
    own, callback = impl.Future(), impl.Future()
    own.set_result(own)
    callback.add_done_callback(callback.set_result)
    gone = [weakref.ref(one) for one in (thing, future, own, callback)]
    del thing, future, own, callback
    gc.collect()
    assert [ref() for ref in gone] == [None] * 4


def test_an_exception_makes_no_cycle(impl: ModuleType) -> None:
    with impl.ThreadPoolExecutor(1) as executor:
        future = executor.submit(divmod, 1, 0)
        with pytest.raises(ZeroDivisionError):
            future.result()
        gone = weakref.ref(future)
        gc.disable()
        try:
            executor.submit(int).result()
            del future
            assert gone() is None
        finally:
            gc.enable()


def test_pickling_is_refused(impl: ModuleType) -> None:
    with pytest.raises(TypeError):
        pickle.dumps(impl.Future())


@pytest.mark.parametrize("method", ["result", "exception"])
def test_a_time_out_that_is_no_number_is_not_looked_at_when_all_is_over(
    impl: ModuleType, method: str
) -> None:
    finished, cancelled = impl.Future(), impl.Future()
    finished.set_result(None)
    cancelled.cancel()
    assert getattr(finished, method)([1]) is None
    with pytest.raises(impl.CancelledError):
        getattr(cancelled, method)([1])


@pytest.mark.parametrize(
    ("given", "named"), [((1,), {}), ((1, 2), {}), ((1,), {"x": 1})]
)
def test_what_is_said_to_arguments_names_the_class(
    impl: ModuleType, theirs: ModuleType, given: tuple[int, ...], named: dict[str, int]
) -> None:
    class Mine(impl.Future):  # type: ignore[misc, name-defined]
        pass

    with pytest.raises(TypeError) as plain:
        theirs.Future(*given, **named)
    for cls in impl.Future, Mine:
        with pytest.raises(TypeError) as caught:
            cls(*given, **named)
        assert str(caught.value) == str(plain.value)
