"""The table on the screen, the JSON file, and the same table as Markdown.

Promise: the JSON holds every round's sample, so that any other statistic can be
computed from it later.
"""

from __future__ import annotations

import json
from pathlib import Path

from .measure import Result
from .subjects import ROPEWALK, STDLIB

FORMAT = 1
"""Raised when a reader of older files would misread a new one."""


def header(results: list[Result]) -> list[str]:
    """The columns; a peer's column appears when one took part."""
    return [
        "case",
        "unit",
        STDLIB,
        ROPEWALK,
        "ratio",
        "min..max",
        "target",
        *(title for name in peers(results) for title in (name, f"{name} ratio")),
    ]


def peers(results: list[Result]) -> list[str]:
    """The names of the other packages that took part."""
    names = {name: None for result in results for name in result.samples}
    return [name for name in names if name not in (STDLIB, ROPEWALK)]


def row(result: Result, peer_names: list[str]) -> list[str]:
    """One case as text.

    A target is met when the ratio reaches it, missed when no round did, and else
    unclear: the noise of this run does not allow a verdict.
    """
    ratios = result.ratios()
    return [
        result.case.name,
        result.case.unit,
        _figure(result, STDLIB),
        _figure(result, ROPEWALK),
        _times(result.ratio()),
        f"{_short(min(ratios))}..{_short(max(ratios))}" if ratios else "",
        _target(result),
        *(
            cell
            for name in peer_names
            for cell in (_figure(result, name), _times(result.ratio(name)))
        ),
    ]


def notes(results: list[Result]) -> list[str]:
    """What a reader must know about single cases, failures included."""
    lines = [f"{r.case.name}: {r.case.note}" for r in results if r.case.note]
    lines += [
        f"{result.case.name}: {subject} failed: {failure}"
        for result in results
        for subject, failure in result.failures.items()
    ]
    return lines


def table(results: list[Result]) -> str:
    """Aligned columns, a block per group."""
    rows = [header(results)] + [row(r, peers(results)) for r in results]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = [_aligned(rows[0], widths)]
    for previous, result, cells in zip(
        [None, *results], results, rows[1:], strict=False
    ):
        if previous is None or previous.group is not result.group:
            lines.append(f"-- {result.group.name} ".ljust(sum(widths) + 16, "-"))
        lines.append(_aligned(cells, widths))
    return "\n".join([*lines, *(f"* {note}" for note in notes(results))])


def markdown(results: list[Result], facts: dict[str, object]) -> str:
    """The table for a reader of the repository, with what it was measured on."""
    columns = header(results)
    rule = ["---", "---"] + ["---:"] * (len(columns) - 2)
    rows = [columns, rule, *(row(r, peers(results)) for r in results)]
    lines = [f"- {name}: {_flat(value)}" for name, value in facts.items()]
    lines += ["", *(f"| {' | '.join(cells)} |" for cells in rows), ""]
    return "\n".join([*lines, *(f"- {note}" for note in notes(results))]) + "\n"


def as_json(results: list[Result], facts: dict[str, object]) -> str:
    """Everything, for programs; a line per case, for those who compare two files."""
    head = json.dumps({"format": FORMAT, **facts}, indent=1).removesuffix("\n}")
    lines = ",\n  ".join(json.dumps(_record(result)) for result in results)
    return f'{head},\n "results": [\n  {lines}\n ]\n}}\n'


def write(path: Path, results: list[Result], facts: dict[str, object]) -> None:
    """The JSON file, and a Markdown file of the same name beside it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(as_json(results, facts))
    path.with_suffix(".md").write_text(markdown(results, facts))


def _record(result: Result) -> dict[str, object]:
    return {
        "group": result.group.name,
        "case": result.case.name,
        "unit": result.case.unit,
        "target": result.case.target,
        "against": result.case.against,
        "ratio": _rounded(result.ratio()),
        "ratios": {s: _rounded(result.ratio(s)) for s in result.samples},
        "medians": {s: _rounded(result.figure(s)) for s in result.samples},
        "samples": {
            subject: [_rounded(value) for value in values]
            for subject, values in result.samples.items()
        },
        "failures": result.failures,
        "note": result.case.note,
    }


def _aligned(cells: list[str], widths: list[int]) -> str:
    left = [cell.ljust(width) for cell, width in zip(cells[:2], widths, strict=False)]
    right = [
        cell.rjust(width) for cell, width in zip(cells[2:], widths[2:], strict=False)
    ]
    return "  ".join(left + right).rstrip()


def _figure(result: Result, subject: str) -> str:
    figure = result.figure(subject)
    if figure is None:
        return "failed" if subject in result.failures else "-"
    return _short(figure)


def _times(ratio: float | None) -> str:
    return "-" if ratio is None else f"{_short(ratio)}x"


def _target(result: Result) -> str:
    target, against = result.case.target, result.case.against
    if target is None:
        return ""
    told = f"{target:g}x" if against == STDLIB else f"{target:g}x of {against}"
    ratio = result.ratio(against)
    if ratio is None:
        return told
    if ratio >= target:
        return f"{told} met"
    within_noise = max(result.ratios(against)) >= target
    return f"{told} {'unclear' if within_noise else 'missed'}"


def _short(value: float) -> str:
    if value >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if value >= 10 else f"{value:.2f}"


def _rounded(value: float | None) -> float | None:
    return None if value is None else float(f"{value:.5g}")


def _flat(value: object) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{name} {_flat(inner)}" for name, inner in value.items())
    if isinstance(value, list):
        return "; ".join(map(_flat, value)) or "none"
    return str(value)
