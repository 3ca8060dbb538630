"""ropewalk goes together with the tools that run programs."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path

import pytest

from .running import IS_OURS, Outcome, ropewalk, run, same, write

PROGRAM = f"""
    import queue, sys

    class Job:
        pass

    def work():
        q = queue.Queue()
        q.put(Job())
        return type(q.get()) is Job

    print(work(), __name__, sys.argv)
    print({IS_OURS})
"""


@pytest.fixture
def place(tmp_path: Path) -> Path:
    write(tmp_path / "program.py", PROGRAM)
    return tmp_path


def without_times(outcome: Outcome) -> str:
    return re.sub(r"[\d./]+", "N", outcome.out)


def test_cprofile_within(place: Path) -> None:
    outcome = ropewalk("-m", "cProfile", "program.py", "one", cwd=place)
    assert "__main__ ['program.py', 'one']" in outcome.out
    assert "\nTrue\n" in outcome.out
    assert "(work)" in outcome.out
    assert "_launch" not in outcome.out
    assert (outcome.err, outcome.status) == ("", 0)


@pytest.mark.parametrize("profiler", ["cProfile", "profile"])
def test_a_profiler_around(profiler: str, place: Path) -> None:
    words = ("-m", profiler, "-m", "ropewalk", "program.py", "one")
    outcome = run(*words, cwd=place)
    assert outcome.out.startswith("True __main__ ['program.py', 'one']\nTrue\n")
    assert "(work)" in outcome.out
    assert "function calls" in outcome.out
    assert (outcome.err, outcome.status) == ("", 0)


def test_cprofile_writes_its_file(place: Path) -> None:
    words = ("-m", "cProfile", "-o", "out.prof", "program.py")
    assert ropewalk(*words, cwd=place).status == 0
    source = "import pstats; pstats.Stats('out.prof').print_stats('work')"
    assert "(work)" in run("-c", source, cwd=place).out


PDB = """\
break work
continue
where
next
print('q', type(q).__name__)
continue
quit
"""


def test_pdb(place: Path) -> None:
    outcome = ropewalk("-m", "pdb", "program.py", "one", cwd=place, stdin=PDB)
    assert "q Queue" in outcome.out
    assert "True __main__ ['program.py', 'one']" in outcome.out
    assert outcome.status == 0
    source = PROGRAM.replace(f"print({IS_OURS})", "")
    write(place / "program.py", source)
    # Below the program, pdb's `where` shows the machinery that started pdb.
    same("-m", "pdb", "program.py", cwd=place, stdin=PDB.replace("where\n", ""))


def test_pdb_around(place: Path) -> None:
    words = ("-m", "pdb", "-m", "ropewalk", "program.py", "one")
    typed = "continue\nquit\n"
    outcome = run(*words, cwd=place, stdin=typed)
    assert "True __main__ ['program.py', 'one']\nTrue" in outcome.out
    assert outcome.status == 0


def test_pdb_after_a_crash(place: Path) -> None:
    write(place / "program.py", "def f(x):\n    return 1 / x\nf(0)\n")
    typed = "continue\nprint('x is', x)\nquit\nquit\n"
    outcome = same("-m", "pdb", "program.py", cwd=place, stdin=typed)
    assert "x is 0" in outcome.out


def test_breakpoint_in_a_program(place: Path) -> None:
    write(place / "program.py", "kept = 1\nbreakpoint()\nkept = 2\nprint(kept)\n")
    typed = "print('kept', kept)\ncontinue\n"
    outcome = same("program.py", cwd=place, stdin=typed)
    assert "kept 1" in outcome.out
    assert outcome.out.endswith("2\n")


TESTS = f"""
    import queue, sys

    def test_ours():
        assert {IS_OURS}

    def test_fails():
        q = queue.Queue()
        q.put(1)
        assert q.get() == 2
"""


def test_pytest(place: Path) -> None:
    write(place / "test_it.py", TESTS)
    words = ("-m", "pytest", "-q", "-p", "no:cacheprovider", "test_it.py")
    outcome = ropewalk(*words, cwd=place)
    assert "1 failed, 1 passed" in outcome.out
    assert "assert 1 == 2" in outcome.out
    assert (outcome.err, outcome.status) == ("", 1)


def test_unittest(place: Path) -> None:
    source = f"""
        import unittest

        class Case(unittest.TestCase):
            def test_ours(self):
                self.assertTrue({IS_OURS})

        if __name__ == "__main__":
            unittest.main()
    """
    write(place / "test_it.py", source)
    for words in (["test_it.py"], ["-m", "unittest", "test_it"]):
        outcome = ropewalk(*words, cwd=place)
        assert outcome.err.endswith("\nOK\n")
        assert outcome.status == 0


def test_doctest_timeit_and_trace(place: Path) -> None:
    write(
        place / "module.py", '"""\n>>> import queue\n>>> queue.Queue(1).maxsize\n1\n"""'
    )
    assert same("-m", "doctest", "module.py", cwd=place).status == 0
    words = ("-m", "trace", "--listfuncs", "program.py")
    assert "funcname: work" in ropewalk(*words, cwd=place).out
    timeit = ("-m", "timeit", "-n1", "-r1", "import queue")
    plain, under = run(*timeit, cwd=place), ropewalk(*timeit, cwd=place)
    assert without_times(under).split()[:2] == without_times(plain).split()[:2]


needs_coverage = pytest.mark.skipif(
    importlib.util.find_spec("coverage") is None, reason="coverage is not installed"
)


@needs_coverage
def test_coverage(place: Path) -> None:
    words = ("-m", "coverage", "run", "program.py", "one")
    outcome = ropewalk(*words, cwd=place)
    assert outcome.out.startswith("True __main__ ['program.py', 'one']\nTrue\n")
    report = run("-m", "coverage", "report", cwd=place)
    assert re.search(r"program\.py .* 100%", report.out)


@needs_coverage
def test_coverage_around(place: Path) -> None:
    write(place / "program.py", f"{PROGRAM}    1 / 0\n")
    words = ("-m", "coverage", "run", "-m", "ropewalk", "program.py", "one")
    outcome = run(*words, cwd=place)
    assert outcome.out.startswith("True __main__ ['program.py', 'one']\nTrue\n")
    assert outcome.err.splitlines()[0].startswith("Traceback")
    assert "_launch" not in outcome.err
    assert outcome.status == 1
    report = run("-m", "coverage", "report", "--include=program.py", cwd=place)
    assert re.search(r"program\.py .* 100%", report.out)
