"""How a program gets ropewalk's loop."""

import asyncio
import socket
import subprocess
import sys
from types import ModuleType
from typing import Any

import ropewalk

MODULE = "asyncio"


async def running(module: ModuleType) -> Any:
    return module.get_running_loop()


def test_without_install(ours: ModuleType) -> None:
    loop = ours.run(running(ours))
    assert type(loop) is ours.SelectorEventLoop
    assert loop.is_closed()
    with ours.Runner() as runner:
        assert type(runner.run(running(ours))) is ours.SelectorEventLoop
    assert type(ropewalk.run(running(ours))) is ours.SelectorEventLoop
    loop = ropewalk.new_event_loop()
    assert type(loop) is ours.SelectorEventLoop
    loop.close()


def test_a_factory_is_asked(ours: ModuleType) -> None:
    class Loop(asyncio.SelectorEventLoop):
        pass

    with ours.Runner(loop_factory=Loop) as runner:
        assert type(runner.run(running(ours))) is Loop


INSTALLED = """
import asyncio
from ropewalk.asyncio import SelectorEventLoop as Ours

assert asyncio.SelectorEventLoop is Ours
made = [asyncio.new_event_loop(), asyncio.events.new_event_loop()]
made.append(asyncio.SelectorEventLoop())
policy = getattr(asyncio, "DefaultEventLoopPolicy", None)
if policy is not None:
    made.append(policy().new_event_loop())
for loop in made:
    assert type(loop) is Ours, loop
    loop.close()

async def main():
    assert type(asyncio.get_running_loop()) is Ours

asyncio.run(main())

if hasattr(asyncio, "set_event_loop_policy"):
    class Policy(asyncio.DefaultEventLoopPolicy):
        def new_event_loop(self):
            Policy.asked = True
            return super().new_event_loop()

    asyncio.set_event_loop_policy(Policy())
    asyncio.run(main())
    assert Policy.asked
"""


def test_with_install() -> None:
    command = [sys.executable, "-m", "ropewalk", "-c", INSTALLED]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_a_socket_that_was_closed_is_watched_no_longer(impl: ModuleType) -> None:
    loop = impl.new_event_loop()
    near, far = socket.socketpair()
    try:
        loop.add_reader(near, int)
        near.close()
        assert loop.remove_reader(near) is True
        loop.add_writer(far, int)
        far.close()
        assert loop.remove_writer(far) is True
    finally:
        loop.close()
