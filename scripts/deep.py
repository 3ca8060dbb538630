"""What takes long: run it before a release or after a change to a protocol.

Promise: nothing is left out in silence; what this machine cannot run says
`skipped: ...`; the status is 1 when anything failed.
"""

import subprocess
import sys
from pathlib import Path

from steps import ROOT, show
from toolchain import (
    engine_crates,
    has_std,
    loom_command,
    loom_environment,
    loom_models,
    venv_tool,
    with_rustflags,
    works,
)

DEEP_PREEMPTIONS = 3
STRESS_ROUNDS = 50
EXIT_ROUNDS = 500

HOST = "x86_64-unknown-linux-gnu"
LEAKS = ROOT / "scripts" / "leaks_on_purpose.txt"
NIGHTLY = "rustup toolchain install nightly -c miri,rust-src"


def address_sanitizer() -> tuple[list[str], dict[str, str]]:
    """The sanitizers are an unstable flag; RUSTC_BOOTSTRAP=1 stays in this file."""
    environment = with_rustflags("-Zsanitizer=address", "sanitizer-address")
    environment["RUSTC_BOOTSTRAP"] = "1"
    environment["LSAN_OPTIONS"] = f"suppressions={LEAKS}"
    return [*sanitized("cargo"), *engine_crates()], environment


def thread_sanitizer() -> tuple[list[str], dict[str, str]]:
    """With a std built for it: the channels of the ready-made one look like races."""
    environment = with_rustflags("-Zsanitizer=thread", "sanitizer-thread")
    # Else a test program would go on after a race, and some would do so for minutes.
    environment["TSAN_OPTIONS"] = "halt_on_error=1"
    words = [*sanitized("cargo", "+nightly"), "-Zbuild-std"]
    return [*words, *engine_crates()], environment


def sanitized(*cargo: str) -> list[str]:
    words = ["test", "--quiet", "--no-fail-fast", "--target", HOST]
    return [*cargo, *words, "--lib", "--tests"]


def has_nightly_source() -> bool:
    """Whether the nightly toolchain can build its own std."""
    done = subprocess.run(
        ["rustc", "+nightly", "--print", "sysroot"], capture_output=True, text=True
    )
    library = Path(done.stdout.strip(), "lib/rustlib/src/rust/library/std/Cargo.toml")
    return done.returncode == 0 and library.exists()


def has_miri() -> bool:
    return works("cargo", "+nightly", "miri", "setup")


def miri() -> tuple[list[str], dict[str, str]]:
    environment = with_rustflags("", "miri")
    environment["MIRIFLAGS"] = "-Zmiri-disable-isolation"
    words = ["cargo", "+nightly", "miri", "test", "--quiet", "--lib", *engine_crates()]
    return words, environment


def main() -> int:
    failed = []

    def suite(
        title: str, command: list[str], env: dict[str, str] | None = None
    ) -> None:
        if not show(title, command, env):
            failed.append(title)

    for arguments in loom_models():
        title = f"loom models of {arguments[1]}, {DEEP_PREEMPTIONS} preemptions"
        suite(title, loom_command(arguments), loom_environment(DEEP_PREEMPTIONS))
    if has_std(HOST):
        suite("address sanitizer", *address_sanitizer())
    else:
        print(f"skipped: address sanitizer: no {HOST}")
    if has_nightly_source():
        suite("thread sanitizer", *thread_sanitizer())
    else:
        print(f"skipped: thread sanitizer: no nightly with rust-src ({NIGHTLY})")
    if has_miri():
        suite("miri", *miri())
    else:
        print(f"skipped: miri: no nightly with it ({NIGHTLY})")
    python = venv_tool("python")
    words = [
        "env",
        "ROPEWALK_EVERY_PART=1",
        python,
        "-m",
        "pytest",
        "-q",
        "tests/newer",
    ]
    suite("the library changed inside, part by part", words)
    rounds = ["tests/stress/run.py", "--rounds", str(STRESS_ROUNDS)]
    suite(f"stress, {STRESS_ROUNDS} rounds", [python, *rounds])
    rounds = ["tests/stress/run.py", "--rounds", str(EXIT_ROUNDS), "-j2"]
    words = [python, *rounds, "--scenario", "exit_inside_calls"]
    suite(f"ends inside calls, {EXIT_ROUNDS} rounds", words)
    suite("uvloop's tests", [python, "tests/software/uvloop_tests.py"])
    suite("other projects' tests", [python, "tests/software/suites.py"])
    suite("CPython's tests, all", [python, "tests/cpython/run.py", "-j2"])
    suite("every other Python, whole", [python, "scripts/pythons.py"])

    print(f"\nfailed: {', '.join(failed)}" if failed else "\ndeep: all passed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
