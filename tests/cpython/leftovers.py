"""Ends processes that a test left behind, even those that changed their session.

Promise: only a process that shows the run's own folder (a fresh random name) in its
command line, environment or working directory is ended.
"""

import contextlib
import os
import signal
from pathlib import Path


def _shows(process: Path, folder: bytes) -> bool:
    for name in ("cmdline", "environ"):
        with contextlib.suppress(OSError):
            if folder in (process / name).read_bytes():
                return True
    with contextlib.suppress(OSError):
        return os.fsencode(os.readlink(process / "cwd")).startswith(folder)
    return False


def end_all(folder: Path) -> int:
    """SIGKILL every process that shows `folder`; says how many there were."""
    ended = 0
    mark = os.fsencode(str(folder))
    for process in Path("/proc").glob("[0-9]*"):
        number = int(process.name)
        if number != os.getpid() and _shows(process, mark):
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.kill(number, signal.SIGKILL)
                ended += 1
    return ended


def end_session(leader: int) -> None:
    """SIGKILL the process group that a child leads."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(leader, signal.SIGKILL)
