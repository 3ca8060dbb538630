"""The runner itself: nothing that a test does to its process goes uncounted."""

import importlib.util
import os
import signal
import subprocess
import sys
import textwrap
import threading
from dataclasses import replace
from pathlib import Path

import pytest

from tests.cpython import baseline, ledger, leftovers, main, report, sandbox, target
from tests.cpython.ledger import Entry
from tests.cpython.supervisor import (
    EXIT_ID,
    Limits,
    ModuleResult,
    ModuleRun,
    Order,
    Outcome,
)
from tests.cpython.tables import GROUPS
from tests.threads import wait_until

_LIMITS = Limits(test=1.5, exit=1.5, deaths=5)
_HEAD = "import os, signal, subprocess, sys, threading, time, unittest\n"
_RUNNER = Path(__file__).resolve().with_name("run.py")


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> sandbox.Sandbox:
    found = target.ask(sys.executable, [])
    return sandbox.make(found, tmp_path_factory.mktemp("sandbox"), ropewalk=False)


def _run(place: sandbox.Sandbox, name: str, text: str) -> dict[str, str]:
    """What became of the tests of a module of that text: short id -> kind."""
    file = place.packages / f"{name}.py"
    file.write_text(_HEAD + textwrap.dedent(text), "utf-8")
    result = ModuleRun(place, Order("queue", name), _LIMITS, threading.Event()).run()
    return {test.removeprefix(name): one.kind for test, one in result.outcomes.items()}


def test_every_ordinary_outcome(place: sandbox.Sandbox) -> None:
    kinds = _run(
        place,
        "ordinary",
        """
        class T(unittest.TestCase):
            def test_pass(self): pass
            def test_fail(self): self.fail()
            def test_error(self): raise LookupError
            def test_skip(self): self.skipTest("no")
            @unittest.skip("no")
            def test_skip_mark(self): pass
            @unittest.expectedFailure
            def test_expected(self): self.fail()
            @unittest.expectedFailure
            def test_unexpected(self): pass
            def test_subtests(self):
                for number in range(3):
                    with self.subTest(number):
                        self.assertNotEqual(number, 1)
        """,
    )
    assert kinds == {
        ".T.test_pass": "pass",
        ".T.test_fail": "fail",
        ".T.test_error": "error",
        ".T.test_skip": "skip",
        ".T.test_skip_mark": "skip",
        ".T.test_expected": "pass",
        ".T.test_unexpected": "fail",
        ".T.test_subtests": "fail",
        EXIT_ID: "pass",
    }


def test_a_hang_and_a_crash_cost_one_test_each(place: sandbox.Sandbox) -> None:
    kinds = _run(
        place,
        "deadly",
        """
        class T(unittest.TestCase):
            def test_1(self): pass
            def test_2_hang(self): threading.Event().wait()
            def test_3(self): pass
            def test_4_crash(self): os.kill(os.getpid(), signal.SIGSEGV)
            def test_5(self): pass
            def test_6_exit(self): os._exit(0)
            def test_7_abort(self): raise KeyboardInterrupt
            def test_8(self): pass
        """,
    )
    assert kinds == {
        ".T.test_1": "pass",
        ".T.test_2_hang": "hang",
        ".T.test_3": "pass",
        ".T.test_4_crash": "crash",
        ".T.test_5": "pass",
        ".T.test_6_exit": "crash",
        ".T.test_7_abort": "error",
        ".T.test_8": "pass",
        EXIT_ID: "pass",
    }


@pytest.mark.parametrize(
    ("name", "last", "kind"),
    [
        (
            "hanging_exit",
            "threading.Thread(target=time.sleep, args=[99]).start()",
            "hang",
        ),
        ("bad_exit", "import atexit; atexit.register(os._exit, 3)", "crash"),
    ],
)
def test_the_interpreters_exit_counts(
    place: sandbox.Sandbox, name: str, last: str, kind: str
) -> None:
    kinds = _run(
        place, name, f"class T(unittest.TestCase):\n    def test(self): {last}\n"
    )
    assert kinds == {".T.test": "pass", EXIT_ID: kind}


def test_a_forked_child_that_runs_on_is_not_counted(place: sandbox.Sandbox) -> None:
    kinds = _run(
        place,
        "forking",
        """
        class T(unittest.TestCase):
            def test_1(self):
                if child := os.fork():
                    os.waitpid(child, 0)
            def test_2(self): pass
        """,
    )
    assert kinds == {".T.test_1": "pass", ".T.test_2": "pass", EXIT_ID: "pass"}


def test_failing_fixtures_are_the_outcome_of_their_tests(
    place: sandbox.Sandbox,
) -> None:
    kinds = _run(
        place,
        "fixtures",
        """
        class Bad(unittest.TestCase):
            @classmethod
            def setUpClass(cls): raise LookupError
            def test_a(self): pass
            def test_b(self): pass
        class Good(unittest.TestCase):
            def test(self): pass
        """,
    )
    expected = {".Bad.test_a": "error", ".Bad.test_b": "error"}
    assert kinds == {**expected, ".Good.test": "pass", EXIT_ID: "pass"}


