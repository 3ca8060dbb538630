"""`python -m ropewalk X` cannot be told from `python X`: output and exit status."""

from __future__ import annotations

import py_compile
import signal
import subprocess
import sys
import zipapp
from pathlib import Path

import pytest

from .running import WATCHDOG_SECONDS, ropewalk, run, same, write

NAMESPACE = """
    import sys, os
    shown = {k: v for k, v in globals().items() if k not in ("sys", "os")}
    for name, value in shown.items():
        print(name, type(value).__name__, value if name != "__builtins__" else "")
    print(sys.argv, sys.path, sys.modules["__main__"].__dict__ is globals())
    print(sys._getframe().f_code.co_filename)
"""

PROGRAMS = {
    "says what __main__ holds": NAMESPACE,
    "ends by itself": "print('done')",
    "exits with a number": "raise SystemExit(3)",
    "exits with a text": "import sys; sys.exit('went wrong')",
    "exits with nothing": "import sys; sys.exit()",
    "exits with a tuple": "raise SystemExit((1, 2))",
    "exits with True": "raise SystemExit(True)",
    "exits below zero": "raise SystemExit(-1)",
    "exits above a byte": "raise SystemExit(257)",
    "exits with its own SystemExit": """
        class Stop(SystemExit):
            pass
        raise Stop(5)
    """,
    "exits at once": "import os; os._exit(4)",
    "raises": """
        def inner(x):
            return 1 / x

        def outer():
            inner(0)

        outer()
    """,
    "raises from another": """
        try:
            {}['k']
        except KeyError as error:
            raise ValueError('no k') from error
    """,
    "raises while it handles another": """
        try:
            1 / 0
        except ZeroDivisionError:
            undefined
    """,
    "raises a group with notes": """
        error = ExceptionGroup('many', [ValueError(1), TypeError(2)])
        error.add_note('remember this')
        raise error
    """,
    "raises in class body": "class A:\n    b = c\n",
    "does not compile": "def f(:\n    pass\n",
    "does not compile, by indentation": "if 1:\nprint(1)\n",
    "does not compile, unclosed": "x = (1,\n",
    "imports a broken module": "import broken",
    "imports a module that is not there": "import nothing.at.all",
    "interrupts itself": "raise KeyboardInterrupt",
    "is interrupted": "import os, signal; os.kill(os.getpid(), signal.SIGINT); x = 1",
    "handles the interrupt": """
        import os, signal
        try:
            os.kill(os.getpid(), signal.SIGINT)
            while True:
                pass
        except KeyboardInterrupt:
            print('stopped')
    """,
    "dies of a signal": "import os, signal; os.kill(os.getpid(), signal.SIGTERM)",
    "is interrupted after atexit": """
        import atexit
        atexit.register(print, 'still said')
        raise KeyboardInterrupt
    """,
    "has its own excepthook": """
        import sys, traceback
        def hook(kind, error, trace):
            print('hooked', kind.__name__, error, sys.excepthook is hook)
            print([f.name for f in traceback.extract_tb(trace)])
            print(error.__traceback__ is trace, sys.last_traceback is trace)
            print(sys.last_type is kind, sys.last_value is error)
        sys.excepthook = hook
        def fails():
            raise ValueError('x')
        fails()
    """,
    "has an excepthook that fails": """
        import sys
        def hook(kind, error, trace):
            raise RuntimeError('in the hook')
        sys.excepthook = hook
        raise ValueError('x')
    """,
    "has an excepthook that exits": """
        import sys
        sys.excepthook = lambda *a: sys.exit(9)
        raise ValueError('x')
    """,
    "has no excepthook": "import sys; del sys.excepthook; 1 / 0",
    "looks at sys.last_* at exit": """
        import atexit, sys
        @atexit.register
        def look():
            print(sys.last_type, sys.last_value, sys.last_traceback.tb_lineno)
            print(sys.last_traceback.tb_next, sys.excepthook is sys.__excepthook__)
        raise LookupError('late')
    """,
    "counts what atexit runs": """
        import atexit, threading
        for n in range(3):
            atexit.register(print, 'atexit', n)
        start = threading.Event()
        def work():
            start.wait()
            print('thread ends')
        threading.Thread(target=work).start()
        atexit.register(print, 'last registered')
        start.set()
    """,
    "submits in atexit": """
        import atexit
        from concurrent.futures import ThreadPoolExecutor

        used, unused, ended = (ThreadPoolExecutor(1) for _ in range(3))
        used.submit(int).result()
        ended.shutdown()

        @atexit.register
        def late():
            for executor in used, unused, ended, ThreadPoolExecutor(1):
                try:
                    executor.submit(int)
                except RuntimeError as refused:
                    print(refused, executor._shutdown)
    """,
    "fails in atexit": """
        import atexit
        @atexit.register
        def bad():
            1 / 0
    """,
    "fails in a thread": """
        import threading
        def bad():
            raise ValueError('in a thread')
        t = threading.Thread(target=bad, name='worker')
        t.start()
        t.join()
        raise SystemExit(6)
    """,
    "drops an object at exit": """
        class A:
            def __del__(self):
                print('dropped', __name__)
        keep = A()
    """,
    "fails in __del__": """
        class A:
            def __del__(self):
                raise ValueError('in del')
        A()
    """,
    "reads itself": """
        import inspect, linecache
        def f():
            return 'found'
        print(inspect.getsource(f), linecache.getline(__file__, 2))
    """,
    "pickles its own class": """
        import pickle
        class Point:
            def __init__(self):
                self.x = 1
        again = pickle.loads(pickle.dumps(Point()))
        print(type(again) is Point, Point.__module__, again.x)
    """,
    "annotates": """
        from __future__ import annotations
        import dataclasses, typing
        n: int = 1
        @dataclasses.dataclass
        class Point:
            x: int = 0
        print(typing.get_type_hints(Point), Point())
    """,
    "has a docstring": '"""About."""\nprint(__doc__)',
    "warns": "import warnings; warnings.warn('careful')",
    "puts in a queue": """
        import queue, threading
        q = queue.Queue()
        threading.Thread(target=lambda: [q.put(n) for n in range(5)]).start()
        print([q.get() for _ in range(5)])
        try:
            q.get(block=False)
        except queue.Empty as empty:
            print(type(empty), empty)
    """,
    "logs through a queue": """
        import logging, logging.handlers, queue
        q = queue.Queue()
        logging.getLogger().addHandler(logging.handlers.QueueHandler(q))
        logging.warning('hello')
        print(q.get().getMessage(), q.empty())
    """,
}


