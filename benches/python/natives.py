"""The programs in Rust that benchmarks of servers need: a client, and the floor.

Promise: they are built when they are older than their sources, and never installed.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

from .sample import ROOT

_SOURCES = ROOT / "benches" / "rust"


def program(name: str) -> Path:
    """The path of the program; ImportError when it cannot be built here."""
    target = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
    built = target / "release" / name
    if built.exists() and built.stat().st_mtime > _newest_source():
        return built
    if shutil.which("cargo") is None:
        raise ImportError(f"{name} is not built, and there is no cargo to build it")
    command = ["cargo", "build", "--quiet", "--release", "-p", "ropewalk-benches"]
    subprocess.run([*command, "--bins"], cwd=ROOT, check=True)
    return built


def words(line: str) -> dict[str, float]:
    """`name=value` words as the programs print them."""
    pairs = (word.split("=") for word in line.split())
    return {name: float(value) for name, value in pairs}


def _newest_source() -> float:
    return max(file.stat().st_mtime for file in _SOURCES.rglob("*.rs"))
