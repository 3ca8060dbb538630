"""One sample in a fresh interpreter: `benches.python.child GROUP CASE SUBJECT COUNT`.

Promise: nothing of ropewalk is imported for the standard library's sample; for
ropewalk's, it is installed as `python -m ropewalk` would, so that what acts on
the whole process (`Thread` keeps its class object) is measured as users have it.
Prints the figure, alone on the last line, and leaves without waiting for threads.
"""

from __future__ import annotations

import gc
import os
import sys

from .case import Gauge, Scenario
from .groups import named
from .subjects import load_installed


def main() -> None:
    """Take the sample that the command line names."""
    group_name, case_name, subject, count_text = sys.argv[1:]
    group = named(group_name)
    case = next(case for case in group.cases if case.name == case_name)
    count = int(count_text)
    module = load_installed(group, subject)
    gc.disable()
    if isinstance(case, Gauge):
        figure = case.run(module, count)
    elif isinstance(case, Scenario):
        case.run(module, case.quick)
        figure = case.run(module, count) * 1e9 / count
    else:
        raise TypeError("a statement is not measured in a child")
    sys.stdout.write(f"{figure}\n")
    sys.stdout.flush()
    os._exit(0)


if __name__ == "__main__":
    main()
