"""Builds what pip installs: by maturin where the engine runs, else without it.

Promise: under CPython on Linux every hook is maturin's. Anywhere else, or with
ROPEWALK_PURE=1 in the environment, the wheel is made here from the Python files alone:
it needs neither Rust nor maturin, fits every system, and hands on the standard library.
A source distribution is always maturin's, for it takes the crates along.
"""

from __future__ import annotations

import base64
import hashlib
import importlib
import os
import shutil
import sys
import tomllib
import zipfile
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
MATURIN = "maturin>=1.7,<2"
TAG = "py3-none-any"
OF_THE_PACKAGE = {".py", ".pyi", ".typed"}
"""Not a binary that `maturin develop` left there, nor compiled files."""

Settings = dict[str, Any] | None


def is_pure() -> bool:
    """Whether this build goes without the engine."""
    engine_runs = sys.platform == "linux" and sys.implementation.name == "cpython"
    return not engine_runs or os.environ.get("ROPEWALK_PURE") == "1"


def maturin() -> Any:
    """Return maturin's own hooks; here only once it was asked for and installed."""
    # It is the backend after all, only at one remove.
    os.environ.setdefault("MATURIN_NO_MISSING_BUILD_BACKEND_WARNING", "1")
    return importlib.import_module("maturin")


# --- The hooks ----------------------------------------------------------------------


def get_requires_for_build_sdist(config_settings: Settings = None) -> list[str]:
    if shutil.which("cargo") or os.environ.get("MATURIN_NO_INSTALL_RUST"):
        return [MATURIN]
    # Where it is installed, maturin's hooks fetch Rust with it.
    return [MATURIN, "puccinialin"]


def get_requires_for_build_wheel(config_settings: Settings = None) -> list[str]:
    return [] if is_pure() else get_requires_for_build_sdist()


get_requires_for_build_editable = get_requires_for_build_wheel


def build_sdist(sdist_directory: str, config_settings: Settings = None) -> str:
    return str(maturin().build_sdist(sdist_directory, config_settings))


def prepare_metadata_for_build_wheel(
    metadata_directory: str, config_settings: Settings = None
) -> str:
    if not is_pure():
        prepare = maturin().prepare_metadata_for_build_wheel
        return str(prepare(metadata_directory, config_settings))
    files = dist_info()
    for name, content in files.items():
        path = Path(metadata_directory, name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return next(iter(files)).partition("/")[0]


prepare_metadata_for_build_editable = prepare_metadata_for_build_wheel


def build_wheel(
    wheel_directory: str,
    config_settings: Settings = None,
    metadata_directory: str | None = None,
) -> str:
    if is_pure():
        return write_wheel(wheel_directory, package_files())
    build = maturin().build_wheel
    return str(build(wheel_directory, config_settings, metadata_directory))


def build_editable(
    wheel_directory: str,
    config_settings: Settings = None,
    metadata_directory: str | None = None,
) -> str:
    if is_pure():
        path = f"{ROOT / 'python'}\n".encode()
        return write_wheel(wheel_directory, {"ropewalk.pth": path})
    build = maturin().build_editable
    return str(build(wheel_directory, config_settings, metadata_directory))


# --- The wheel without the engine ---------------------------------------------------


def package_files() -> dict[str, bytes]:
    """The package as it lies in the tree."""
    package = ROOT / "python" / "ropewalk"
    return {
        path.relative_to(package.parent).as_posix(): path.read_bytes()
        for path in sorted(package.rglob("*"))
        if path.suffix in OF_THE_PACKAGE
    }


def dist_info() -> dict[str, bytes]:
    """The folder *.dist-info, but for its RECORD."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    cargo = tomllib.loads((ROOT / "Cargo.toml").read_text("utf-8"))
    version = cargo["workspace"]["package"]["version"]
    fields = [
        ("Metadata-Version", "2.4"),
        ("Name", project["name"]),
        ("Version", version),
        *(("Classifier", word) for word in project["classifiers"]),
        *(("License-File", name) for name in project["license-files"]),
        ("Summary", project["description"]),
        ("Keywords", ",".join(project["keywords"])),
        *(("Author", author["name"]) for author in project["authors"]),
        ("License-Expression", project["license"]),
        ("Requires-Python", project["requires-python"]),
        ("Description-Content-Type", "text/markdown; charset=UTF-8; variant=GFM"),
    ]
    head = "".join(f"{name}: {value}\n" for name, value in fields)
    wheel = f"Wheel-Version: 1.0\nGenerator: ropewalk_build ({version})\n"
    wheel += f"Root-Is-Purelib: true\nTag: {TAG}\n"
    folder = f"{project['name']}-{version}.dist-info"
    description = (ROOT / project["readme"]).read_bytes()
    files = {"METADATA": head.encode() + b"\n" + description, "WHEEL": wheel.encode()}
    for name in project["license-files"]:
        files[f"licenses/{name}"] = (ROOT / name).read_bytes()
    return {f"{folder}/{name}": content for name, content in files.items()}


def write_wheel(wheel_directory: str, package: dict[str, bytes]) -> str:
    """Write the wheel and return its name; the same tree gives the same bytes."""
    described = dist_info()
    start_up = sorted((ROOT / "python" / "data" / "purelib").iterdir())
    files = package | {path.name: path.read_bytes() for path in start_up} | described
    folder = next(iter(described)).partition("/")[0]
    lines = [f"{name},{digest(files[name])},{len(files[name])}\n" for name in files]
    record = f"{folder}/RECORD"
    files[record] = "".join([*lines, f"{record},,\n"]).encode()
    wheel = f"{folder.removesuffix('.dist-info')}-{TAG}.whl"
    with zipfile.ZipFile(Path(wheel_directory, wheel), "w") as archive:
        for name, content in files.items():
            entry = zipfile.ZipInfo(name)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o100644 << 16
            archive.writestr(entry, content)
    return wheel


def digest(content: bytes) -> str:
    """The hash as RECORD wants it."""
    found = base64.urlsafe_b64encode(hashlib.sha256(content).digest())
    return f"sha256={found.rstrip(b'=').decode()}"
