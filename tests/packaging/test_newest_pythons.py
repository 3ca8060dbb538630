"""A Python that could not be fetched is fetched again when it is asked for again."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[2] / "scripts" / "newest_pythons.sh"
NO_SUCH_VERSION = "3.99"

_APT_GET = """#!/bin/sh
echo "$@" >>"$ASKED"
[ "$FAILS" != all ] && [ "$1" = install ] && echo "Inst some-package (1.0)" && exit 0
[ "$FAILS" != all ] && [ "$1" = update ] && exit 0
exit 100
"""


@pytest.mark.skipif(shutil.which("flock") is None, reason="a tool of Linux")
@pytest.mark.parametrize("fails", ["all", "download"])
def test_what_could_not_be_fetched_is_asked_for_again(
    tmp_path: Path, fails: str
) -> None:
    """Nothing is left that says it was there."""
    tools = tmp_path / "tools"
    tools.mkdir()
    for name, text in {
        "apt-get": _APT_GET,
        "patchelf": "#!/bin/sh\nexit 1\n",
        "dpkg-deb": "#!/bin/sh\nexit 1\n",
    }.items():
        (tools / name).write_text(text)
        (tools / name).chmod(0o755)
    asked = tmp_path / "asked"
    environment = {
        **os.environ,
        "PATH": f"{tools}:{os.environ['PATH']}",
        "XDG_CACHE_HOME": str(tmp_path / "cache"),
        "ASKED": str(asked),
        "FAILS": fails,
    }
    counts = []
    for _ in range(2):
        done = subprocess.run(
            ["bash", str(SCRIPT), NO_SUCH_VERSION],
            env=environment,
            capture_output=True,
            text=True,
            timeout=60,
        )
        assert (done.returncode, done.stdout) == (1, "")
        assert f"python{NO_SUCH_VERSION}: could not be had here" in done.stderr
        counts.append(len(asked.read_text().splitlines()))
    assert counts[1] == 2 * counts[0]
