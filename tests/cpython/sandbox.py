"""A throw-away venv whose every interpreter has ropewalk installed, or none has.

Promise: the two kinds differ in one symbolic link only, so what a venv itself does
to a test cancels out. Children have it too, also with -I and -E or an emptied
environment, because a .pth file does it (not with -S).
"""

import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from tests.cpython.target import Target

_HERE = Path(__file__).resolve().parent


@dataclass(frozen=True)
class Sandbox:
    """A venv and the folder below which its test processes live."""

    folder: Path
    python: Path
    packages: Path
    ropewalk: bool

    def starts(self) -> tuple[int, list[str]]:
        """How many interpreters installed ropewalk, and the failures' messages."""
        try:
            lines = (self.packages / "starts.txt").read_text("utf-8").splitlines()
        except FileNotFoundError:
            return 0, []
        failed = [line for line in lines if line.startswith("failed")]
        return len(lines) - len(failed), failed


def make(target: Target, folder: Path, *, ropewalk: bool) -> Sandbox:
    """Create the venv; the caller removes `folder`."""
    venv = folder / "venv"
    subprocess.run(
        [target.python, "-m", "venv", "--without-pip", "--symlinks", str(venv)],
        check=True,
    )
    packages = venv / "lib" / f"python{target.minor}" / "site-packages"
    shutil.copy(_HERE / "start_up.py", packages / "ropewalk_judge_start_up.py")
    (packages / "zz_ropewalk_judge.pth").write_text("import ropewalk_judge_start_up\n")
    if ropewalk:
        if target.ropewalk is None:
            raise RuntimeError(f"ropewalk is not installed in {target.python}")
        (packages / "ropewalk").symlink_to(target.ropewalk, target_is_directory=True)
    python = venv / "bin" / "python"
    subprocess.run([str(python), "-c", "pass"], check=True)
    return Sandbox(folder, python, packages, ropewalk)
