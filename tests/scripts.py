"""Programs that a test runs in a process of their own, for either implementation."""

import contextlib
import os
import signal
import subprocess
import sys
import textwrap
from types import ModuleType

from tests.threads import wait_until_asleep

# What each script begins with.
_HEAD = """
import os, signal, sys, threading, time
import faulthandler
faulthandler.enable()
sys.path.insert(0, {root!r})
from tests.threads import Background, sleeps, wait_until
sys.path.pop(0)
{begin}
def say(*words):
    sys.stdout.write(" ".join(map(str, words)) + "\\n")
    sys.stdout.flush()
"""
# How it gets its implementation: threading as a whole, because a thread that starts
# and ends uses more of the module than a program sees.
_BEGIN = {
    "threading": "",
    "ropewalk.threading": "import ropewalk; ropewalk.install('threading')",
}
_ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
_WATCHDOG_SECONDS = 20


class Script:
    """A running script; its output and status are read once."""

    def __init__(self, impl: ModuleType, text: str, *options: str) -> None:
        begin = _BEGIN.get(impl.__name__, f"import {impl.__name__} as queue")
        head = _HEAD.format(root=_ROOT, begin=begin)
        self.process = subprocess.Popen(
            [sys.executable, *options, "-c", head + textwrap.dedent(text)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
            # A runner in the background may have SIGINT ignored, and so its children.
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
        )

    def read_line(self) -> str:
        """The next line of output."""
        assert self.process.stdout is not None
        # Not readline(), which may take more, and that would be lost to `end`.
        line = b""
        while not line.endswith(b"\n"):
            read = os.read(self.process.stdout.fileno(), 1)
            if not read:
                break
            line += read
        return line.decode().rstrip("\n")

    def signal_in_its_sleep(self, number: signal.Signals) -> None:
        """Send a signal once the main thread has said "waiting", and waits."""
        assert self.read_line() == "waiting"
        wait_until_asleep(self.process.pid)
        self.process.send_signal(number)

    def end_well(self) -> list[str]:
        """The rest of the output of a script that has to end well and silently."""
        status, out, err = self.end()
        assert (status, err) == (0, ""), f"status {status}\n{out}\n{err}"
        return out.splitlines()

    def end(self) -> tuple[int, str, str]:
        """Status, the rest of the output, and what was written to stderr."""
        try:
            out, err = self.process.communicate(timeout=_WATCHDOG_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.send_signal(signal.SIGABRT)
            out, err = self.process.communicate()
            raise AssertionError(f"the script hangs; {out}\n{err}") from None
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.process.pid, signal.SIGKILL)
        return self.process.returncode, out, err


def run(impl: ModuleType, text: str, *options: str) -> str:
    """The output of a script that has to end well and silently."""
    status, out, err = Script(impl, text, *options).end()
    assert (status, err) == (0, ""), f"status {status}\n{out}\n{err}"
    return out
