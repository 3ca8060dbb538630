"""What takes long: run it before a release or after a change to a protocol.

Promise: nothing is left out in silence; what this machine cannot run says
`skipped: ...`; the status is 1 when anything failed.
"""

import sys

from steps import show
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

HOST = "x86_64-unknown-linux-gnu"


def sanitizer(name: str, more: str = "") -> tuple[list[str], dict[str, str]]:
    """The sanitizers are an unstable flag; RUSTC_BOOTSTRAP=1 stays in this file."""
    flags = f"-Zsanitizer={name} {more}".strip()
    environment = with_rustflags(flags, f"sanitizer-{name}")
    environment["RUSTC_BOOTSTRAP"] = "1"
    words = ["cargo", "test", "--quiet", "--target", HOST, "--lib", "--tests"]
    return [*words, *engine_crates()], environment


def sanitizers() -> dict[str, tuple[list[str], dict[str, str]]]:
    # std is precompiled without the thread sanitizer, which the flag owns up to.
    mixed = "-Cunsafe-allow-abi-mismatch=sanitizer"
    return {
        "address sanitizer": sanitizer("address"),
        "thread sanitizer": sanitizer("thread", mixed),
    }


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
    for title, (command, environment) in sanitizers().items():
        if has_std(HOST):
            suite(title, command, environment)
        else:
            print(f"skipped: no {HOST} for the {title}")
    if has_miri():
        suite("miri", *miri())
    else:
        print("skipped: no miri (rustup toolchain install nightly -c miri,rust-src)")
    python = venv_tool("python")
    rounds = ["tests/stress/run.py", "--rounds", str(STRESS_ROUNDS)]
    suite(f"stress, {STRESS_ROUNDS} rounds", [python, *rounds])
    suite("CPython's tests, all", [python, "tests/cpython/run.py", "-j2"])

    print(f"\nfailed: {', '.join(failed)}" if failed else "\ndeep: all passed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
