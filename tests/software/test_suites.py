"""What suites.py takes for a regression."""

from collections.abc import Collection

import pytest

from tests.software import suites
from tests.software.suite_places import Suite
from tests.software.suite_runs import AFTER, Run

SUITE = Suite(name="x", version="1", seconds=1, ways=("environment",))
BASE = Run({"a.py::one": "passed", "a.py::two": "passed", "b.py::three": "passed"})


def judged(
    monkeypatch: pytest.MonkeyPatch, first: Run, again: dict[str, list[set[str]]]
) -> tuple[list[str], list[set[str]]]:
    """The regressions, and what was run again; `again` says what fails then."""
    asked: list[set[str]] = []

    def play(_suite: Suite, way: str, only: Collection[str] = ()) -> Run:
        asked.append(set(only))
        bad = again[way].pop(0)
        names = only or {*BASE.outcomes, AFTER}
        return Run({n: "failed" if n in bad else "passed" for n in names})

    monkeypatch.setattr(suites, "play", play)
    return suites.regressions(SUITE, "environment", BASE, first), asked


def run(**bad: str) -> Run:
    return Run(
        {**BASE.outcomes, **{k.replace("__", ".py::"): v for k, v in bad.items()}}
    )


def test_one_that_fails_again_in_its_file_is_a_regression(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    bad = {"a.py::one"}
    again = {"environment": [bad, bad], "plain": [set[str]()]}
    found, asked = judged(monkeypatch, run(a__one="failed"), again)
    assert found == ["a.py::one"]
    assert asked == [{"a.py::one", "a.py::two"}] * 3


@pytest.mark.parametrize("time", [0, 1])
def test_one_that_passes_in_its_file_is_flaky(
    monkeypatch: pytest.MonkeyPatch, time: int
) -> None:
    bad = [{"a.py::one"}] * time
    again = {"environment": [*bad, set[str]()], "plain": [set[str]()]}
    assert judged(monkeypatch, run(a__one="hung"), again)[0] == []


def test_one_that_fails_beside_the_same_on_plain_python_is_flaky(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    bad = {"a.py::one"}
    again = {"environment": [bad, bad], "plain": [bad]}
    assert judged(monkeypatch, run(a__one="failed"), again)[0] == []


def test_a_death_after_the_last_test_runs_all_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    first = Run({**BASE.outcomes, AFTER: "died"})
    again = {"environment": [{AFTER}, {AFTER}], "plain": [set[str]()]}
    found, asked = judged(monkeypatch, first, again)
    assert found == [AFTER]
    assert asked == [set()] * 3


def test_one_that_is_missing_or_skipped_is_a_regression(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    first = Run({"a.py::one": "skipped", "a.py::two": "passed"})
    assert judged(monkeypatch, first, {})[0] == ["b.py::three", "a.py::one"]
