"""What newer Pythons have changed in asyncio, as the running one does it."""

import asyncio
import threading
from types import ModuleType

import pytest

from tests.loops import open_loop
from tests.threads import Background

MODULE = "asyncio"


@pytest.mark.skipif(
    not hasattr(asyncio.events, "_ThreadSafeHandle"),
    reason="this Python's handles do not know of threads",
)
def test_a_handle_of_another_threads_is_not_cancelled_while_it_runs(
    impl: ModuleType,
) -> None:
    begun, go_on = threading.Event(), threading.Event()
    ended = []

    def callback() -> None:
        begun.set()
        go_on.wait()
        ended.append(True)
        loop.stop()

    with open_loop(impl) as loop:
        handle = loop.call_soon_threadsafe(callback)
        assert type(handle).__name__ == "_ThreadSafeHandle"
        running = Background(loop.run_forever)
        begun.wait()

        def cancel() -> bool:
            handle.cancel()
            return bool(ended)

        canceller = Background(cancel).parked()
        go_on.set()
        assert canceller.result() is True
        running.result()
        assert handle.cancelled()


def test_no_attribute_of_the_stock_loop_hides_one_of_ours(
    ours: ModuleType, theirs: ModuleType
) -> None:
    """Nor the other way round: what a newer Python adds could have our names."""
    stock = ours.SelectorEventLoop.__mro__[-1:0:-1]
    inherited = {
        name
        for cls in stock
        if cls.__module__.startswith("asyncio.")
        for name in vars(cls)
    }
    with open_loop(theirs) as loop:
        held = set(vars(loop))
    # What can be set stands for what the stock loop has under the same name.
    own = {
        name
        for cls in ours.SelectorEventLoop.__mro__
        if "ropewalk" in cls.__module__
        for name, value in vars(cls).items()
        if not hasattr(type(value), "__set__")
    }
    private = {name for name in own - inherited if not name.startswith("__")}
    assert private & held == set()


def test_a_thread_of_a_name_that_cannot_be_encoded_is_joined(
    impl: ModuleType,
) -> None:
    """Ours notes who is waited for, by name."""
    assert impl
    thread = threading.Thread(target=int, name="\udcff")
    thread.start()
    Background(thread.join).result()
