"""All tests: Rust, doc examples, loom models, Python. `make test` calls this.

Promise: a failure does not keep the other suites from running; the status is 1 when any
failed, and the last lines say which.
"""

import os
import sys

from steps import show, show_side_by_side
from toolchain import (
    has_nextest,
    loom_command,
    loom_environment,
    loom_models,
    pytest_runs,
    venv_tool,
    workspace,
)

QUICK_PREEMPTIONS = 2
"""Finds what two context switches can break; `make deep` takes 3."""


def main() -> int:
    failed = []

    def suite(
        title: str, command: list[str], env: dict[str, str] | None = None
    ) -> None:
        if not show(title, command, env):
            failed.append(title)

    if has_nextest():
        suite("Rust tests", ["cargo", "nextest", "run", *workspace()])
    else:
        suite("Rust tests", ["cargo", "test", "--all-targets", *workspace()])
    suite("Rust doc examples", ["cargo", "test", "--quiet", "--doc", *workspace()])
    for arguments in loom_models():
        title = f"loom models of {arguments[1]}"
        environment = loom_environment(QUICK_PREEMPTIONS)
        suite(title, loom_command(arguments), environment)
    runs = pytest_runs(venv_tool("python"), *pytest_arguments())
    if not show_side_by_side("Python tests", runs):
        failed.append("Python tests")

    print(f"\nfailed: {', '.join(failed)}" if failed else "\nall tests passed")
    return 1 if failed else 0


def pytest_arguments() -> list[str]:
    """PYTEST_ARGS adds the user's words."""
    return ["tests", *os.environ.get("PYTEST_ARGS", "").split()]


if __name__ == "__main__":
    sys.exit(main())