def test_modules_that_cannot_be_imported(place: sandbox.Sandbox) -> None:
    assert _run(place, "skipped", "raise unittest.SkipTest('no')") == {
        "": "skip",
        EXIT_ID: "pass",
    }
    assert _run(place, "broken", "raise LookupError") == {"": "error"}
    kinds = _run(place, "fatal", "os._exit(7)")
    assert kinds == {EXIT_ID: "crash"}


def test_nothing_of_a_test_runs_on(place: sandbox.Sandbox) -> None:
    """Not even a process that made itself a session of its own."""
    note = place.folder / "left.txt"
    _run(
        place,
        "leaving",
        f"""
        class T(unittest.TestCase):
            def test(self):
                left = subprocess.Popen(
                    [sys.executable, "-c", "import time; time.sleep(1000)"],
                    start_new_session=True,
                )
                open({str(note)!r}, "w").write(str(left.pid))
                left.returncode = 0
        """,
    )
    process = Path("/proc", note.read_text("ascii"), "status")

    def gone() -> bool:
        try:
            return "zombie" in process.read_text("ascii")
        except OSError:
            return True

    wait_until(gone, "the end of what the test left behind")
    assert leftovers.end_all(place.folder) == 0


def _result(**kinds: str) -> dict[str, ModuleResult]:
    order = Order("queue", "test.test_queue")
    outcomes = {f"test.test_queue.{n}": Outcome(kind) for n, kind in kinds.items()}
    return {order.module: ModuleResult(order, outcomes)}


def _proved(results: dict[str, ModuleResult], *, ours: bool) -> dict[str, ModuleResult]:
    group = GROUPS["queue"]
    held = [e for _, e in group.held["test.test_queue"]]
    for result in results.values():
        result.proofs.append(
            {
                "must": dict.fromkeys(group.must, (True, "here")),
                "held": dict.fromkeys(held, (True, "here")),
            }
        )
        if not ours:
            result.proofs.append({"must": {group.must[0]: (False, "x")}, "held": {}})
    return results


def test_what_is_handed_on_by_later_pythons_proves_nothing_there() -> None:
    group = replace(GROUPS["queue"], handed_on={"queue.Queue.put": 14})
    assert group.must_on("3.13") == group.must
    assert {*group.must} - {*group.must_on("3.14")} == {"queue.Queue.put"}


def test_the_books_of_a_comparison() -> None:
    base = _result(A="pass", B="pass", C="pass", D="skip", E="fail", F="pass")
    ours = _proved(
        _result(A="pass", B="fail", C="skip", D="skip", E="fail", F="hang"), ours=True
    )
    listed = [Entry("test.test_queue.F", ("3.11",), "reason", "#1")]
    said = report.compare(base, ours, listed, "3.11", {"test.test_queue"})
    assert said.total() == "1 passed, 2 failed, 2 skipped"
    assert sorted(said.regressions) == ["test.test_queue.B", "test.test_queue.C"]
    assert not said.stale
    assert not said.good


def test_a_test_that_is_missing_is_a_regression() -> None:
    ours = _proved(_result(A="pass"), ours=True)
    said = report.compare(_result(A="pass", B="pass"), ours, [], "3.11", set())
    assert said.total() == "1 passed, 1 failed, 0 skipped"


@pytest.mark.parametrize("proofs", ["none", "once not ours"])
def test_a_group_without_proof_is_refused(proofs: str) -> None:
    ours = _result(A="pass")
    if proofs != "none":
        _proved(ours, ours=False)
    said = report.compare(_result(A="pass"), ours, [], "3.11", set())
    assert said.groups[0].not_ours
    assert said.total() == "0 passed, 1 failed, 0 skipped"
    assert not said.good
    assert any(line.startswith("REFUSED queue") for line in report.tell(said, 1, []))


def test_passes_on_cpythons_own_objects_do_not_count() -> None:
    kinds = {"CQueueTest.test": "pass", "Other.test": "pass"}
    ours = _proved(_result(**kinds), ours=True)
    ours["test.test_queue"].proofs[0]["held"]["c_queue.Queue.put"] = (False, "x")
    said = report.compare(_result(**kinds), ours, [], "3.11", set())
    assert [o.kind for o in said.regressions.values()] == ["stock"]


def test_stale_entries_of_the_ledger() -> None:
    kinds = {"test.m.A.x": "pass", "test.m.A.y": "fail", "test.m.B.x": "pass"}

    def stale(pattern: str, python: str = "3.11") -> list[str]:
        entry = Entry(pattern, (python,), "reason", "#1")
        return [why for _, why in ledger.stale([entry], "3.11", kinds, {"test.m"})]

    assert stale("test.m.A.x") == ["passes now"]
    assert stale("test.m.A.*") == []
    assert stale("test.m.B.*") == ["passes now"]
    assert stale("test.m.C.*") == ["names no test"]
    assert stale("test.other.C") == []
    assert stale("test.m.A.x", "3.12") == []


