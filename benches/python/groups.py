"""Finds the groups: every `group_*.py` beside this file."""

from __future__ import annotations

import importlib
from pathlib import Path

from .case import AnyCase, Group


def all_groups() -> list[Group]:
    """Every group, by name."""
    files = Path(__file__).parent.glob("group_*.py")
    return [named(path.stem.removeprefix("group_")) for path in sorted(files)]


def named(name: str) -> Group:
    """The group of one file."""
    module = importlib.import_module(f"{__package__}.group_{name}")
    group: Group = module.GROUP
    return group


def chosen(words: list[str]) -> list[tuple[Group, list[AnyCase]]]:
    """The groups and cases that the words name: a group, or a part of a case's name.

    Raises ValueError for a word that names nothing.
    """
    groups = all_groups()
    names = {group.name for group in groups}
    for word in words:
        if not any(_matches(word, g, c, names) for g in groups for c in g.cases):
            raise ValueError(
                f"'{word}' is neither a group ({', '.join(sorted(names))}) nor part"
                " of a case's name; --list shows all"
            )
    picked = []
    for group in groups:
        cases = [
            case
            for case in group.cases
            if not words or any(_matches(word, group, case, names) for word in words)
        ]
        if cases:
            picked.append((group, cases))
    return picked


def _matches(word: str, group: Group, case: AnyCase, names: set[str]) -> bool:
    if word in names:
        return word == group.name
    return word.lower() in f"{group.name}: {case.name}".lower()
