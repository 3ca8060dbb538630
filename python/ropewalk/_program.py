"""Runs a program as ``__main__`` the way ``python`` itself would.

Promise: the program finds ``__main__``, sys.argv and sys.path[0] as under plain
``python``; how it ends (exit status, death by SIGINT, sys.excepthook, sys.last_*) is
decided by the interpreter as ever; a traceback that reaches the top shows no frame
of ropewalk's, nor of the machinery that started ropewalk.

What differs inside the program: the stack is a few frames deeper, which
``traceback.print_stack()`` shows; sys.orig_argv is what was typed; a source file that
cannot be decoded is a SyntaxError in other words.
"""

from __future__ import annotations

import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import CodeType, TracebackType
    from typing import Any


# What a program knows of its compiled file; from 3.15 on no module has such a name.
_CACHED: dict[str, object] = {"__cached__": None} if "__cached__" in globals() else {}


class CannotRun(Exception):
    """There is no program to run; the second argument is the exit status."""


def directory() -> str | None:
    """Return the current directory, or None when it has been removed."""
    try:
        return os.getcwd()
    except OSError:
        return None


def run_file(path: str, arguments: list[str]) -> None:
    """Run a source file, a .pyc file, or a directory or zip file with __main__.py."""
    here = directory()
    absolute = path if os.path.isabs(path) or not here else f"{here}{os.sep}{path}"
    if _is_importable_place(absolute):
        _run_place(path, absolute, arguments)
        return
    try:
        with open(path, "rb") as file:
            content = file.read()
    except OSError as error:
        raise CannotRun(
            f"can't open file {absolute!r}: [Errno {error.errno}] {error.strerror}", 2
        ) from None
    from importlib.machinery import SourceFileLoader, SourcelessFileLoader
    from importlib.util import MAGIC_NUMBER

    sys.argv[:] = [path, *arguments]
    if not sys.flags.safe_path:
        sys.path.insert(0, _directory_of(path))
    compiled = path.endswith(".pyc") or content.startswith(MAGIC_NUMBER)
    loader = SourcelessFileLoader if compiled else SourceFileLoader
    with _MainModule(
        __loader__=loader("__main__", absolute), __file__=absolute, **_CACHED
    ) as namespace:
        exec(_code_of(content, absolute, compiled), namespace)


def run_stdin(arguments: list[str]) -> None:
    """Run the program that standard input holds."""
    content = sys.stdin.buffer.read()
    sys.argv[:] = ["-", *arguments]
    if not sys.flags.safe_path:
        sys.path.insert(0, "")
    with _MainModule(__file__="<stdin>", **_CACHED) as namespace:
        exec(_code_of(content, "<stdin>", compiled=False), namespace)


def run_code(source: str, arguments: list[str]) -> None:
    """Run `source`, as ``python -c`` does."""
    # By number, both: what ``python -c`` does changes with a minor release, and asking
    # would take a process of its own.
    if sys.version_info >= (3, 14):
        import textwrap

        source = textwrap.dedent(source)
    if sys.version_info >= (3, 13):  # from here on tracebacks quote the source
        import linecache

        lines = [f"{line}\n" for line in source.split("\n")]
        linecache.cache["<string>"] = (len(source), None, lines, "<string>")
    sys.argv[:] = ["-c", *arguments]
    if not sys.flags.safe_path:
        sys.path.insert(0, "")
    with _MainModule() as namespace:
        exec(compile(f"{source}\n", "<string>", "exec", dont_inherit=True), namespace)


def run_module(name: str, arguments: list[str]) -> None:
    """Run a module by its name, as ``python -m`` does."""
    sys.argv[:] = ["-m", *arguments]
    here = directory()
    if here and not sys.flags.safe_path:
        sys.path.insert(0, here)
    with _MainModule():
        _runpy()._run_module_as_main(name)


def _run_place(path: str, absolute: str, arguments: list[str]) -> None:
    sys.argv[:] = [path, *arguments]
    sys.path.insert(0, absolute)  # also under -P: it is the program
    with _MainModule():
        _runpy()._run_module_as_main("__main__", False)


def _directory_of(path: str) -> str:
    """Return the real directory, or for a pipe the one that it is named in."""
    if os.path.islink(path):
        path = os.path.join(os.path.dirname(path), os.readlink(path))
    try:
        return os.path.dirname(os.path.realpath(path, strict=True))
    except OSError:
        return os.path.dirname(path)


def _runpy() -> Any:
    import runpy

    return runpy


def _is_importable_place(path: str) -> bool:
    for hook in sys.path_hooks:
        try:
            hook(path)
        except ImportError:
            continue
        return True
    return False


def _code_of(content: bytes, filename: str, compiled: bool) -> CodeType:
    if compiled:
        import marshal

        code: CodeType = marshal.loads(content[16:])
        return code
    return compile(content, filename, "exec", dont_inherit=True)


class _MainModule:
    """``__main__`` as new, for the time of the program.

    Where ropewalk runs inside a profiler, whose own functions live in ``__main__``,
    the program gets a module of its own and the profiler's is put back afterwards.
    """

    def __init__(self, **names: object) -> None:
        self._names = names
        self._before = sys.modules["__main__"]

    def __enter__(self) -> dict[str, Any]:
        import builtins
        from importlib.machinery import BuiltinImporter

        module = self._before
        spec = getattr(module, "__spec__", None)
        self._ours = spec is not None and spec.name == "ropewalk.__main__"
        if not self._ours:
            module = sys.modules["__main__"] = type(sys)("__main__")
        namespace = vars(module)
        # By number: so a program without annotations begins, and ours has had some.
        annotated = "__annotations__" in namespace or sys.version_info < (3, 14)
        namespace.clear()
        namespace.update(
            __name__="__main__",
            __doc__=None,
            __package__=None,
            __loader__=BuiltinImporter,
            __spec__=None,
            **({"__annotations__": {}} if annotated else {}),
            __builtins__=builtins,
        )
        namespace.update(self._names)
        return namespace

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if not self._ours:
            sys.modules["__main__"] = self._before
        elif error is not None:
            # The interpreter reports it, once the exception has left our frames.
            sys.excepthook = _Report(getattr(sys, "excepthook", None))


class _Report:
    """Takes our frames out of the traceback, then calls the program's excepthook."""

    _hook: Any

    def __init__(self, hook: Any) -> None:
        self._hook = hook._hook if isinstance(hook, _Report) else hook

    def __call__(
        self,
        kind: type[BaseException],
        error: BaseException,
        trace: TracebackType | None,
    ) -> None:
        hook = self._hook
        trace = _program_part(trace)
        error.__traceback__ = sys.last_traceback = trace
        if hook is None:
            del sys.excepthook
            _write("sys.excepthook is missing\n")
            sys.__excepthook__(kind, error, trace)
            return
        sys.excepthook = hook
        try:
            hook(kind, error, trace)
        except SystemExit:
            raise
        except BaseException as second:
            _write("Error in sys.excepthook:\n")
            rest = second.__traceback__ and second.__traceback__.tb_next
            sys.__excepthook__(type(second), second.with_traceback(rest), rest)
            _write("\nOriginal exception was:\n")
            sys.__excepthook__(kind, error, trace)


def _write(text: str) -> None:
    if sys.stderr is not None:
        sys.stderr.write(text)


def _program_part(trace: TracebackType | None) -> TracebackType | None:
    """Return what follows the last of our frames (all of it if none is ours)."""
    entry, found = trace, trace
    while entry is not None:
        if entry.tb_frame.f_code.co_filename == __file__:
            found = entry.tb_next
        entry = entry.tb_next
    return found