@pytest.fixture
def place(tmp_path: Path) -> Path:
    write(tmp_path / "broken.py", "def g():\n    return 1 +\n")
    return tmp_path


@pytest.mark.parametrize("source", PROGRAMS.values(), ids=PROGRAMS.keys())
def test_a_program_that(source: str, place: Path) -> None:
    write(place / "program.py", source)
    same("program.py", "one", "-two", cwd=place)


def test_an_interrupt_kills_by_sigint_after_finalisation(place: Path) -> None:
    write(place / "program.py", PROGRAMS["is interrupted after atexit"])
    outcome = same("program.py", cwd=place)
    assert outcome.status == -signal.SIGINT
    assert outcome.out == "still said\n"


def test_a_traceback_names_the_program_only(place: Path) -> None:
    write(place / "program.py", PROGRAMS["raises"])
    outcome = same("program.py", cwd=place)
    assert outcome.err.count("  File ") == 3
    assert outcome.err.count("program.py") == 3


@pytest.mark.parametrize("source", PROGRAMS.values(), ids=PROGRAMS.keys())
def test_a_module_that(source: str, place: Path) -> None:
    write(place / "package" / "__init__.py", "")
    write(place / "package" / "module.py", source)
    same("-m", "package.module", "one", "-m", cwd=place)


@pytest.mark.parametrize(
    "code",
    [
        "import sys; print(sys.argv, sys.path, sorted(globals()), __spec__)",
        "1 / 0",
        "def f():\n    raise ValueError('x')\nf()",
        "x = (",
        "raise SystemExit(7)",
        "raise KeyboardInterrupt",
        "print(__name__); import sys; print(sys.modules['__main__'].__loader__)",
    ],
)
def test_code(code: str, place: Path) -> None:
    same("-c", code, "one", "-c", cwd=place)


@pytest.mark.parametrize("path", ["./program.py", "sub/../program.py", "{}/program.py"])
def test_a_path_as_given(path: str, place: Path) -> None:
    write(place / "program.py", NAMESPACE)
    (place / "sub").mkdir()
    same(path.format(place), cwd=place)


def test_a_program_behind_a_symbolic_link(place: Path) -> None:
    write(place / "real" / "beside.py", "name = 'beside'")
    write(place / "real" / "program.py", f"{NAMESPACE}    import beside")
    (place / "link.py").symlink_to("real/program.py")
    assert same("link.py", cwd=place).status == 0


def test_a_program_in_another_directory_is_not_disturbed_by_this_one(
    place: Path,
) -> None:
    for name in ("linecache", "textwrap", "tokenize", "typing", "queue"):
        write(place / f"{name}.py", f"raise SystemExit('{name} of this directory')")
    write(place / "sub" / "program.py", "import queue, typing\nprint('ran')")
    assert same("sub/program.py", cwd=place).out == "ran\n"


def test_a_directory_and_a_zip_file(place: Path) -> None:
    write(place / "app" / "__main__.py", f"{NAMESPACE}    import helper\n    1 / 0")
    write(place / "app" / "helper.py", "print(__file__)")
    zipapp.create_archive(place / "app", place / "app.pyz")
    for target in ("app", "./app", "app.pyz", str(place / "app")):
        assert same(target, "one", cwd=place).status == 1
    assert same("app", cwd=place, flags=["-P"]).status == 1


def test_a_directory_without_main(place: Path) -> None:
    (place / "empty").mkdir()
    assert same("empty", cwd=place).status == 1


