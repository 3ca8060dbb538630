"""What this checkout's tools are called and which of them are here."""

import os
import shutil
import subprocess
from pathlib import Path

from steps import ROOT, VENV, tool_environment

NOT_WITH_CARGO_TEST = ("ropewalk-py", "ropewalk-benches")
"""The first one's tests are the Python ones: a test binary would need a libpython to
link. The second has none, and tokio and criterion to build; `make lint` compiles it."""


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


FOREIGN = tuple(
    f"{machine}-{system}"
    for system in ("pc-windows-msvc", "pc-windows-gnu", "apple-darwin")
    for machine in ("x86_64", "aarch64")
)
"""Systems without Linux's futex, for which the crates without Python compile too."""

ENGINE = (
    "facade",
    "sys",
    "park",
    "sync",
    "queue",
    "future",
    "pool",
    "reactor",
    "ropewalk",
)
"""Crates without Python in them; those that exist are run."""


def engine_crates() -> list[str]:
    names = [name if name == "ropewalk" else f"ropewalk-{name}" for name in ENGINE]
    here = [name for name in names if (ROOT / "crates" / name).is_dir()]
    return [word for name in here for word in ("-p", name)]


def has_std(target: str) -> bool:
    """Whether the standard library of this target is installed."""
    command = ["rustc", "--print", "target-libdir", "--target", target]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT)
    found = Path(done.stdout.strip())
    return done.returncode == 0 and any(found.glob("libstd-*"))


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


TEST_RUNS = 2
"""Most tests wait more than they compute: two runs take half the time on one core."""


def pytest_runs(python: str, *words: str) -> list[list[str]]:
    """Runs that share the tests out between them."""
    share = ROOT / "target" / "test-share"
    shutil.rmtree(share, ignore_errors=True)
    # Two runs would overwrite each other's memory of what failed.
    command = [python, "-m", "pytest", "-p", "no:cacheprovider", f"--share={share}"]
    return [[*command, *words] for _ in range(TEST_RUNS)]
