"""Sets up `.venv` and the extension in it: `scripts/setup.sh` calls this.

Promise: what is already there is not made again (a second run takes about a second),
the user's pip and cargo configuration counts, and a failure names its cure.
"""

import hashlib
import importlib.util
import os
import subprocess
import sys
from pathlib import Path

from steps import ROOT, VENV, run_step, tool_environment

SETS = {"build": "requirements-build.txt", "dev": "requirements-dev.txt"}
PIP_HINT = (
    "cure: pip needs its package index; behind a proxy or mirror, tell pip of it\n"
    "  (pip config set global.index-url ..., or PIP_INDEX_URL, HTTPS_PROXY)"
)
VENV_HINT = "cure: Debian, Ubuntu: apt install python{0}.{1}-venv"


def main() -> int:
    wanted = sys.argv[1] if len(sys.argv) == 2 else ""
    if wanted not in SETS:
        print(f"usage: setup.py {'|'.join(SETS)}", file=sys.stderr)
        return 2
    make_venv()
    install_requirements(wanted)
    build_extension()
    return 0


def venv_python() -> str:
    return str(VENV / "bin" / "python")


def make_venv() -> None:
    """A venv; one that is broken, or of another Python than PYTHON, is made anew."""
    # A venv whose making was interrupted has no pip.
    base = base_of(venv_python(), "pip")
    asked = "PYTHON" in os.environ
    if base and (not asked or base == base_of(sys.executable)):
        return
    version = ".".join(map(str, sys.version_info[:2]))
    hint = f"cure: Debian, Ubuntu: apt install python{version}-venv"
    if not all(map(importlib.util.find_spec, ("venv", "ensurepip"))):
        print(f"missing: the modules venv and ensurepip of {sys.executable}\n   {hint}")
        sys.exit(1)
    command = [sys.executable, "-m", "venv", "--clear", str(VENV)]
    run_step(f"venv with Python {version}", command, dict(os.environ), hint)


BASE = """
import os, sys
assert sys.version_info >= (3, 11)
for name in sys.argv[1:]:
    __import__(name)
print(os.path.realpath(getattr(sys, "_base_executable", sys.executable)))
"""


def base_of(python: str, *modules: str) -> str:
    """Where the interpreter of a working Python with these modules lies, or nothing."""
    command = [python, "-c", BASE, *modules]
    try:
        done = subprocess.run(command, capture_output=True, text=True)
    except OSError:
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""


def install_requirements(wanted: str) -> None:
    """Install a set of tools unless exactly these were installed before."""
    stamps = {name: VENV / f".installed-{name}" for name in SETS}
    digest = fingerprint(sorted(ROOT.glob("requirements-*.txt")))
    # The larger set holds the smaller one.
    enough = [stamps["dev"]] if wanted == "dev" else list(stamps.values())
    if any(read(stamp) == digest for stamp in enough):
        return
    run_step(
        f"Python tools ({SETS[wanted]})",
        [venv_python(), "-m", "pip", "install", "--quiet", "-r", SETS[wanted]],
        dict(os.environ),
        PIP_HINT,
    )
    stamps[wanted].write_text(digest)


def build_extension() -> None:
    """Build and install the extension when a source or the Python changed."""
    stamp = VENV / ".built"
    digest = fingerprint(rust_sources()) + built_file()
    if built_file() and read(stamp) == digest:
        return
    environment = tool_environment()
    environment["VIRTUAL_ENV"] = str(VENV)
    # Not the user's other environment: maturin would refuse to choose.
    environment.pop("CONDA_PREFIX", None)
    hint = "cure: crates come from crates.io or from the mirror in your cargo config"
    command = [venv_python(), "-m", "maturin", "develop", "--release"]
    run_step("extension (cargo, release)", command, environment, hint)
    stamp.write_text(fingerprint(rust_sources()) + built_file())


def rust_sources() -> list[Path]:
    """Everything the extension is built from."""
    single = ("Cargo.toml", "Cargo.lock", "pyproject.toml")
    crates = [path for path in (ROOT / "crates").rglob("*") if path.is_file()]
    return [ROOT / name for name in single] + sorted(crates)


def built_file() -> str:
    """Name, size and time of the library that this Python would load."""
    code = "import sysconfig; print(sysconfig.get_config_var('EXT_SUFFIX'))"
    done = subprocess.run([venv_python(), "-c", code], capture_output=True, text=True)
    for path in (ROOT / "python" / "ropewalk").glob(f"*{done.stdout.strip()}"):
        status = path.stat()
        return f" {path.name} {status.st_size} {status.st_mtime_ns}"
    return ""


def fingerprint(paths: list[Path]) -> str:
    digest = hashlib.sha256()
    for path in paths:
        digest.update(str(path.relative_to(ROOT)).encode())
        digest.update(path.read_bytes() if path.exists() else b"absent")
    return digest.hexdigest()


def read(path: Path) -> str:
    return path.read_text() if path.exists() else ""


if __name__ == "__main__":
    sys.exit(main())
