"""Runs first in every interpreter of a sandbox, through its .pth file.

Promise: where a `ropewalk` package lies beside this file it is installed, or the
failure is written down; otherwise nothing happens. Imports nothing else, because
some tests look at what a bare start has imported.
"""

import os

_HERE = os.path.dirname(os.path.abspath(__file__))


def _note(line: str) -> None:
    """Append to the sandbox's list of starts; a full or closed world is no matter."""
    flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC
    try:
        descriptor = os.open(os.path.join(_HERE, "starts.txt"), flags, 0o666)
    except OSError:
        return
    try:
        os.write(descriptor, line.encode("utf-8", "replace"))
    finally:
        os.close(descriptor)


def start() -> None:
    """Install ropewalk when this sandbox has one."""
    if not os.path.isdir(os.path.join(_HERE, "ropewalk")):
        return
    try:
        import ropewalk

        ropewalk.install()
    except BaseException as error:
        _note(f"failed {os.getpid()} {type(error).__name__}: {error}\n")
    else:
        _note(f"installed {os.getpid()}\n")


start()
