"""ROPEWALK_SLOW: the line that blocks an event loop is named while it blocks."""

from __future__ import annotations

import pytest
from ropewalk._asyncio import _slow

from .hanging import Program

SLOW = {"ROPEWALK_SLOW": "50ms"}
BLOCKED = "ropewalk: the event loop of thread"

# Blocks until the test has seen what it waits for.
BLOCKED_WHILE_READING = """
    import asyncio, sys
    async def inner():
        sys.stdin.readline()
    async def main():
        await asyncio.sleep(0)
        await inner()
    asyncio.run(main())
"""


def test_the_blocking_line_is_named_while_it_blocks() -> None:
    with Program(BLOCKED_WHILE_READING, env=SLOW) as program:
        said = program.until("in inner\n", count=2)
        assert f"{BLOCKED} MainThread has been blocked for 0." in said
        first, *stack = said.splitlines()
        assert first.endswith(" at <string>:4 in inner")
        assert stack[0] == '  File "<string>", line 7, in main'
        assert stack[1] == '  File "<string>", line 4, in inner'
        program.end_input()
        assert program.status() == 0


def test_sleeping_is_named() -> None:
    source = """
        import asyncio, time
        async def main():
            time.sleep(100)
        asyncio.run(main())
    """
    with Program(source, env=SLOW) as program:
        program.until(" at <string>:4 in main\n")


@pytest.mark.parametrize(
    ("call", "name"),
    [
        ("time.sleep, 100", "time.sleep"),
        ("sys.stdin.buffer.read", "_io.BufferedReader.read"),
        ("sum, range(10**15)", "builtins.sum, by a call that keeps the interpreter"),
    ],
)
def test_a_callback_written_in_c_is_named(call: str, name: str) -> None:
    source = f"""
        import asyncio, sys, time
        loop = asyncio.new_event_loop()
        loop.call_soon({call})
        loop.run_forever()
    """
    with Program(source, env=SLOW) as program:
        said = program.until(f" in the callback {name}")
        assert f"{BLOCKED} MainThread has been blocked for " in said


def test_it_is_said_again_when_the_duration_has_doubled() -> None:
    with Program(BLOCKED_WHILE_READING, env=SLOW) as program:
        said = program.until(BLOCKED, count=4)
        durations = [float(part.split(" s ")[0]) for part in said.split("for ")[1:4]]
        assert durations[0] >= 0.05
        assert durations[1] >= 0.1
        assert durations[2] >= 0.2


@pytest.mark.parametrize(
    "call",
    [
        "re.match('(a+)+$', 'a' * 60 + 'b')",
        "sum(itertools.repeat(0))",
        "Élan().große_Summe()",
    ],
)
def test_a_call_that_keeps_the_interpreter_is_named(call: str) -> None:
    source = f"""
        import asyncio, itertools, re
        class Élan:
            def große_Summe(self):

                sum(itertools.repeat(0))
        async def main():
            {call}
        asyncio.run(main())
    """
    where = "6 in Élan.große_Summe" if call.startswith("É") else "8 in main"
    with Program(source, env=SLOW) as program:
        said = program.until("\n", count=3)
        assert said.splitlines()[0].endswith(
            f" at <string>:{where}, by a call that keeps the interpreter to itself"
        )
        assert '  File "<string>", line 8, in main' in said


def test_python_code_that_never_ends_is_named() -> None:
    source = """
        import asyncio
        def spin():
            while True:
                pass
        async def main():
            spin()
        asyncio.run(main())
    """
    with Program(source, env=SLOW) as program:
        program.until("in spin\n", count=2)


def test_a_library_is_not_the_programs_own_line() -> None:
    source = """
        import asyncio, subprocess
        async def main():
            subprocess.run(["sleep", "100"])
        asyncio.run(main())
    """
    with Program(source, env=SLOW) as program:
        said = program.until("in main\n")
        assert " at <string>:4 in main\n" in said


