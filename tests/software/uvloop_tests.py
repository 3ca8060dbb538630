"""uvloop's own tests of any event loop, with ropewalk's in place of asyncio's.

    python tests/software/uvloop_tests.py [words for pytest, such as -k udp]

uvloop runs one set of tests on its loop and on the standard library's; the second half
of them is taken from its source distribution and run on ours. Only `make deep` does
that: the tests are uvloop's, stay below target/, and want four minutes.

Promise: the status is 0 when all of them passed, or when they could not be had, which
is said with the reason.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
VERSION = "0.23.0"
MINOR = f"{sys.version_info.major}.{sys.version_info.minor}"
FOLDER = ROOT / "target" / f"uvloop-{VERSION}-tests-{MINOR}"
PYTHON = FOLDER / "venv" / "bin" / "python"

OF_UVLOOP_ALONE = ("cython", "fs_event", "libuv_api", "sourcecode")

PLUGIN = """
import ropewalk

ropewalk.install()

from uvloop import _testbase

_testbase.AIOTestCase.new_loop = lambda self: ropewalk.new_event_loop()
# It looks where the loop's class comes from.
_testbase.BaseTestCase.is_asyncio_loop = lambda self: self.implementation == "asyncio"
"""


class Missing(Exception):
    """What cannot be had."""


def call(*words: str | Path) -> None:
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        last = (done.stdout + done.stderr).strip().splitlines()[-1:]
        raise Missing(f"{' '.join(map(str, words))}: {' '.join(last)}")


def fetch() -> None:
    """Fill the folder, unless that was done to the end before."""
    if (FOLDER / "complete").exists():
        return
    shutil.rmtree(FOLDER, ignore_errors=True)
    call(sys.executable, "-m", "venv", FOLDER / "venv")
    pip = (PYTHON, "-m", "pip")
    tools = ("pytest", "pytest-timeout", "psutil", "aiohttp", "pyOpenSSL")
    call(*pip, "install", "--quiet", f"uvloop=={VERSION}", *tools)
    source = ("--no-deps", "--no-binary", "uvloop", f"uvloop=={VERSION}")
    call(*pip, "download", "--quiet", *source, "--dest", FOLDER)
    shutil.unpack_archive(FOLDER / f"uvloop-{VERSION}.tar.gz", FOLDER)
    (FOLDER / f"uvloop-{VERSION}" / "tests").rename(FOLDER / "tests")
    (FOLDER / "tests" / "conftest.py").write_text(PLUGIN, "utf-8")
    (FOLDER / "complete").touch()


def main() -> int:
    """The command."""
    spec = find_spec("ropewalk")
    if spec is None or not spec.submodule_search_locations:
        raise SystemExit("ropewalk is not installed in this Python: make build")
    try:
        fetch()
    except Missing as reason:
        print(f"skipped: uvloop's tests: {reason}")
        return 0
    link = FOLDER / "venv" / "lib" / f"python{MINOR}" / "site-packages" / "ropewalk"
    link.unlink(missing_ok=True)
    link.symlink_to(spec.submodule_search_locations[0], target_is_directory=True)
    words = [
        "-m",
        "pytest",
        "-q",
        "-s",
        "-W",
        "ignore",
        "-k",
        "AIO",
        "--timeout",
        "120",
    ]
    words += [f"--ignore=tests/test_{name}.py" for name in OF_UVLOOP_ALONE]
    command = [str(PYTHON), *words, "-c", "/dev/null", "--rootdir=.", "tests"]
    return subprocess.run([*command, *sys.argv[1:]], cwd=FOLDER, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
