"""What this checkout's tools are called and which of them are here."""

import os
import shutil
import subprocess
from pathlib import Path

from steps import ROOT, VENV, tool_environment

NOT_WITH_CARGO_TEST = ("ropewalk-py",)
"""Its tests are the Python ones: a test binary would need a libpython to link."""


def venv_tool(name: str) -> str:
    return str(VENV / "bin" / name)


def workspace() -> list[str]:
    """The arguments that name every crate with Rust tests."""
    excluded = [word for name in NOT_WITH_CARGO_TEST for word in ("--exclude", name)]
    return ["--workspace", *excluded]


def has_nextest() -> bool:
    return shutil.which("cargo-nextest") is not None


def works(*command: str) -> bool:
    """Whether a command exists and ends with status 0."""
    if shutil.which(command[0]) is None:
        return False
    return subprocess.run(command, capture_output=True, cwd=ROOT).returncode == 0


def with_rustflags(flags: str, target: str) -> dict[str, str]:
    """The environment with more rustflags and a target folder of its own."""
    environment = tool_environment()
    given = os.environ.get("RUSTFLAGS", "")
    environment["RUSTFLAGS"] = f"{given} {flags}".strip()
    environment["CARGO_TARGET_DIR"] = str(ROOT / "target" / target)
    return environment


def loom_models() -> list[list[str]]:
    """For each crate with models: the arguments that run them."""
    found = []
    for crate in sorted((ROOT / "crates").iterdir()):
        models = sorted((crate / "tests").glob("loom*.rs"))
        if models:
            tests = [word for model in models for word in ("--test", model.stem)]
            found.append(["-p", crate.name, *tests])
    return found


def loom_command(arguments: list[str]) -> list[str]:
    return ["cargo", "test", "--quiet", "--release", *arguments]


def loom_environment(preemptions: int) -> dict[str, str]:
    environment = with_rustflags("--cfg loom", "loom")
    # A model needs no link-time optimisation, and without it builds in half the time.
    environment["CARGO_PROFILE_RELEASE_LTO"] = "off"
    environment["CARGO_PROFILE_RELEASE_CODEGEN_UNITS"] = "16"
    environment["LOOM_MAX_PREEMPTIONS"] = str(preemptions)
    return environment


def python_sources() -> list[str]:
    """The folders with Python files that are here."""
    names = ("python", "tests", "scripts", "benches", "examples")
    return [name for name in names if Path(ROOT, name).is_dir()]
