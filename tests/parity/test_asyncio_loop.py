"""Callbacks, handles and timers, where CPython's own tests do not look."""

import contextvars
import gc
import socket
import threading
import weakref
from collections.abc import Iterator
from types import ModuleType
from typing import Any

import pytest

MODULE = "asyncio"


@pytest.fixture
def loop(impl: ModuleType) -> Iterator[Any]:
    made = impl.SelectorEventLoop()
    yield made
    made.close()


def turn(loop: Any) -> None:
    """One turn, as CPython's tests do it."""
    loop.call_soon(loop.stop)
    loop.run_forever()


def test_it_is_a_selector_loop(impl: ModuleType, theirs: ModuleType, loop: Any) -> None:
    assert isinstance(loop, theirs.AbstractEventLoop)
    assert isinstance(loop.call_soon(print), theirs.Handle)
    assert isinstance(loop.call_later(0, print), theirs.TimerHandle)


def test_ready_callbacks_come_before_due_timers(loop: Any) -> None:
    order: list[str] = []
    loop.call_at(loop.time() - 1, order.append, "timer")
    loop.call_soon(order.append, "soon")
    loop.call_soon(loop.call_soon, order.append, "next turn")
    turn(loop)
    turn(loop)
    assert order == ["soon", "timer", "next turn"]


def test_readers_come_after_ready_callbacks_and_before_timers(loop: Any) -> None:
    order: list[str] = []
    left, right = socket.socketpair()
    with left, right:
        loop.add_reader(left, order.append, "read")
        loop.add_writer(left, order.append, "write")
        right.send(b"x")
        loop.call_at(loop.time() - 1, order.append, "timer")
        loop.call_soon(order.append, "soon")
        turn(loop)
        loop.remove_reader(left)
        loop.remove_writer(left)
    assert order == ["soon", "read", "write", "timer"]


def test_timers_of_the_same_time_keep_no_one_waiting(loop: Any) -> None:
    ran: list[int] = []
    when = loop.time()
    for number in range(1000):
        loop.call_at(when, ran.append, number)
    turn(loop)
    assert sorted(ran) == list(range(1000))


def test_no_timer_is_early(loop: Any) -> None:
    late: list[float] = []

    def look(when: float) -> None:
        late.append(loop.time() - when)
        if len(late) == 50:
            loop.stop()

    start = loop.time()
    for number in range(50):
        when = start + number * 0.000_37
        loop.call_at(when, look, when)
    loop.run_forever()
    assert min(late) >= 0


def test_a_hundred_thousand_timers(loop: Any) -> None:
    loop.set_debug(False)  # python -X dev keeps a traceback for each
    handles = [loop.call_later(1000 + n % 97, print) for n in range(100_000)]
    assert len(loop._scheduled) == 100_000
    for handle in handles[::2]:
        handle.cancel()
    turn(loop)
    for handle in handles:
        handle.cancel()
        handle.cancel()
    turn(loop)
    assert len(loop._scheduled) == 0
    assert not any(handle._scheduled for handle in handles)


def test_a_cancelled_handle_lets_go_of_its_callback(loop: Any) -> None:
    class Callback:
        def __call__(self) -> None:
            raise AssertionError("cancelled")

    for schedule in (loop.call_soon, lambda c: loop.call_later(0, c)):
        callback = Callback()
        alive = weakref.ref(callback)
        handle = schedule(callback)
        handle.cancel()
        del callback
        gc.collect()
        assert alive() is None
        assert handle.cancelled()
    turn(loop)


def test_a_callback_may_cancel_its_own_handle(loop: Any) -> None:
    ran: list[bool] = []
    handles: list[Any] = []

    def callback() -> None:
        handles[0].cancel()
        ran.append(handles[0].cancelled())

    handles.append(loop.call_soon(callback))
    turn(loop)
    assert ran == [True]


def test_slots_are_those_of_asyncio(loop: Any) -> None:
    loop.set_debug(False)  # python -X dev would fill _source_traceback
    context = contextvars.copy_context()
    handle = loop.call_soon(print, 1, 2, context=context)
    assert handle._callback is print
    assert handle._args == (1, 2)
    assert handle._context is context
    assert handle._loop is loop
    assert handle._cancelled is False
    assert handle._source_traceback is None
    ran: list[int] = []
    handle._callback, handle._args = ran.append, (3,)
    turn(loop)
    assert ran == [3]
    timer = loop.call_at(7, print)
    assert timer.when() == timer._when == 7
    assert timer._scheduled is True
    assert hash(timer) == hash(7)
    assert timer < loop.call_at(8, print)
    assert repr(timer) == "<TimerHandle when=7 print()>"