def test_the_ledger_is_whole() -> None:
    for entry in ledger.read():
        assert entry.test.startswith(("test.", "unittest."))


def test_a_ledger_entry_needs_every_field(tmp_path: Path) -> None:
    file = tmp_path / "ledger.toml"
    file.write_text('[[skip]]\ntest = "x"\npython = ["3.11"]\nreason = "y"\n')
    with pytest.raises(ValueError, match="skip 1: no 'issue'"):
        ledger.read(file)


def test_a_remembered_baseline_comes_back(tmp_path: Path) -> None:
    found = target.ask(sys.executable, [])
    store = baseline.Store(tmp_path, found)
    good = _result(A="pass", B="fail")["test.test_queue"]
    store.save(good)
    again = store.load(good.order)
    assert again is not None
    assert again.outcomes == good.outcomes
    bad = ModuleResult(Order("queue", "test.other"), {"x": Outcome("crash")})
    store.save(bad)
    assert store.load(bad.order) is None


def test_of_a_skip_the_standard_library_is_asked_alone() -> None:
    ours = _proved(_result(A="pass", B="skip"), ours=True)["test.test_queue"]
    ours.outcomes[f"test.test_queue{EXIT_ID}"] = Outcome("pass")
    known = main.not_in_doubt(ours)
    assert {name: one.kind for name, one in known.items()} == {
        "test.test_queue.A": "pass"
    }


@pytest.mark.parametrize("kind", ["fail", "error", "hang", "crash", "lost"])
def test_after_a_failure_the_whole_module_is_in_doubt(kind: str) -> None:
    ours = _proved(_result(A="pass", B=kind), ours=True)["test.test_queue"]
    assert main.not_in_doubt(ours) == {}


def test_passes_on_cpythons_own_objects_are_in_doubt() -> None:
    ours = _proved(_result(**{"CQueueTest.test": "pass"}), ours=True)["test.test_queue"]
    ours.proofs[0]["held"]["c_queue.Queue.put"] = (False, "x")
    assert main.not_in_doubt(ours) == {}


def test_what_is_known_is_not_run(place: sandbox.Sandbox) -> None:
    """Yet a test that only the standard library has comes to light."""
    file = place.packages / "half_known.py"
    file.write_text(
        _HEAD + "class T(unittest.TestCase):\n"
        "    def test_1(self): os._exit(1)\n"
        "    def test_2(self): pass\n"
    )
    order = Order("queue", "half_known")
    known = {"half_known.T.test_1": Outcome("pass")}
    result = ModuleRun(place, order, _LIMITS, threading.Event(), known).run()
    assert {name: one.kind for name, one in result.outcomes.items()} == {
        "half_known.T.test_1": "pass",
        "half_known.T.test_2": "pass",
        f"half_known{EXIT_ID}": "pass",
    }


def test_a_wrong_interpreter_is_named() -> None:
    ended = subprocess.run(
        [sys.executable, str(_RUNNER), "--python", "/no/such/python"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 2
    assert "cannot start /no/such/python" in ended.stderr


def test_an_interpreter_without_tests_is_a_failure_unless_allowed(
    tmp_path: Path,
) -> None:
    """Made by hiding the test package of this one."""
    python = tmp_path / "python"
    python.write_text(
        f"#!{sys.executable}\nimport importlib.util, sys\n"
        "hidden_find = importlib.util.find_spec\n"
        "importlib.util.find_spec = "
        "lambda n: None if n.startswith('test') else hidden_find(n)\n"
        "program = sys.argv[2]\ndel sys.argv[1:3]\nexec(program)\n"
    )
    os.chmod(python, 0o755)
    command = [sys.executable, str(_RUNNER), "--python", str(python)]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    assert ended.returncode == 2
    assert "apt-get install libpython3." in ended.stderr
    allowed = [*command, "--allow-missing"]
    assert subprocess.run(allowed, capture_output=True, check=False).returncode == 0


@pytest.mark.skipif(
    importlib.util.find_spec("test.test_queue") is None,
    reason="this interpreter has no test package",
)
def test_ctrl_c_leaves_nothing_behind(tmp_path: Path) -> None:
    """Neither a process nor the run's folder."""
    ended = subprocess.Popen(
        [
            sys.executable,
            str(_RUNNER),
            "--stdlib",
            "--fresh",
            "--module",
            "test.test_queue",
        ],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "TMPDIR": str(tmp_path)},
        start_new_session=True,
    )
    wait_until(lambda: list(tmp_path.glob("*/stdlib/runs/*/0/journal.jsonl")))
    ended.send_signal(signal.SIGINT)
    _, errors = ended.communicate(timeout=20)
    assert (ended.returncode, "stopped" in errors) == (130, True), errors
    assert list(tmp_path.iterdir()) == []
    assert leftovers.end_all(tmp_path) == 0
