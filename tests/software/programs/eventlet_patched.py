"""eventlet, which makes greenlets of threads: everything that waits lets others run."""

from __future__ import annotations

import warnings
from typing import Any


def run(_factory: Any) -> None:
    """The program."""
    from tests.software.programs.gevent_patched import greenlets_wait

    warnings.simplefilter("ignore")  # eventlet says that it is deprecated
    import eventlet

    eventlet.monkey_patch()
    greenlets_wait()
