"""Which children and which descriptors this process has."""

import contextlib
import os
from pathlib import Path


def children() -> set[str]:
    """The children of this process, dead or alive; other tests may have left some."""
    found: set[str] = set()
    for entry in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):
            status = (entry / "stat").read_text("utf-8", "replace")
            if int(status.rpartition(")")[2].split()[1]) == os.getpid():
                found.add(entry.name)
    return found


def open_descriptors() -> set[str]:
    """What this process has open: numbers with what they are."""
    found = {}
    for name in os.listdir("/proc/self/fd"):
        try:
            found[name] = os.readlink(f"/proc/self/fd/{name}")
        except FileNotFoundError:
            continue
    return {f"{name} {target}" for name, target in found.items()}
