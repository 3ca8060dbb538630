"""The wheel without the engine: what is in it, and what a program finds."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
import zipfile
from email import message_from_bytes
from email.message import Message
from pathlib import Path
from types import ModuleType

import pytest

from tests.ways_in.running import run, write

from .conftest import ROOT, WATCHDOG_SECONDS

# Other Pythons are tested with the maturin of the main one.
PLACES = (Path(sys.executable).parent, ROOT / ".venv" / "bin")
MATURIN = [place / "maturin" for place in PLACES if (place / "maturin").exists()]

HANDED_ON = "so the standard library's own classes are used"


@pytest.fixture(scope="session")
def content(pure_wheel: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(pure_wheel) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


@pytest.fixture(scope="session")
def backend() -> ModuleType:
    path = ROOT / "scripts" / "backend" / "ropewalk_build.py"
    spec = importlib.util.spec_from_file_location("ropewalk_build", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def metadata(content: dict[str, bytes]) -> Message:
    (found,) = (name for name in content if name.endswith(".dist-info/METADATA"))
    return message_from_bytes(content[found])


def test_it_fits_every_system(pure_wheel: Path) -> None:
    assert pure_wheel.name.endswith("-py3-none-any.whl")


def test_it_has_the_whole_package_and_nothing_else(content: dict[str, bytes]) -> None:
    package = ROOT / "python" / "ropewalk"
    in_the_tree = {
        path.relative_to(package.parent).as_posix()
        for path in package.rglob("*")
        if path.is_file() and path.parent.name != "__pycache__" and path.suffix != ".so"
    }
    packaged = {name for name in content if ".dist-info/" not in name}
    start_up = {f"ropewalk_children.{end}" for end in ("pth", "py", "start")}
    assert packaged == in_the_tree | start_up
    assert "ropewalk/py.typed" in packaged


def test_it_carries_both_licences(content: dict[str, bytes]) -> None:
    for name in ("LICENSE-MIT", "LICENSE-APACHE"):
        (found,) = (entry for entry in content if entry.endswith(f"/licenses/{name}"))
        assert content[found] == (ROOT / name).read_bytes()


@pytest.mark.skipif(not MATURIN, reason="maturin is neither here nor in .venv")
def test_its_metadata_is_what_maturin_writes(
    content: dict[str, bytes], tmp_path: Path
) -> None:
    words = ["--metadata-directory", str(tmp_path), "--interpreter", sys.executable]
    done = subprocess.run(
        [str(MATURIN[0]), "pep517", "write-dist-info", *words],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=WATCHDOG_SECONDS,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    (written,) = tmp_path.glob("*/METADATA")
    theirs, ours = message_from_bytes(written.read_bytes()), metadata(content)
    assert sorted(ours.items()) == sorted(theirs.items())
    assert str(ours.get_payload()).strip() == str(theirs.get_payload()).strip()


def test_imports_hand_on_the_standard_library_with_one_warning(
    pure_site: Path, tmp_path: Path
) -> None:
    source = """
        import queue, threading, warnings

        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            import ropewalk, ropewalk.queue, ropewalk.threading
            ropewalk.install()
        print(ropewalk.__file__)
        print(ropewalk.queue.Queue is queue.Queue)
        print(ropewalk.threading.Lock is threading.Lock)
        print(*(warning.category.__name__ for warning in caught))
        print(caught[0].message)
        print(ropewalk.__version__)
    """
    write(tmp_path / "program.py", source)
    outcome = run("program.py", cwd=tmp_path, env={"PYTHONPATH": str(pure_site)})
    assert (outcome.status, outcome.err) == (0, "")
    place, queue, lock, warned, text, version = outcome.out.splitlines()
    assert Path(place).parent.parent == pure_site
    assert (queue, lock, warned) == ("True", "True", "RuntimeWarning")
    assert HANDED_ON in text
    assert version != "unknown"


def test_a_program_runs_unchanged_with_one_line_said(
    pure_site: Path, tmp_path: Path
) -> None:
    source = "import queue, sys\nprint(queue.Queue.__module__, sys.argv[1])\n"
    write(tmp_path / "program.py", source)
    words = ["-m", "ropewalk", "program.py", "word"]
    outcome = run(*words, cwd=tmp_path, env={"PYTHONPATH": str(pure_site)})
    assert (outcome.status, outcome.out) == (0, "queue word\n")
    (line,) = outcome.err.splitlines()
    assert line.startswith("ropewalk: ")
    assert HANDED_ON in line


def test_a_child_told_to_use_ropewalk_starts_with_one_line_said(
    pure_site: Path, tmp_path: Path
) -> None:
    # site runs the .pth files of the folder, as it does for site-packages.
    code = f"import site; site.addsitedir({str(pure_site)!r}); print('alive')"
    env = {"PYTHONPATH": str(pure_site), "ROPEWALK": "1"}
    outcome = run("-c", code, cwd=tmp_path, env=env)
    assert (outcome.status, outcome.out) == (0, "alive\n")
    (line,) = outcome.err.splitlines()
    assert HANDED_ON in line


@pytest.mark.parametrize("hook", ["wheel", "editable"])
@pytest.mark.parametrize(
    ("platform", "asked", "pure"),
    [
        ("linux", None, False),
        ("linux", "1", True),
        ("win32", None, True),
        ("darwin", None, True),
    ],
)
def test_maturin_is_required_only_where_the_engine_is_built(
    hook: str,
    platform: str,
    asked: str | None,
    pure: bool,
    backend: ModuleType,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sys, "platform", platform)
    monkeypatch.delenv("ROPEWALK_PURE", raising=False)
    if asked is not None:
        monkeypatch.setenv("ROPEWALK_PURE", asked)
    required = getattr(backend, f"get_requires_for_build_{hook}")()
    assert (required == []) == pure
    assert any(word.startswith("maturin>=") for word in required) != pure


def test_an_editable_build_leads_to_the_tree(
    backend: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ROPEWALK_PURE", "1")
    name = backend.build_editable(str(tmp_path))
    with zipfile.ZipFile(tmp_path / name) as archive:
        assert Path(archive.read("ropewalk.pth").decode().strip()) == ROOT / "python"


def test_the_same_tree_gives_the_same_bytes(
    backend: ModuleType,
    pure_wheel: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("ROPEWALK_PURE", "1")
    name = backend.build_wheel(str(tmp_path))
    assert (tmp_path / name).read_bytes() == pure_wheel.read_bytes()
