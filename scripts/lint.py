"""Every check that runs no program of ours. `make lint` calls this.

Promise: all checks run, each with one line; what one found is shown below it; the
status is 1 when any found something.
"""

import sys

from steps import ROOT, tool_environment, try_step
from toolchain import FOREIGN, engine_crates, has_std, python_sources, venv_tool


def checks() -> list[tuple[str, list[str]]]:
    folders = python_sources()
    return [
        ("cargo fmt", ["cargo", "fmt", "--all", "--check"]),
        ("cargo clippy", clippy()),
        *((f"cargo check for {target}", check_for(target)) for target in foreign()),
        ("cargo check without a GIL", check_without_gil()),
        ("cargo xtask tidy", ["cargo", "xtask", "tidy"]),
        ("cargo doc", ["cargo", "doc", "--quiet", "--workspace", "--no-deps"]),
        ("ruff check", [venv_tool("ruff"), "check", "--quiet", *folders]),
        ("ruff format", [venv_tool("ruff"), "format", "--check", "--quiet", *folders]),
        ("mypy of python", [venv_tool("mypy"), "--strict"]),
        ("mypy of tests", [venv_tool("mypy"), "--strict", "-p", "tests"]),
        ("mypy of benches", [venv_tool("mypy"), "--strict", "-p", "benches"]),
        ("mypy of scripts", [venv_tool("mypy"), "--strict", *scripts()]),
        ("stubtest", stubtest()),
    ]


def scripts() -> list[str]:
    return [str(path) for path in sorted((ROOT / "scripts").rglob("*.py"))]


def clippy() -> list[str]:
    words = ["cargo", "clippy", "--quiet", "--workspace", "--all-targets"]
    return [*words, "--", "--deny", "warnings"]


def foreign() -> list[str]:
    """The targets without Linux's kernel that this toolchain can check."""
    return [target for target in FOREIGN if has_std(target)]


def check_for(target: str) -> list[str]:
    words = ["cargo", "check", "--quiet", "--lib", "--target", target]
    return [*words, *engine_crates()]


def check_without_gil() -> list[str]:
    """The binding as for a free-threaded Python, which need not be here."""
    words = ["cargo", "check", "--quiet", "--package", "ropewalk-py"]
    return [*words, "--target-dir", str(ROOT / "target" / "free-threaded")]


def stubtest() -> list[str]:
    """The stubs say what the binary has, no more and no less."""
    package = ROOT / "python" / "ropewalk"
    # Stubtest takes a private module whose stub it does not see for a clean one; and
    # it sees none in a package without py.typed.
    for needed in (package / "_ropewalk" / "__init__.pyi", package / "py.typed"):
        if not needed.exists():
            return ["ls", str(needed)]
    words = [venv_tool("python"), "-m", "mypy.stubtest", "ropewalk._ropewalk"]
    return [*words, "--concise"]


def main() -> int:
    failed = []
    if not foreign():
        print(
            "  cargo check for Windows and macOS: skipped, no std of theirs installed"
        )
    for title, command in checks():
        environment = tool_environment()
        if title == "cargo check without a GIL":
            environment["PYO3_CONFIG_FILE"] = str(
                ROOT / "scripts" / "free_threaded.txt"
            )
        if title == "cargo doc":
            environment["RUSTDOCFLAGS"] = "-D warnings"
        if title == "mypy of scripts":
            environment["MYPYPATH"] = "scripts"
        if not try_step(title, command, environment):
            failed.append(title)
    print(f"lint: {', '.join(failed)} found something" if failed else "lint: clean")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