def test_a_loop_in_another_thread_is_named_by_it() -> None:
    source = """
        import asyncio, threading
        async def main():
            threading.Event().wait()
        threading.Thread(target=asyncio.run, args=(main(),), name="side").start()
    """
    with Program(source, env=SLOW) as program:
        program.until(f"{BLOCKED} side has been blocked for ")
        program.until(" at <string>:4 in main\n")


def test_debug_mode_watches_with_the_loops_own_duration() -> None:
    source = """
        import asyncio, sys
        def blocks():
            sys.stdin.readline()
        loop = asyncio.new_event_loop()
        loop.set_debug(True)
        loop.slow_callback_duration = 0.05
        loop.call_soon(blocks)
        loop.call_soon(loop.stop)
        loop.run_forever()
        loop.close()
    """
    with Program(source) as program:
        program.until(" at <string>:4 in blocks\n")
        program.end_input()
        assert program.status() == 0
    with Program(source, env={"ROPEWALK_SLOW": "0"}) as program:
        program.end_input()
        assert program.status() == 0
        assert BLOCKED not in program.err


def test_a_loop_that_waits_is_not_blocked() -> None:
    source = """
        import asyncio, sys
        async def main():
            reader = asyncio.StreamReader()
            make = lambda: asyncio.StreamReaderProtocol(reader)
            await asyncio.get_running_loop().connect_read_pipe(make, sys.stdin)
            print("waits")
            await reader.read()
        asyncio.run(main())
    """
    with Program(source, env={"ROPEWALK_SLOW": "5ms"}) as program:
        program.until("waits", stream="out")
        before = program.err.count("in main")
        program.end_input()
        assert program.status() == 0
        assert program.err.count("in main") == before


def test_a_forked_child_has_a_watch_of_its_own() -> None:
    source = """
        import asyncio, os, time
        async def child():
            time.sleep(100)
        def fork():
            if os.fork() == 0:
                asyncio.set_event_loop(None)
                asyncio.events._set_running_loop(None)
                asyncio.run(child())
        async def main():
            fork()
            os.wait()
        asyncio.run(main())
    """
    with Program(source, env=SLOW) as program:
        program.until("in child\n")
        program.until("in main\n")


def test_the_thread_ends_with_the_loop() -> None:
    source = """
        import asyncio, gc, os, time
        def threads():
            return len(os.listdir("/proc/self/task"))
        async def main():
            return threads()
        print(asyncio.run(main()))
        while threads() > 1:
            time.sleep(0.01)
        loop = asyncio.new_event_loop()
        loop.run_until_complete(main())
        del loop
        gc.collect()
        while threads() > 1:
            time.sleep(0.01)
    """
    with Program(source, env={"ROPEWALK_SLOW": "10s"}) as program:
        assert program.status() == 0
        assert program.out == "2\n"


def test_without_the_setting_there_is_no_thread() -> None:
    source = """
        import asyncio, os
        async def main():
            print(len(os.listdir("/proc/self/task")))
        asyncio.run(main())
    """
    with Program(source) as program:
        assert program.status() == 0
        assert (program.out, program.err) == ("1\n", "")


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("100ms", 0.1), ("0.1", 0.1), ("2s", 2.0), (" 1.5 s ", 1.5), ("0", 0.0)],
)
def test_durations(text: str, seconds: float) -> None:
    assert _slow.seconds(text) == pytest.approx(seconds)


@pytest.mark.parametrize("text", ["soon", "-1s", "1h", "nan", "inf", "ms", "1sm", "s"])
def test_a_bad_duration_is_one_line_that_says_what_to_write(text: str) -> None:
    source = """
        import asyncio, os
        async def main():
            print(len(os.listdir("/proc/self/task")))
        asyncio.run(main())
        asyncio.run(main())
    """
    with Program(source, env={"ROPEWALK_SLOW": text}) as program:
        assert program.status() == 0
        assert program.out == "1\n1\n"
        assert program.err == (
            f"ropewalk: ROPEWALK_SLOW: {text!r} is no duration: write 100ms, 2s or 0.1 "
            "(seconds), or 0 for none; not watching\n"
        )
