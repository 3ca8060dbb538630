"""Runs one scenario in this process; the seed decides everything that chance may.

Promise: a hang ends with every thread's stack on stderr and a status that is not 0.
"""

import argparse
import faulthandler
import importlib
import random
import sys
from types import ModuleType, SimpleNamespace
from typing import Any

HANG_SECONDS = 30


def load(name: str) -> ModuleType:
    """A scenario's module."""
    return importlib.import_module(f"tests.stress.scenarios.{name}")


def implementation(scenario: ModuleType, impl: str) -> Any:
    """The module that a scenario is about: queue, unless it says another MODULE.

    threading and asyncio are installed as a whole: their parts use each other by
    name, and threads and loops that others make are ours too. "*" means all of them.
    """
    name = getattr(scenario, "MODULE", "queue")
    if name == "*":
        return _everything(impl)
    if impl == "stdlib":
        return importlib.import_module(name)
    if name in ("threading", "asyncio"):
        importlib.import_module("ropewalk").install(name)
        return importlib.import_module(name)
    return importlib.import_module(f"ropewalk.{name}")


def _everything(impl: str) -> SimpleNamespace:
    """All that ropewalk replaces, at once."""
    if impl != "stdlib":
        importlib.import_module("ropewalk").install()
    names = {
        "asyncio": "asyncio",
        "futures": "concurrent.futures",
        "queue": "queue",
        "threading": "threading",
    }
    modules = {key: importlib.import_module(name) for key, name in names.items()}
    return SimpleNamespace(**modules)


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(prog="python -m tests.stress.scenario")
    parser.add_argument("name")
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--impl", choices=["ropewalk", "stdlib"], default="ropewalk")
    options = parser.parse_args()
    faulthandler.enable()
    faulthandler.dump_traceback_later(HANG_SECONDS, exit=True)
    # Change threads more often than usual: more interleavings in less time.
    sys.setswitchinterval(1e-4)
    scenario = load(options.name)
    module = implementation(scenario, options.impl)
    scenario.run(module, random.Random(options.seed))


if __name__ == "__main__":
    main()
