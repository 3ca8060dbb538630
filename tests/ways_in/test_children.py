"""Every Python child of a program under ropewalk is under ropewalk too."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest

from .running import IS_OURS, ropewalk, run, same, write

BY_SUBPROCESS = f"""
    import subprocess, sys
    for flags in ([], ["-I"], ["-E"], ["-s"]):
        print(*flags, end=" ", flush=True)
        subprocess.run([sys.executable, *flags, "-c", "print({IS_OURS!s})"])
"""

BY_FORK = f"""
    import os
    pid = os.fork()
    if not pid:
        print({IS_OURS}, flush=True)
        os._exit(0)
    os.waitpid(pid, 0)
"""

BY_MULTIPROCESSING = f"""
    import multiprocessing, sys

    def child(said):
        said.put((__name__, {IS_OURS}, sys.argv))

    if __name__ == "__main__":
        context = multiprocessing.get_context(sys.argv[1])
        said = context.SimpleQueue()
        process = context.Process(target=child, args=(said,))
        process.start()
        print(*said.get())
        process.join()
        print(process.exitcode)
"""


def test_subprocess(tmp_path: Path) -> None:
    write(tmp_path / "program.py", BY_SUBPROCESS)
    outcome = ropewalk("program.py", cwd=tmp_path)
    assert outcome.words == ["True", "-I", "True", "-E", "True", "-s", "True"]
    assert run("program.py", cwd=tmp_path).words.count("False") == 4


def test_fork(tmp_path: Path) -> None:
    write(tmp_path / "program.py", BY_FORK)
    assert ropewalk("program.py", cwd=tmp_path).out == "True\n"


@pytest.mark.parametrize(
    ("method", "name"),
    [("fork", "__main__"), ("spawn", "__mp_main__"), ("forkserver", "__mp_main__")],
)
@pytest.mark.parametrize("as_module", [False, True], ids=["file", "module"])
def test_multiprocessing(
    method: str, name: str, as_module: bool, tmp_path: Path
) -> None:
    write(tmp_path / "package" / "program.py", BY_MULTIPROCESSING)
    words = ["-m", "package.program"] if as_module else ["package/program.py"]
    outcome = ropewalk(*words, method, cwd=tmp_path)
    said, exit_code = outcome.out.splitlines()
    assert said.startswith(f"{name} True [")
    assert said.endswith(f"program.py', '{method}']")
    assert (exit_code, outcome.err, outcome.status) == ("0", "", 0)


@pytest.mark.parametrize("method", ["fork", "spawn", "forkserver"])
def test_multiprocessing_after_install_in_code(method: str, tmp_path: Path) -> None:
    source = BY_MULTIPROCESSING.replace(
        'if __name__ == "__main__":',
        'if __name__ == "__main__":\n        __import__("ropewalk").install()',
    )
    write(tmp_path / "program.py", source)
    outcome = run("program.py", method, cwd=tmp_path)
    assert outcome.words[1] == "True"
    assert outcome.err == ""


def test_a_child_that_fails_looks_the_same(tmp_path: Path) -> None:
    write(
        tmp_path / "program.py",
        """
        import multiprocessing, sys

        def child():
            raise ValueError("in the child")

        if __name__ == "__main__":
            for method in ("fork", "spawn"):
                context = multiprocessing.get_context(method)
                process = context.Process(target=child, name="child")
                process.start()
                process.join()
                print(process.exitcode)
        """,
    )
    outcome = ropewalk("program.py", cwd=tmp_path)
    assert outcome.words == ["1", "1"]
    assert "/ropewalk/_" not in outcome.err
    assert outcome.err.count("ValueError: in the child") == 2


def test_only_travels_to_children(tmp_path: Path) -> None:
    write(tmp_path / "program.py", BY_SUBPROCESS)
    outcome = ropewalk("--only", "queue", "program.py", cwd=tmp_path)
    assert "False" not in outcome.words
    show = "import os; print(os.environ['ROPEWALK'], os.environ['ROPEWALK_ONLY'])"
    assert ropewalk("--only=queue", "-c", show, cwd=tmp_path).out == "1 queue\n"
    show = "import os; print(sorted(k for k in os.environ if 'ROPEWALK' in k))"
    assert ropewalk("-c", show, cwd=tmp_path).out == "['ROPEWALK']\n"


def test_the_environment_alone_is_enough(tmp_path: Path) -> None:
    show = f"print({IS_OURS}); import ropewalk; print(*ropewalk.installed())"
    outcome = run("-c", show, cwd=tmp_path, env={"ROPEWALK": "1"})
    assert outcome.words[:1] == ["True"]
    assert "queue" in outcome.words


@pytest.mark.parametrize("value", ["", "0", None])
def test_without_the_switch_nothing_of_ropewalk_is_imported(
    value: str | None, tmp_path: Path
) -> None:
    show = (
        "import sys; print([n for n in sys.modules if n.split('.')[0] == 'ropewalk'])"
    )
    env = {} if value is None else {"ROPEWALK": value}
    assert run("-c", show, cwd=tmp_path, env=env).out == "[]\n"


def test_with_the_switch_no_replaced_module_is_imported(tmp_path: Path) -> None:
    show = "import sys; print([n for n in ('queue', 'ropewalk.queue') if n in %s])"
    outcome = run("-c", show % "sys.modules", cwd=tmp_path, env={"ROPEWALK": "1"})
    assert outcome.out == "[]\n"


def test_a_wrong_choice_in_the_environment_is_one_line(tmp_path: Path) -> None:
    env = {"ROPEWALK": "1", "ROPEWALK_ONLY": "queue,kew"}
    outcome = run("-c", f"print({IS_OURS})", cwd=tmp_path, env=env)
    assert outcome.out == "False\n"
    assert outcome.err.startswith("ropewalk: ROPEWALK_ONLY: ")
    assert "'kew'" in outcome.err
    assert outcome.err.count("\n") == 1


def test_a_program_under_ropewalk_starts_another_with_other_modules(
    tmp_path: Path,
) -> None:
    env = {"ROPEWALK": "1", "ROPEWALK_ONLY": "queue"}
    outcome = ropewalk("-c", f"print({IS_OURS})", cwd=tmp_path, env=env)
    assert (outcome.out, outcome.err) == ("True\n", "")


INTERPRETERS = """
    import textwrap
    try:
        import _interpreters as interpreters
    except ImportError:
        import _xxsubinterpreters as interpreters
    other = interpreters.create()
    failed = interpreters.run_string(other, textwrap.dedent('''
        import queue, sys, ropewalk
        ropewalk.install()
        print(sorted(ropewalk.installed()), queue.Queue.__init__.__code__ is not None)
        print('ropewalk._ropewalk' in sys.modules, flush=True)
    '''))
    interpreters.destroy(other)
    print(failed)
