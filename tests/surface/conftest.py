"""Spreads the surface tests over every replaced module and its public classes."""

import inspect
from dataclasses import dataclass
from types import ModuleType
from typing import Any

import pytest

from tests import implementations
from tests.surface.tables import FACES, Face


@dataclass(frozen=True)
class Module:
    """A replaced module beside its model."""

    name: str
    face: Face
    theirs: ModuleType
    ours: ModuleType


@dataclass(frozen=True)
class Class:
    """A public class, or what a factory makes, beside its model."""

    module: Module
    name: str

    @property
    def theirs(self) -> Any:
        return _class_of(getattr(self.module.theirs, self.name))

    @property
    def ours(self) -> Any:
        return _class_of(getattr(self.module.ours, self.name))

    def make(self, cls: Any) -> Any:
        """An instance of either class."""
        if self.name in self.module.face.factories:
            side = self.module.theirs if cls is self.theirs else self.module.ours
            return getattr(side, self.name)()
        return self.module.face.instances.get(self.name, lambda one: one())(cls)

    def allowed(self, names: frozenset[str]) -> set[str]:
        """The part of a table's names that speaks of this class."""
        start = f"{self.name}."
        return {n.removeprefix(start) for n in names if n.startswith(start)}


def _class_of(factory: Any) -> Any:
    return factory if inspect.isclass(factory) else type(factory())


def _modules() -> list[Module]:
    found = []
    for name, face in FACES.items():
        both = list(implementations.both(name).values())
        found.append(Module(name, face, both[0], both[-1]))
    return found


def _same(module: Module, name: str) -> bool:
    """Handed on: nothing to compare. The standard library alone looks at everything."""
    same = getattr(module.ours, name) is getattr(module.theirs, name)
    return same and not implementations.STDLIB_ONLY


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """`module`: each replaced module; `pair`: each public class of each."""
    if "module" in metafunc.fixturenames:
        found = _modules()
        metafunc.parametrize("module", found, ids=[m.name for m in found])
    if "pair" in metafunc.fixturenames:
        pairs = [
            Class(module, name)
            for module in _modules()
            for name in dict.fromkeys([*module.theirs.__all__, *module.face.factories])
            if name in module.face.factories
            or (
                inspect.isclass(getattr(module.theirs, name))
                and not _same(module, name)
            )
        ]
        ids = [f"{pair.module.name}.{pair.name}" for pair in pairs]
        metafunc.parametrize("pair", pairs, ids=ids)
