"""A loop that is kept busy by callbacks looks at its descriptors all the same."""

import socket
from types import ModuleType

MODULE = "asyncio"

TURNS = 200


def test_what_is_always_ready_and_what_calls_itself_take_turns(
    impl: ModuleType,
) -> None:
    loop = impl.new_event_loop()
    ours, theirs = socket.socketpair()
    with ours, theirs:
        theirs.send(b"never read")
        reads = turns = 0

        def read() -> None:
            nonlocal reads
            reads += 1

        def again() -> None:
            nonlocal turns
            turns += 1
            if turns == TURNS:
                loop.stop()
            else:
                loop.call_soon(again)

        loop.add_reader(ours, read)
        loop.call_soon(again)
        loop.run_forever()
        loop.remove_reader(ours)
    loop.close()
    # Not in each turn, but never put off for longer than one.
    assert reads >= TURNS // 2


def test_a_timer_is_not_put_off_by_what_is_always_ready(impl: ModuleType) -> None:
    loop = impl.new_event_loop()
    ours, theirs = socket.socketpair()
    with ours, theirs:
        theirs.send(b"never read")
        loop.add_reader(ours, lambda: None)
        loop.call_later(0.01, loop.stop)
        loop.run_forever()
        loop.remove_reader(ours)
    loop.close()


def test_the_first_turn_of_a_run_looks(impl: ModuleType) -> None:
    loop = impl.new_event_loop()
    ours, theirs = socket.socketpair()
    with ours, theirs:
        theirs.send(b"never read")
        reads = 0

        def read() -> None:
            nonlocal reads
            reads += 1

        loop.add_reader(ours, read)
        for run in range(1, 4):
            loop.call_soon(loop.stop)
            loop.run_forever()
            assert reads == run
        loop.remove_reader(ours)
    loop.close()