def test_a_compiled_program(place: Path) -> None:
    write(place / "program.py", NAMESPACE)
    py_compile.compile(str(place / "program.py"), cfile=str(place / "program.pyc"))
    assert same("program.pyc", "one", cwd=place).status == 0


def test_a_package_and_what_is_none(place: Path) -> None:
    write(place / "package" / "__init__.py", "print('package', __name__)")
    assert same("-m", "package", cwd=place).status == 1
    write(place / "package" / "__main__.py", NAMESPACE)
    assert same("-m", "package", "one", cwd=place).status == 0
    for missing in ("nowhere", "package.nowhere", "nowhere.at.all"):
        assert same("-m", missing, cwd=place).status == 1


@pytest.mark.parametrize(
    "content",
    [
        b"\xef\xbb\xbfprint('\xc3\xa9')\n",
        b"# coding: latin-1\nprint(ascii('\xe9'))\n",
        b"print(1)\r\nprint(2)\r\n",
        b"print(1)\n1/0",
        b"",
    ],
    ids=["byte order mark", "coding line", "CR LF", "no last line end", "nothing"],
)
def test_source_bytes(content: bytes, place: Path) -> None:
    (place / "program.py").write_bytes(content)
    same("program.py", cwd=place)


def test_a_program_on_standard_input(place: Path) -> None:
    source = "import sys\nprint(sys.argv, sys.path[0], __name__, __file__)\n1 / 0\n"
    assert same("-", "one", cwd=place, stdin=source).status == 1


def test_a_program_in_a_pipe(place: Path) -> None:
    source = "import sys\nprint(sys.argv, sys.path[0], __file__)\n1 / 0\n"
    assert same("/dev/stdin", "one", cwd=place, stdin=source).status == 1


@pytest.mark.parametrize(
    "flags",
    [
        ["-P"],
        ["-I"],
        ["-E"],
        ["-s"],
        ["-O"],
        ["-u"],
        ["-B"],
        ["-W", "error::UserWarning"],
        ["-X", "dev"],
        ["-X", "utf8=0"],
        ["-Wdefault", "-bb"],
    ],
    ids=" ".join,
)
def test_flags_of_the_interpreter(flags: list[str], place: Path) -> None:
    write(
        place / "program.py",
        """
        import sys, warnings
        print(sys.flags, sys.warnoptions, sys._xoptions, sys.path)
        warnings.warn('careful')
        """,
    )
    same("program.py", cwd=place, flags=flags)
    same("-c", "import sys; print(sys.path, sys.flags)", cwd=place, flags=flags)


@pytest.mark.parametrize("end", ["1 / 0", "raise SystemExit(3)", "pass"])
def test_interactive_afterwards(end: str, place: Path) -> None:
    write(place / "program.py", f"kept = 42\ndef f():\n    {end}\nf()\n")
    typed = "print(kept, __name__)\nimport sys\nprint(hasattr(sys, 'last_value'))\n"
    outcome = same("program.py", cwd=place, flags=["-i"], stdin=typed)
    assert "42 __main__" in outcome.out


def test_only_the_stack_below_the_program_differs(place: Path) -> None:
    source = "import traceback; print(len(traceback.extract_stack()))"
    write(place / "program.py", source)
    assert run("program.py", cwd=place).out == "1\n"
    assert int(ropewalk("program.py", cwd=place).out) < 10


def test_a_plain_file_without_a_suffix(place: Path) -> None:
    write(place / "program", NAMESPACE)
    assert same("program", cwd=place).status == 0


def test_the_program_is_run_by_the_same_interpreter(place: Path) -> None:
    write(place / "program.py", "import sys; print(sys.executable, sys.prefix)")
    assert sys.executable in same("program.py", cwd=place).out


def test_a_wait_is_interrupted_from_outside(place: Path) -> None:
    source = """
        import queue
        print("waits", flush=True)
        queue.Queue().get()
    """
    program = write(place / "program.py", source)
    with subprocess.Popen(
        [sys.executable, "-m", "ropewalk", str(program)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "waits\n"
        process.send_signal(signal.SIGINT)
        error = process.communicate(timeout=WATCHDOG_SECONDS)[1]
    assert process.returncode == -signal.SIGINT
    assert error.endswith("\nKeyboardInterrupt\n")
    assert error.splitlines()[1].startswith(f'  File "{program}", line ')
    assert "_launch" not in error


@pytest.mark.parametrize(
    "words",
    [["-c", "import sys; print(sys.path)"], ["-m", "nowhere"], ["-m", "timeit", "-h"]],
    ids=" ".join,
)
def test_a_directory_that_was_removed(words: list[str], place: Path) -> None:
    source = f"""
        import os, subprocess, sys
        os.mkdir("gone")
        os.chdir("gone")
        os.rmdir("../gone")
        for middle in ([], ["-m", "ropewalk"]):
            done = subprocess.run(
                [sys.executable, *middle, *{words}], capture_output=True
            )
            print(done.returncode, done.stdout, done.stderr)
    """
    write(place / "program.py", source)
    plain, under = run("program.py", cwd=place).out.splitlines()
    assert under == plain
