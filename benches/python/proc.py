"""What the kernel says about this process (Linux)."""

from __future__ import annotations

from pathlib import Path


def resident_kib() -> float:
    """Resident memory."""
    return _status("VmRSS")


def thread_count() -> float:
    """Operating-system threads, Python's and others."""
    return _status("Threads")


def _status(name: str) -> float:
    for line in Path("/proc/self/status").read_text().splitlines():
        key, _, value = line.partition(":")
        if key == name:
            return float(value.split()[0])
    raise LookupError(name)
