"""Each replaced module offers the standard library's names, and says whose they are."""

import ast
import inspect
import re
import sys
import typing
from pathlib import Path

import pytest
import ropewalk

from tests import implementations
from tests.scripts import run
from tests.surface.conftest import Module

_TESTS = Path(__file__).resolve().parents[1]
_COMPAT = _TESTS.parent / "docs" / "compat.md"

needs_ropewalk = pytest.mark.skipif(
    implementations.STDLIB_ONLY, reason="speaks of ropewalk only"
)


@needs_ropewalk
def test_all_is_the_standard_librarys_and_the_back_ports(module: Module) -> None:
    back_ports = {name for name in module.face.back_ports if "." not in name}
    expected = {*module.theirs.__all__, *back_ports}
    assert set(module.ours.__all__) == expected
    assert len(module.ours.__all__) == len(expected)


def test_every_public_name_exists(module: Module) -> None:
    for name in module.ours.__all__:
        assert hasattr(module.ours, name), name


@needs_ropewalk
def test_every_name_is_ours_or_listed_as_handed_on(module: Module) -> None:
    same = {
        name
        for name in module.theirs.__all__
        if getattr(module.ours, name) is getattr(module.theirs, name)
    }
    assert same == module.face.handed_on


def test_the_module_has_a_docstring(module: Module) -> None:
    assert inspect.getdoc(module.ours)


def _told() -> set[str]:
    return set(re.findall(r"`([^`\n]+)`", _COMPAT.read_text("utf-8")))


@needs_ropewalk
def test_compat_lists_what_is_absent(module: Module) -> None:
    assert module.face.absent - _told() == set()


@needs_ropewalk
def test_compat_lists_what_is_handed_on(module: Module) -> None:
    told = _told()
    missing = {
        name
        for name in module.face.handed_on
        if not {name, f"{module.name}.{name}"} & told
    }
    assert not missing, f"docs/compat.md does not name {sorted(missing)}"


@needs_ropewalk
def test_compat_lists_what_is_not_copied(module: Module) -> None:
    told = _told()
    for name in module.face.uncopied:
        assert name.rpartition(".")[0] in told


def _tests_that_differ() -> set[str]:
    """The names of all parity tests that are marked `differs`."""
    found = set()
    for file in sorted((_TESTS / "parity").glob("test_*.py")):
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            if isinstance(node, ast.FunctionDef):
                marks = [ast.unparse(one) for one in node.decorator_list]
                if any(mark.startswith("pytest.mark.differs(") for mark in marks):
                    found.add(node.name)
    return found


@needs_ropewalk
def test_compat_names_the_test_of_each_difference() -> None:
    told = set(re.findall(r"`(test_\w+)`", _COMPAT.read_text("utf-8")))
    assert _tests_that_differ() == told


@needs_ropewalk
def test_put_into_a_fresh_module_gives_it_our_classes(module: Module) -> None:
    """In a process of its own, because it changes the standard library's module."""
    out = run(
        module.theirs,
        f"""
        import importlib
        ours = importlib.import_module("ropewalk.{module.name}")
        theirs = importlib.import_module({module.name!r})
        for _ in range(2):
            ours._put_into(theirs)
            for name in set(ours.__all__) - {set(module.face.left_alone)}:
                assert getattr(theirs, name) is getattr(ours, name), name
                if isinstance(getattr(ours, name), type):
                    said = getattr(ours, name).__module__
                    assert not said.startswith("ropewalk"), (name, said)
            assert set(theirs.__all__) == set(ours.__all__)
        say("done")
        """,
    )
    assert out == "done\n"


@needs_ropewalk
def test_importing_our_module_leaves_theirs_alone(module: Module) -> None:
    out = run(
        module.theirs,
        f"""
        import importlib
        theirs = importlib.import_module({module.name!r})
        before = dict(vars(theirs))
        importlib.import_module("ropewalk.{module.name}")
        say(dict(vars(theirs)) == before)
        """,
    )
    assert out == "True\n"


def test_no_ropewalk_is_installed_in_this_process() -> None:
    """The comparison would hold ropewalk beside itself."""
    for module in ("queue", "threading"):
        file = getattr(sys.modules[module], "__file__", "") or ""
        assert not Path(file).is_relative_to(Path(ropewalk.__file__).parent)


def _hinted(module: Module) -> dict[str, tuple[object, object]]:
    """Each public function, class and method of ours beside the standard library's."""
    found: dict[str, tuple[object, object]] = {}
    for name in {*module.ours.__all__, *module.face.factories}:
        ours, theirs = getattr(module.ours, name), getattr(module.theirs, name, None)
        if not callable(ours):
            continue
        found[name] = ours, theirs
        for part in dir(ours) if isinstance(ours, type) else ():
            method = getattr(ours, part)
            if callable(method):
                found[f"{name}.{part}"] = method, getattr(theirs, part, None)
    return found


def _hints(value: object) -> dict[str, object]:
    try:
        return typing.get_type_hints(value)
    except TypeError:  # says that it has none: an object that can be called
        return {}


def test_type_hints_can_be_asked_for_and_are_the_standard_librarys(
    module: Module,
) -> None:
    differ = {}
    for name, (ours, theirs) in _hinted(module).items():
        got, expected = _hints(ours), _hints(theirs)
        # What is written in Rust cannot have any, and what theirs has not got may.
        compared = theirs is not None and (got or inspect.isfunction(ours))
        if compared and got != expected:
            differ[name] = got, expected
    assert not differ


@needs_ropewalk
def test_type_hints_of_a_subclass_are_its_own(module: Module) -> None:
    for name in module.ours.__all__:
        base = getattr(module.ours, name)
        if not isinstance(base, type) or base is getattr(module.theirs, name, None):
            continue
        try:
            type("Derived", (getattr(module.theirs, name, object),), {})
        except TypeError:
            continue
        derived = type("Derived", (base,), {"__annotations__": {"size": int}})
        assert typing.get_type_hints(derived) == {"size": int}, name
