"""Timer: what it does, and what it is while it waits, fires, ends."""

import gc
import re
import threading
import weakref
from collections.abc import Iterator
from types import ModuleType
from typing import Any

import pytest

from tests.threads import WATCHDOG_SECONDS, Background, wait_until

MODULE = "threading"
LONG = 3600.0


class Spy:
    """A function for timers: counts its calls and may be made to take long."""

    def __init__(self) -> None:
        self.calls: list[tuple[Any, ...]] = []
        self.threads: list[threading.Thread] = []
        self.begun = threading.Event()
        self.may_end = threading.Event()
        self.may_end.set()

    def __call__(self, *args: Any, **kwargs: Any) -> None:
        self.calls.append((args, kwargs))
        self.threads.append(threading.current_thread())
        self.begun.set()
        assert self.may_end.wait(WATCHDOG_SECONDS)


@pytest.fixture
def spy() -> Iterator[Spy]:
    made = Spy()
    yield made
    made.may_end.set()


def ended(timer: Any) -> None:
    """Wait for the timer's end."""
    timer.join(WATCHDOG_SECONDS)
    assert not timer.is_alive()


def test_the_function_is_called_once_in_the_timers_thread(
    impl: ModuleType, spy: Spy
) -> None:
    timer = impl.Timer(0.005, spy, (1, 2), {"three": 3})
    timer.start()
    ended(timer)
    assert spy.calls == [((1, 2), {"three": 3})]
    assert spy.threads == [timer]
    assert timer.finished.is_set()
    assert timer not in threading.enumerate()


@pytest.mark.parametrize("interval", [0, -1, 0.0, -0.5, 1e-9, 0.001, False])
def test_any_short_interval_fires(impl: ModuleType, spy: Spy, interval: float) -> None:
    timer = impl.Timer(interval, spy)
    timer.start()
    ended(timer)
    assert len(spy.calls) == 1


def test_arguments_are_read_when_the_function_is_called(
    impl: ModuleType, spy: Spy
) -> None:
    timer = impl.Timer(0.05, print)
    assert (timer.args, timer.kwargs) == ([], {})
    timer.start()
    timer.function = spy
    timer.args.append("late")
    ended(timer)
    assert spy.calls == [(("late",), {})]


def test_a_cancelled_timer_ends_at_once(impl: ModuleType, spy: Spy) -> None:
    timer = impl.Timer(LONG, spy)
    timer.start()
    assert timer.is_alive()
    joiners = [Background(timer.join).parked() for _ in range(3)]
    timer.cancel()
    ended(timer)
    for joiner in joiners:
        joiner.result()
    timer.cancel()
    timer.join()
    assert timer not in threading.enumerate()
    assert not spy.calls
    assert timer.finished.is_set()


def test_setting_the_event_cancels(impl: ModuleType, spy: Spy) -> None:
    timer = impl.Timer(LONG, spy)
    timer.start()
    waiter = Background(timer.finished.wait).parked()
    timer.finished.set()
    ended(timer)
    assert waiter.result() is True
    assert not spy.calls


def test_cancelled_before_start(impl: ModuleType, spy: Spy) -> None:
    timer = impl.Timer(LONG, spy)
    timer.cancel()
    assert not timer.is_alive()
    timer.start()
    ended(timer)
    assert timer.ident is not None
    assert not spy.calls


def test_an_event_of_the_programs_own(impl: ModuleType, spy: Spy) -> None:
    timer = impl.Timer(LONG, spy)
    timer.finished = impl.Event()
    timer.start()
    assert timer.is_alive()
    timer.cancel()
    ended(timer)
    assert not spy.calls


def test_an_event_replaced_while_pending_is_asked(impl: ModuleType, spy: Spy) -> None:
    timer = impl.Timer(0.05, spy)
    timer.start()
    timer.finished = impl.Event()
    timer.cancel()
    ended(timer)
    assert not spy.calls


def test_life_of_a_timer(impl: ModuleType, spy: Spy) -> None:
    spy.may_end.clear()
    timer = impl.Timer(0.05, spy)
    assert isinstance(timer, threading.Thread)
    assert (timer.ident, timer.native_id, timer.is_alive()) == (None, None, False)
    assert re.fullmatch(r"<Timer\(Thread-\d+, initial\)>", repr(timer))
    timer.daemon = True
    timer.name = "tea"
    timer.start()
    assert repr(timer) == f"<Timer(tea, started daemon {timer.ident})>"
    assert isinstance(timer.ident, int)
    assert timer in threading.enumerate()
    assert spy.begun.wait(WATCHDOG_SECONDS)
    assert timer.is_alive()
    assert repr(timer) == f"<Timer(tea, started daemon {timer.ident})>"
    assert timer.native_id is not None
    assert threading.enumerate().count(timer) == 1
    spy.may_end.set()
    ended(timer)
    assert repr(timer) == f"<Timer(tea, stopped daemon {timer.ident})>"


