"""The demonstration: one program both ways, what got faster, one line of Rust.

Promise: every figure is measured in this run; when the two outputs differ, the
difference is printed and the status is 1.
"""

import difflib
import os
import platform
import subprocess
import sys
import time

from steps import ROOT, VENV, try_step

PROGRAM = "examples/producer_consumer.py"
PYTHON = str(VENV / "bin" / "python")
RUST = ["cargo", "run", "--quiet", "--release", "--example", "queue", "-p", "ropewalk"]


def run(*words: str) -> tuple[str, float]:
    """A command's output and its seconds; its failure ends the demonstration."""
    started = time.perf_counter()
    done = subprocess.run(words, cwd=ROOT, text=True, capture_output=True)
    took = time.perf_counter() - started
    if done.returncode != 0:
        print(
            f"{' '.join(words)}: status {done.returncode}\n{done.stdout}{done.stderr}"
        )
        sys.exit(1)
    return done.stdout, took


def same_program_twice() -> bool:
    """Run the program under plain Python and ropewalk; say whether all is equal."""
    plain, plain_seconds = run(PYTHON, PROGRAM)
    ours, our_seconds = run(PYTHON, "-m", "ropewalk", PROGRAM)
    print(f"\n$ python {PROGRAM}\n{indent(plain)}")
    print(f"$ python -m ropewalk {PROGRAM}\n{indent(ours)}")
    if plain != ours:
        lines = plain.splitlines(), ours.splitlines()
        print("The outputs differ:")
        for line in difflib.unified_diff(*lines, "python", "ropewalk", lineterm=""):
            print(f"    {line}")
        return False
    ratio = plain_seconds / our_seconds
    print(
        f"Equal output. Plain Python {plain_seconds:.2f} s, "
        f"ropewalk {our_seconds:.2f} s ({ratio:.1f} times as fast)."
    )
    return True


def indent(text: str) -> str:
    return "".join(f"    {line}\n" for line in text.splitlines())


def one_line_of_rust() -> None:
    """The same queue without Python."""
    output, _ = run(*RUST)
    print(f"$ {' '.join(word for word in RUST if word != '--quiet')}\n{indent(output)}")


DEADLOCK = "examples/crossed_locks.py"
PATIENCE = 3.0


def hang_that_explains_itself() -> bool:
    """Plain Python is cut off; ropewalk names the two lines. Say whether it did."""
    print(f"$ python {DEADLOCK}")
    silent = cut_off([PYTHON, DEADLOCK], {})
    print(indent(silent) + f"    (nothing more: cut off after {PATIENCE:.0f} s)")
    print(f"\n$ ROPEWALK_HANG=1 python -m ropewalk {DEADLOCK}")
    report = cut_off([PYTHON, "-m", "ropewalk", DEADLOCK], {"ROPEWALK_HANG": "1"})
    _, mark, cycle = report.partition("CYCLE")
    print(indent(mark + cycle) + "    (cut off; a report also comes on: kill -QUIT)\n")
    return bool(mark)


def cut_off(words: list[str], settings: dict[str, str]) -> str:
    """What a program that hangs has printed when patience ends."""
    try:
        subprocess.run(
            words,
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=PATIENCE,
            env=os.environ | settings,
        )
    except subprocess.TimeoutExpired as over:
        return (over.stdout or b"").decode()
    return "it ended by itself, which it should not\n"


NEXT = """\
Now with a program of your own:
    .venv/bin/python -m ropewalk your_program.py
    .venv/bin/python -c 'import ropewalk.queue as queue; help(queue.Queue)'
What will not get faster, and known differences: README.md, docs/compat.md.
All tests: make test. All verbs: make."""


def main() -> int:
    build = [word if word != "run" else "build" for word in RUST]
    if not try_step("Rust example (cargo, release)", build):
        return 1
    version, cores = platform.python_version(), os.cpu_count()
    print(f"\nOne program, unchanged, on Python {version}, {cores} cores:")
    if not same_program_twice():
        return 1
    print("\nWhat got faster, in this run (rounds by turns, the best of each):\n")
    table, _ = run(PYTHON, "scripts/demo_table.py")
    print(table)
    print("A program that hangs says why:\n")
    if not hang_that_explains_itself():
        print("ropewalk did not report the hang")
        return 1
    one_line_of_rust()
    print(NEXT)
    return 0


if __name__ == "__main__":
    sys.exit(main())