"""


@pytest.mark.skipif(
    not any(map(importlib.util.find_spec, ("_interpreters", "_xxsubinterpreters"))),
    reason="this Python was built without sub-interpreters",
)
def test_a_sub_interpreter_keeps_the_standard_library(tmp_path: Path) -> None:
    write(tmp_path / "program.py", INTERPRETERS)
    outcome = ropewalk("program.py", cwd=tmp_path)
    assert outcome.out == "[] True\nFalse\nNone\n"
    assert (outcome.err, outcome.status) == ("", 0)


def test_a_pool_by_spawn_is_the_same(tmp_path: Path) -> None:
    write(
        tmp_path / "program.py",
        """
        import concurrent.futures, multiprocessing

        def square(n):
            return n * n

        if __name__ == "__main__":
            context = multiprocessing.get_context("spawn")
            with concurrent.futures.ProcessPoolExecutor(2, context) as pool:
                print(list(pool.map(square, range(5))))
        """,
    )
    assert same("program.py", cwd=tmp_path).out == "[0, 1, 4, 9, 16]\n"


@pytest.mark.parametrize(("value", "expected"), [("1", "True"), ("0", "False")])
def test_where_import_lines_of_pth_files_are_ignored(
    value: str, expected: str, tmp_path: Path
) -> None:
    """As from Python 3.18 on: what the .start file names is called instead."""
    found = importlib.util.find_spec("ropewalk_children")
    assert found is not None
    assert found.origin is not None
    home = Path(found.origin).parent
    (line,) = (home / "ropewalk_children.start").read_text("utf-8").splitlines()
    module, _, name = line.partition(":")
    package = importlib.util.find_spec("ropewalk")
    assert package is not None
    assert package.origin is not None
    places = [str(home), str(Path(package.origin).parents[1])]
    show = f"""import sys
sys.path += {places}
import {module}
{module}.{name}()
print({IS_OURS})
"""
    # -S: site reads no files at all.
    outcome = run("-c", show, flags=["-S"], cwd=tmp_path, env={"ROPEWALK": value})
    assert (outcome.words, outcome.err) == ([expected], "")
