"""``python -m ropewalk``: its command line.

Promise: what is wrong with the command line itself is one line on stderr that says
what to do, and exit status 2 (1 for a module that is not there, as ``python``).
"""

from __future__ import annotations

import os
import sys

from ropewalk import _engine, _install, _program, _table

HELP = f"""\
usage: python -m ropewalk [--only NAMES] PROGRAM [ARGUMENT ...]

Runs an unchanged Python program on ropewalk's concurrency modules.

PROGRAM is one of
  program.py   a file, or a directory or zip file with __main__.py; - is stdin
  -m MODULE    a module, as python -m runs it (pytest, cProfile, coverage ...)
  -c CODE      the program itself

options
  --only NAMES   replace these modules only, parted by commas;
                 all that there are: {", ".join(sorted(_table.REPLACED))}
  --version      print ropewalk's version
  --help         print this

Python processes that the program starts run on ropewalk too: they find ROPEWALK=1 in
their environment.
"""


def main() -> None:
    """Do what sys.argv says, in the place of the module ropewalk.__main__."""
    # The directory that `python -m` put in front is not the program's. It goes now,
    # so that no file there is imported in the place of a standard module.
    if not sys.flags.safe_path and sys.path[:1] in ([""], [_program.directory()]):
        del sys.path[0]
    try:
        _run(sys.argv[1:])
    except _program.CannotRun as problem:
        text, status = problem.args
    else:
        return
    _say(text)
    sys.exit(status)


def _run(words: list[str]) -> None:
    only: str | None = None
    while words and words[0].startswith("-") and words[0] != "-":
        word = words.pop(0)
        option, equals, value = word.partition("=")
        if option == "--only":
            if not equals:
                value = _value_of(word, words, "the names of modules")
            only = value if only is None else f"{only},{value}"
        elif word in ("--help", "-h"):
            print(HELP, end="")
            return
        elif word in ("--version", "-V"):
            print(f"ropewalk {_engine.version()}")
            return
        elif word.startswith(("-m", "-c")):
            value = word[2:] or _value_of(word, words, "an argument")
            _set_up(only)
            run = _program.run_module if word[1] == "m" else _program.run_code
            run(value, words)
            return
        elif word == "--":
            break
        else:
            raise _program.CannotRun(
                f"unknown option {word}; see: python -m ropewalk --help", 2
            )
    if not words:
        raise _program.CannotRun(
            "no program was given; try: python -m ropewalk program.py (or --help)", 2
        )
    program, *arguments = words
    _set_up(only)
    if program == "-":
        _program.run_stdin(arguments)
    else:
        _program.run_file(program, arguments)


def _value_of(option: str, words: list[str], what: str) -> str:
    if not words:
        raise _program.CannotRun(
            f"{option} needs {what}; see: python -m ropewalk --help", 2
        )
    return words.pop(0)


def _set_up(only: str | None) -> None:
    """Install for this process and, through the environment, for its children."""
    try:
        names = _table.chosen(only)
        if _engine.load() is None:
            _say(_engine.why_not())
            return
        late = _install.begin(names, choose_again=True)
    except (_table.UnknownModule, _install.AlreadyInstalled) as error:
        raise _program.CannotRun(f"--only: {error}", 2) from None
    if late:
        _say(f"these modules keep the standard library's classes: {', '.join(late)}")
    os.environ[_install.SWITCH] = "1"
    os.environ.pop(_install.ONLY, None)
    if only is not None:
        os.environ[_install.ONLY] = ",".join(sorted(names))


def _say(text: str) -> None:
    if sys.stderr is not None:
        print(f"ropewalk: {text}", file=sys.stderr)
