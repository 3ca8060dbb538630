"""The venv with what people use, for run.py and compare.py: target/software-PYTHON.

Promise: what cannot be installed on this Python is left out, with pip's reason, and
hinders nothing else; the venv is made anew only when what is wanted changes.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tomllib
from importlib.util import find_spec
from pathlib import Path

from tests.software.servers import Missing

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
MINOR = f"{sys.version_info.major}.{sys.version_info.minor}"
PIP_SECONDS = 400
"""A package is built from source at the worst; a silent server ends then."""


def wanted() -> list[str]:
    """The packages of requirements.txt and of uses.toml."""
    lines = (HERE / "requirements.txt").read_text("utf-8").splitlines()
    names = {line for line in lines if line and not line.startswith("#")}
    uses = tomllib.loads((HERE / "uses.toml").read_text("utf-8"))
    return sorted(names.union(*(use["wants"] for use in uses.values())))


def software() -> tuple[Path, dict[str, str]]:
    """The venv's Python, this Python's ropewalk beside it; why what is not there."""
    venv = ROOT / "target" / f"software-{MINOR}"
    python = venv / "bin" / "python"
    names = wanted()
    installed = venv / "installed.json"
    kept = json.loads(installed.read_text("utf-8")) if installed.exists() else {}
    if kept.get("wanted") != [sys.version, *names]:
        make = [sys.executable, "-m", "venv", "--clear", str(venv)]
        if reason := _call(make):
            raise Missing(reason)
        kept = {"wanted": [sys.version, *names], "missing": _install(python, names)}
        installed.write_text(json.dumps(kept), "utf-8")
    spec = find_spec("ropewalk")
    if spec is None or not spec.submodule_search_locations:
        raise SystemExit("ropewalk is not installed in this Python: make build")
    link = venv / "lib" / f"python{MINOR}" / "site-packages" / "ropewalk"
    link.unlink(missing_ok=True)
    link.symlink_to(spec.submodule_search_locations[0], target_is_directory=True)
    return python, kept["missing"]


def lacks(program: Path, missing: dict[str, str]) -> str:
    """Why this program, by what it imports, cannot run; "" when it can."""
    text = program.read_text("utf-8")
    for name, reason in missing.items():
        if re.search(rf"^ *(import|from) {name}\b", text, re.MULTILINE):
            return reason
    return ""


def _install(python: Path, names: list[str]) -> dict[str, str]:
    pip = [str(python), "-m", "pip", "--disable-pip-version-check", "install", "-q"]
    if not _call([*pip, *names]):
        return {}
    found = {name: _call([*pip, name]) for name in names}
    return {name: reason for name, reason in found.items() if reason}


def _call(words: list[str]) -> str:
    """ "" when it went well, else what it said last."""
    try:
        done = subprocess.run(
            words, capture_output=True, text=True, check=False, timeout=PIP_SECONDS
        )
    except subprocess.TimeoutExpired:
        return f"not done after {PIP_SECONDS} s: {' '.join(words)}"
    if done.returncode == 0:
        return ""
    lines = [line for line in done.stderr.splitlines() if "rror" in line]
    last = (lines or (done.stdout + done.stderr).strip().splitlines())[-1:]
    return f"{' '.join(words[1:])}: {' '.join(last)}"
