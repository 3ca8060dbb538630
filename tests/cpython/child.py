"""One test module in one process: `python child.py ORDER.json`.

Promise: the plan (every test id) is written before the first test runs; ends with
status 0 unless the process itself is broken.
"""

import faulthandler
import fnmatch
import importlib
import json
import sys
import traceback
import unittest
from pathlib import Path
from typing import Any

_ROOT = str(Path(__file__).resolve().parents[2])


def _collect(suite: Any, found: dict[str, unittest.TestCase]) -> None:
    """Every test of a suite under its id; a repeated id gets a number."""
    if isinstance(suite, unittest.BaseTestSuite):
        for part in suite:
            _collect(part, found)
        return
    name, count = suite.id(), 1
    while name in found:
        count += 1
        name = f"{suite.id()}#{count}"
    found[name] = suite


def _prepare(resources: list[str]) -> None:
    faulthandler.enable()
    support: Any = importlib.import_module("test.support")
    support.verbose = 0
    support.use_resources = resources


def main() -> int:
    """Run what the order says."""
    # The project's folder is on the path for these imports only.
    sys.path[0] = _ROOT
    from tests.cpython import proof
    from tests.cpython.recorder import Journal, Recorder

    del sys.path[0]

    order = json.loads(Path(sys.argv[1]).read_text("utf-8"))
    journal = Journal(order["journal"])

    def prove(names: dict[str, Any] | None) -> None:
        must = {e: proof.verdict(e) for e in order["must"]}
        held = {e: proof.verdict(e, names) for e in order["held"]} if names else {}
        journal.write("proof", must=must, held=held)

    _prepare(order["resources"])
    name = order["module"]
    try:
        module = importlib.import_module(name)
        suite = unittest.defaultTestLoader.loadTestsFromModule(module)
    except unittest.SkipTest as reason:
        journal.write("module", outcome="skip", note=str(reason))
        journal.write("done")
        return 0
    except BaseException as error:
        traceback.print_exc()
        note = f"{type(error).__name__}: {error}"
        journal.write("module", outcome="error", note=note)
        journal.write("done")
        return 1

    found: dict[str, unittest.TestCase] = {}
    _collect(suite, found)
    planned = {
        test_id: test
        for test_id, test in found.items()
        if (order["only"] is None or test_id in order["only"])
        and not any(fnmatch.fnmatchcase(test_id, p) for p in order["drop"])
    }
    journal.write("plan", ids=list(planned))
    prove(vars(module))
    recorder = Recorder(journal, {id(test): name for name, test in planned.items()})
    rest = [test for name, test in planned.items() if name not in order["finished"]]
    try:
        unittest.TestSuite(rest).run(recorder)
    except BaseException as error:
        traceback.print_exc()
        note = f"{type(error).__name__}: {error}"
        journal.write("abort", id=recorder.running, note=note)
        return 1
    prove(vars(module))
    journal.write("done")
    return 0


if __name__ == "__main__":
    STATUS = main()
    sys.stdout.flush()
    sys.stderr.flush()
    sys.exit(STATUS)
