"""What cannot be done is told in one line that says what to do."""

from __future__ import annotations

from pathlib import Path

import pytest

from .running import IS_OURS, Outcome, ropewalk, run, write

CASES = {
    "no program": ([], "no program was given; try: python -m ropewalk program.py"),
    "only options": (["--only", "queue"], "no program was given"),
    "missing program": (["nowhere.py"], "can't open file"),
    "unknown option": (["--onyl", "queue", "x.py"], "unknown option --onyl"),
    "wrong module": (["--only", "kew", "x.py"], "ropewalk does not replace 'kew'"),
    "wrong module among others": (["--only=queue,kew", "x.py"], "replace 'kew'"),
    "no name after --only": (["--only"], "--only needs the names of modules"),
    "no module after -m": (["-m"], "-m needs an argument"),
    "no code after -c": (["-c"], "-c needs an argument"),
}


def assert_one_line(outcome: Outcome, status: int) -> None:
    assert outcome.status == status
    assert outcome.out == ""
    assert outcome.err.count("\n") == 1


@pytest.mark.parametrize(("words", "told"), CASES.values(), ids=CASES.keys())
def test_command_line(words: list[str], told: str, tmp_path: Path) -> None:
    outcome = ropewalk(*words, cwd=tmp_path)
    assert_one_line(outcome, 2)
    assert outcome.err.startswith("ropewalk: ")
    assert told in outcome.err


def test_a_program_that_may_not_be_read(tmp_path: Path) -> None:
    (tmp_path / "loop.py").symlink_to("loop.py")
    assert_one_line(ropewalk("loop.py", cwd=tmp_path), 2)


def test_a_module_that_is_not_there(tmp_path: Path) -> None:
    assert_one_line(ropewalk("-m", "nowhere", cwd=tmp_path), 1)


def test_help_and_version(tmp_path: Path) -> None:
    for word in ("--help", "-h"):
        outcome = ropewalk(word, cwd=tmp_path)
        assert outcome.out.startswith("usage: python -m ropewalk ")
        assert (outcome.err, outcome.status) == ("", 0)
    for word in ("--version", "-V"):
        outcome = ropewalk(word, cwd=tmp_path)
        assert outcome.words[0] == "ropewalk"
        assert outcome.words[1][0].isdigit()
        assert (outcome.err, outcome.status) == ("", 0)


def test_options_after_the_program_are_the_programs(tmp_path: Path) -> None:
    write(tmp_path / "program.py", "import sys; print(sys.argv)")
    outcome = ropewalk("--", "program.py", "--only", "--help", cwd=tmp_path)
    assert outcome.out == "['program.py', '--only', '--help']\n"


def test_an_error_of_the_program_is_not_taken_for_ours(tmp_path: Path) -> None:
    source = "import ropewalk; ropewalk.install(only='kew')"
    write(tmp_path / "program.py", source)
    outcome = ropewalk("program.py", cwd=tmp_path)
    assert outcome.err.startswith("Traceback ")
    assert outcome.status == 1


OLD = "import sys; sys.version_info = (3, 10, 14, 'final', 0); "


def test_an_old_python(tmp_path: Path) -> None:
    outcome = run("-c", f"{OLD}import ropewalk", cwd=tmp_path)
    assert outcome.err.splitlines()[-1] == (
        "ImportError: ropewalk needs Python 3.11 or newer, and this is Python 3.10: "
        "run it with a newer interpreter"
    )
    source = f"{OLD}import runpy; runpy._run_module_as_main('ropewalk')"
    outcome = run("-c", source, cwd=tmp_path)
    assert_one_line(outcome, 1)
    assert "ropewalk needs Python 3.11 or newer" in outcome.err


# A Python for which the extension was not built: blocked, or not there at all.
WITHOUT_ENGINE = {
    "blocked": "import sys; sys.modules['ropewalk._ropewalk'] = None\n",
    "stubs only": """\
import sys, types
bare = types.ModuleType("ropewalk._ropewalk")
bare.__path__ = ["where the stubs are"]
sys.modules["ropewalk._ropewalk"] = bare
import ropewalk
ropewalk._ropewalk = bare
""",
}


@pytest.fixture(params=list(WITHOUT_ENGINE.values()), ids=list(WITHOUT_ENGINE))
def bare(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def test_install_without_the_engine_warns_once(bare: str, tmp_path: Path) -> None:
    source = (
        f"{bare}import os, ropewalk\n"
        "ropewalk.install()\nropewalk.install()\n"
        f"import queue\nprint({IS_OURS}, set(ropewalk.installed()))\n"
        "print(os.environ.get('ROPEWALK'))\n"
    )
    write(tmp_path / "program.py", source)
    outcome = run("program.py", cwd=tmp_path)
    assert outcome.out == "False set()\nNone\n"
    assert outcome.err.count("RuntimeWarning: ropewalk's engine cannot be loaded") == 1
    assert "build it with Rust and: pip install ." in outcome.err
    assert "program.py:" in outcome.err
    assert outcome.err.count("Warning") == 1


def test_the_launcher_without_the_engine_runs_the_program(
    bare: str, tmp_path: Path
) -> None:
    write(tmp_path / "program.py", "import sys, queue; print(sys.argv, queue.Empty)")
    source = f"{bare}import runpy, sys\nsys.argv = ['', 'program.py', 'one']\n"
    start = "runpy.run_module('ropewalk', None, '__main__')"
    write(tmp_path / "start.py", f"{source}{start}")
    outcome = run("start.py", cwd=tmp_path)
    assert outcome.out == "['program.py', 'one'] <class '_queue.Empty'>\n"
    assert outcome.err.startswith("ropewalk: ropewalk's engine cannot be loaded")
    assert outcome.err.count("\n") == 1


def test_another_platform_is_named(tmp_path: Path) -> None:
    source = "import sys; sys.platform = 'win32'; from ropewalk import _engine\n"
    outcome = run("-c", f"{source}print(_engine.why_not())", cwd=tmp_path)
    assert "does not run on win32 yet" in outcome.out


def test_no_standard_error_is_no_error(tmp_path: Path) -> None:
    write(tmp_path / "start.sh", 'exec "$PYTHON" -m ropewalk nowhere.py 2>&-\n')
    source = (
        "import subprocess, sys, os\n"
        "env = {**os.environ, 'PYTHON': sys.executable}\n"
        "print(subprocess.run(['sh', 'start.sh'], env=env).returncode)\n"
    )
    write(tmp_path / "program.py", source)
    assert run("program.py", cwd=tmp_path).out == "2\n"