def test_arguments_by_name(loop: Any) -> None:
    ran: list[int] = []
    loop.call_soon(callback=lambda: ran.append(1))
    loop.call_later(callback=lambda: ran.append(2), delay=0)
    turn(loop)
    assert sorted(ran) == [1, 2]
    with pytest.raises(TypeError):
        loop.call_soon()
    with pytest.raises(TypeError):
        loop.call_soon(print, name=1)
    with pytest.raises(TypeError):
        loop.call_later(None, print)
    with pytest.raises(TypeError):
        loop.call_at(None, print)


@pytest.mark.parametrize("error", [SystemExit, KeyboardInterrupt])
def test_an_exit_leaves_the_loop_and_the_rest_waits(loop: Any, error: type) -> None:
    ran: list[int] = []

    def leave() -> None:
        raise error

    loop.call_soon(leave)
    loop.call_soon(ran.append, 1)
    with pytest.raises(error):
        loop.run_forever()
    assert ran == []
    turn(loop)
    assert ran == [1]


def test_any_other_exception_goes_to_the_handler(loop: Any) -> None:
    class Odd(BaseException):
        pass

    seen: list[Any] = []
    loop.set_exception_handler(lambda loop, context: seen.append(context))

    def fail() -> None:
        raise Odd

    handle = loop.call_soon(fail)
    turn(loop)
    [context] = seen
    assert isinstance(context["exception"], Odd)
    assert context["handle"] is handle
    assert "Exception in callback" in context["message"]


def test_a_subclass_with_its_own_clock(impl: ModuleType) -> None:
    class Clock(impl.SelectorEventLoop):  # type: ignore[misc,name-defined]
        now = 0.0

        def time(self) -> float:
            self.now += 10_000
            return self.now

    loop = Clock()
    ran: list[int] = []
    loop.call_later(1_000_000, ran.append, 1)
    loop.call_later(5_000, loop.stop)
    loop.run_forever()
    assert ran == []
    loop.close()


def test_a_cycle_through_what_waits_is_collected(impl: ModuleType) -> None:
    class Keeper:
        pass

    loop = impl.SelectorEventLoop()
    keeper = Keeper()
    keeper.soon = loop.call_soon(print, keeper)  # type: ignore[attr-defined]
    keeper.later = loop.call_later(1000, print, keeper)  # type: ignore[attr-defined]

    def again(loop: Any, keeper: Any) -> None:
        keeper.again = loop.call_soon(print, keeper)
        keeper.timer = loop.call_later(9, print, keeper)
        loop.stop()

    loop.call_soon(again, loop, keeper)
    loop.run_forever()
    alive = weakref.ref(keeper)
    with pytest.warns(ResourceWarning):
        del loop, keeper
        gc.collect()
        gc.collect()
    assert alive() is None


def test_a_handle_that_ran_and_is_kept_is_collected(loop: Any) -> None:
    class Keeper:
        pass

    keeper = Keeper()
    alive = weakref.ref(keeper)

    def start(keeper: Any) -> None:
        keeper.ran = loop.call_soon(str, keeper)
        keeper.timer = loop.call_later(0, str, keeper)
        keeper.cancelled = loop.call_later(1000, str, keeper)
        keeper.cancelled.cancel()

    loop.call_soon(start, keeper)
    turn(loop)
    turn(loop)
    del keeper
    gc.collect()
    assert alive() is None


def test_debug_mode_names_slow_callbacks(
    loop: Any, caplog: pytest.LogCaptureFixture
) -> None:
    def slow() -> None:
        """Long enough for the limit below."""

    loop.set_debug(True)
    loop.slow_callback_duration = 0.0
    with caplog.at_level("WARNING", "asyncio"):
        loop.call_soon(slow)
        turn(loop)
    [message, *_] = [text for text in caplog.messages if "slow" in text]
    assert message.startswith("Executing <Handle ")
    assert "test_asyncio_loop.py" in message
    assert " took 0." in message


def test_debug_mode_checks_the_thread(loop: Any) -> None:
    loop.set_debug(True)
    errors: list[str] = []

    def use() -> None:
        try:
            loop.call_soon(print)
        except RuntimeError as error:
            errors.append(str(error))
        loop.call_soon_threadsafe(loop.stop)

    thread = threading.Thread(target=use)
    loop.call_soon(thread.start)
    loop.run_forever()
    thread.join()
    assert len(errors) == 1
    assert "Non-thread-safe operation" in errors[0]


def test_private_names_can_be_looked_at(loop: Any) -> None:
    assert len(loop._ready) == 0
    handle = loop.call_soon(print)
    assert list(loop._ready) == [handle]
    assert loop._ready.popleft() is handle
    ran: list[int] = []
    loop._ready.append(loop.call_soon(ran.append, 1))
    turn(loop)
    assert ran == [1, 1]
    timer = loop.call_later(5, print)
    assert loop._scheduled[0] is timer
    assert loop._selector.get_map() is not None
    assert loop._timer_cancelled_count == 0
