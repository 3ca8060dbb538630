"""The interpreter ends while threads that serve others are at work.

Those are the thread of the timers, workers of an executor that nobody shuts down, and
the threads that tell of a blocked loop: those are not Python's, and ask for the
interpreter.
"""

import os
import random
import sys
import time
from typing import Any

MODULE = "*"
STDLIB_SURVIVES = True


def run(modules: Any, rng: random.Random) -> None:
    """Returns while all of them are busy."""
    _say_nothing()
    # The least there is: each callback that lasts longer is told of.
    os.environ["ROPEWALK_SLOW"] = "1ms"
    rounds = modules.threading.Semaphore(0)
    lengths = [rng.choice([0.001, 0.004, 0.02]) for _ in range(4)]

    def begin(serve: Any, length: float) -> None:
        args = (modules, rounds, length)
        modules.threading.Thread(target=serve, args=args, daemon=True).start()

    for length in lengths:
        begin(rng.choice([_block_a_loop, _block_a_loop, _rearm, _submit]), length)
    for _ in range(rng.randrange(4, 60)):
        rounds.acquire()
    if rng.random() < 0.5:
        sys.exit(0)


def _say_nothing() -> None:
    """The reports are not looked at, only how the process ends."""
    nothing = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nothing, 2)


def _block_a_loop(modules: Any, rounds: Any, length: float) -> None:
    loop = modules.asyncio.new_event_loop()

    def block() -> None:
        rounds.release()
        time.sleep(length)
        sum(number * number for number in range(int(length * 1e6)))
        loop.call_soon(block)

    loop.call_soon(block)
    loop.run_forever()


def _rearm(modules: Any, rounds: Any, length: float) -> None:
    def again() -> None:
        rounds.release()
        timer = modules.threading.Timer(length / 4, again)
        timer.daemon = True
        timer.start()

    for _ in range(4):
        again()


def _submit(modules: Any, rounds: Any, length: float) -> None:
    # What is submitted after the interpreter has begun to end raises one.
    executor = modules.futures.ThreadPoolExecutor(4)
    try:
        while True:
            executor.submit(time.sleep, length / 4)
            executor.submit(rounds.release)
            time.sleep(length)
    except RuntimeError:
        return
