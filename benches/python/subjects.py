"""What is compared: the standard library, ropewalk, and peers that are installed.

Promise: a missing subject is never an error. A module that ropewalk does not
replace yet, and a peer that is not installed, is simply not in the result.
"""

from __future__ import annotations

import importlib

from .case import AnyCase, Group, Module

STDLIB = "stdlib"
ROPEWALK = "ropewalk"


class Unbuilt(Exception):
    """ropewalk is there, but hands on the standard library."""


def load(group: Group) -> dict[str, Module]:
    """Import what is there, the standard library first."""
    found: dict[str, Module] = {STDLIB: importlib.import_module(group.stdlib)}
    if replaced(group):
        found[ROPEWALK] = importlib.import_module(group.ropewalk)
        _refuse_the_same(group, found[STDLIB], found[ROPEWALK])
        for name, loader in group.peers.items():
            try:
                found[name] = loader()
            except ImportError:
                continue
    return found


def missing(group: Group, found: dict[str, Module]) -> list[str]:
    """The peers of a group that are not installed."""
    return [name for name in group.peers if name not in found]


def replaced(group: Group) -> bool:
    """Whether ropewalk has this module; other import errors are passed on."""
    try:
        importlib.import_module(group.ropewalk)
    except ModuleNotFoundError as error:
        if error.name is not None and group.ropewalk.startswith(error.name):
            return False
        raise
    return True


def _refuse_the_same(group: Group, stdlib: Module, ropewalk: Module) -> None:
    if getattr(stdlib, group.ours) is getattr(ropewalk, group.ours):
        raise Unbuilt(
            f"{group.ropewalk}.{group.ours} is the standard library's own:"
            " the extension is not built for this Python (make build),"
            " or ropewalk is already installed in it"
        )


def load_installed(group: Group, subject: str) -> Module:
    """For a fresh interpreter: the standard library's name, ropewalk put in or not."""
    if subject in group.peers:
        return group.peers[subject]()
    module = importlib.import_module(group.stdlib)
    if subject == ROPEWALK:
        before = getattr(module, group.ours)
        importlib.import_module("ropewalk").install()
        if getattr(module, group.ours) is before:
            raise Unbuilt(f"install() did not replace {group.stdlib}.{group.ours}")
    return module


def takes_part(subject: str, case: AnyCase) -> bool:
    """Whether the subject can run the case."""
    return case.only is None or subject in case.only