def test_names_count_like_those_of_threads(impl: ModuleType) -> None:
    first, thread = impl.Timer(1, print), threading.Thread()
    second = impl.Timer(1, print)
    numbers = [int(one.name.split("-")[1]) for one in (first, thread, second)]
    assert numbers == [numbers[0], numbers[0] + 1, numbers[0] + 2]


def test_daemon_is_inherited_and_fixed_by_start(impl: ModuleType) -> None:
    assert impl.Timer(LONG, print).daemon is threading.current_thread().daemon
    timer = Background(lambda: impl.Timer(LONG, print)).result()
    assert timer.daemon is True
    timer.start()
    with pytest.raises(RuntimeError, match=r"^cannot set daemon status of active"):
        timer.daemon = False
    timer.cancel()
    ended(timer)


def test_start_and_join_in_the_wrong_order(impl: ModuleType) -> None:
    timer = impl.Timer(LONG, print)
    with pytest.raises(RuntimeError, match=r"^cannot join thread before it is"):
        timer.join()
    timer.start()
    for _ in range(2):
        with pytest.raises(RuntimeError, match=r"^threads can only be started once$"):
            timer.start()
        timer.cancel()
    ended(timer)


@pytest.mark.parametrize("timeout", [0, -1, 0.005])
def test_join_that_runs_out_of_time(impl: ModuleType, timeout: float) -> None:
    timer = impl.Timer(LONG, print)
    timer.start()
    assert timer.join(timeout) is None
    assert timer.is_alive()
    timer.cancel()
    ended(timer)


@pytest.mark.parametrize("timeout", ["1", float("inf"), float("nan"), 1e30])
def test_join_with_a_time_that_is_none(impl: ModuleType, timeout: Any) -> None:
    timer = impl.Timer(LONG, print)
    timer.start()
    with pytest.raises((TypeError, OverflowError, ValueError)):
        timer.join(timeout)
    timer.cancel()
    ended(timer)


def test_join_waits_for_the_function(impl: ModuleType, spy: Spy) -> None:
    spy.may_end.clear()
    timer = impl.Timer(0.005, spy)
    timer.start()
    joiner = Background(timer.join)
    assert spy.begun.wait(WATCHDOG_SECONDS)
    joiner.parked()
    timer.cancel()
    timer.join(0.005)
    assert timer.is_alive()
    spy.may_end.set()
    joiner.result()
    assert not timer.is_alive()


def test_a_function_cannot_join_its_own_timer(impl: ModuleType) -> None:
    raised: list[str] = []

    def join() -> None:
        try:
            timer.join()
        except RuntimeError as error:
            raised.append(str(error))

    timer = impl.Timer(0.001, join)
    timer.start()
    ended(timer)
    assert raised == ["cannot join current thread"]


def test_a_slow_function_delays_no_other_timer(impl: ModuleType, spy: Spy) -> None:
    spy.may_end.clear()
    slow = [impl.Timer(0.001, spy) for _ in range(10)]
    for timer in slow:
        timer.start()
    wait_until(lambda: len(spy.calls) == 10, "ten at once")
    fast = Spy()
    timer = impl.Timer(0.001, fast)
    timer.start()
    ended(timer)
    assert len(fast.calls) == 1
    spy.may_end.set()
    for timer in slow:
        ended(timer)


def test_timers_fire_in_the_order_of_their_times(impl: ModuleType) -> None:
    order: list[float] = []
    timers = [impl.Timer(t, order.append, [t]) for t in (0.3, 0.1, 0.2)]
    for timer in timers:
        timer.start()
    for timer in timers:
        ended(timer)
    assert order == [0.1, 0.2, 0.3]


def test_an_overridden_run_runs(impl: ModuleType, spy: Spy) -> None:
    class Repeating(impl.Timer):  # type: ignore[misc,name-defined]
        def run(self) -> None:
            while not self.finished.wait(self.interval):
                self.function(*self.args)

    timer = Repeating(0.001, spy)
    timer.start()
    assert timer.native_id is not None
    wait_until(lambda: len(spy.calls) >= 3, "repeated calls")
    timer.cancel()
    ended(timer)


def test_run_of_one_instance(impl: ModuleType, spy: Spy) -> None:
    timer = impl.Timer(LONG, print)
    timer.run = spy
    timer.start()
    ended(timer)
    assert len(spy.calls) == 1


def test_run_called_as_a_function_waits_and_calls(impl: ModuleType, spy: Spy) -> None:
    timer = impl.Timer(0.005, spy)
    timer.run()
    assert spy.threads == [threading.current_thread()]
    timer.run()
    assert len(spy.calls) == 1


def test_a_subclass_that_begins_as_a_thread(impl: ModuleType, spy: Spy) -> None:
    class Own(impl.Timer):  # type: ignore[misc,name-defined]
        def __init__(self) -> None:
            threading.Thread.__init__(self, name="own", daemon=True)
            self.interval, self.function = 0.001, spy
            self.args = [7]
            self.kwargs: dict[str, Any] = {}
            self.finished = threading.Event()

    timer = Own()
    timer.start()
    ended(timer)
    assert spy.calls == [((7,), {})]


def test_a_subclass_without_init(impl: ModuleType) -> None:
    class Forgetful(impl.Timer):  # type: ignore[misc,name-defined]
        def __init__(self) -> None:
            pass

    timer = Forgetful()
    for call in (timer.start, timer.join):
        with pytest.raises(RuntimeError, match=r"__init__\(\) not called"):
            call()
    with pytest.raises(AssertionError):
        timer.is_alive()


@pytest.mark.parametrize("interval", ["1", 1e30, object()])
def test_an_interval_that_is_no_time_fails_in_the_thread(
    impl: ModuleType, spy: Spy, interval: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    caught: list[Any] = []
    monkeypatch.setattr(threading, "excepthook", lambda args: caught.append(args))
    timer = impl.Timer(interval, spy)
    timer.start()
    ended(timer)
    assert [type(args.exc_value) for args in caught] in ([TypeError], [OverflowError])
    assert caught[0].thread is timer
    caught.clear()


def test_an_error_in_the_function_goes_to_the_hook(
    impl: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    caught: list[Any] = []
    monkeypatch.setattr(threading, "excepthook", lambda args: caught.append(args))
    timer = impl.Timer(0.001, divmod, (1, 0))
    timer.start()
    ended(timer)
    assert caught[0].exc_type is ZeroDivisionError
    assert caught[0].thread is timer
    assert not timer.finished.is_set()
    caught.clear()


def test_hooks_for_tracing_see_the_function(impl: ModuleType, spy: Spy) -> None:
    seen: list[str] = []

    def trace(frame: Any, event: str, arg: Any) -> None:
        seen.append(frame.f_code.co_name)

    threading.settrace(trace)
    try:
        timer = impl.Timer(0.001, spy)
        timer.start()
        ended(timer)
    finally:
        threading.settrace(None)
    assert "run" in seen


def test_no_thread_to_be_had(
    impl: ModuleType, spy: Spy, monkeypatch: pytest.MonkeyPatch
) -> None:
    """start() says so, or else the hook; the timer fires once there are threads."""
    told = threading.Event()

    def refuse(*args: Any, **kwargs: Any) -> None:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(threading, "excepthook", lambda args: told.set())
    timer = impl.Timer(0.001, spy)
    with monkeypatch.context() as patch:
        for name in ("_start_new_thread", "_start_joinable_thread"):
            patch.setattr(threading, name, refuse, raising=False)
        try:
            timer.start()
        except RuntimeError:
            started = False
        else:
            started = True
            assert told.wait(WATCHDOG_SECONDS)
        assert timer.is_alive() is started
        assert not spy.calls
    if not started:
        timer.start()
    ended(timer)
    assert len(spy.calls) == 1


def test_nothing_stays_of_cancelled_timers(impl: ModuleType) -> None:
    class Mark:
        def __call__(self) -> None:
            """Never called."""

    marks = []
    for _ in range(50):
        function = Mark()
        marks.append(weakref.ref(function))
        timer = impl.Timer(LONG, function)
        timer.start()
        timer.cancel()
        ended(timer)
        del function, timer
    gc.collect()
    wait_until(lambda: not any(mark() for mark in marks), "all of them freed")


def test_threads_that_start_cancel_and_join_at_once(impl: ModuleType) -> None:
    fired: list[int] = []
    cancelled: list[int] = []

    def play(first: int) -> None:
        for number in range(first, first + 60):
            timer = impl.Timer(0.0005 * (number % 4), fired.append, [number])
            timer.start()
            if number % 2:
                timer.cancel()
                cancelled.append(number)
            ended(timer)

    for player in [Background(play, 100 * n) for n in range(4)]:
        player.result()
    assert not [n for n in fired if fired.count(n) > 1]
    assert {*fired, *cancelled} == {100 * n + i for n in range(4) for i in range(60)}
