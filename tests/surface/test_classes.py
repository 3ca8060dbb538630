"""Each public class looks and behaves, as an object, like the standard library's."""

import copy
import inspect
import pickle
import re
import types
import unittest.mock
import weakref
from collections.abc import Callable, Collection
from typing import Any

import pytest

from tests.surface.conftest import Class

# What every object has; compared by the tests on behaviour below.
_OF_OBJECT = set(dir(object)) | {"__weakref__", "__dict__", "__slots__"}
# What 3.13's compiler, and copyreg at the first copy, note on a class.
_NOTES = {"__firstlineno__", "__static_attributes__", "__slotnames__"}

# What C code has that tells no signature; ours tell one.
_NONE = "no signature"


def _public(names: list[str]) -> set[str]:
    return {name for name in names if not name.startswith("_")}


def _told(call: Callable[..., Any], *arguments: Any) -> str:
    """The kind of error that a call ends with, or "works"."""
    try:
        call(*arguments)
    except Exception as error:
        return type(error).__name__
    return "works"


def _methods(pair: Class) -> list[str]:
    names = _public(dir(pair.theirs))
    return sorted(n for n in names if callable(getattr(pair.theirs, n)))


def test_public_attributes_of_an_instance(pair: Class) -> None:
    theirs = _public(dir(pair.make(pair.theirs)))
    ours = _public(dir(pair.make(pair.ours)))
    face = pair.module.face
    more = pair.allowed(face.back_ports) | pair.allowed(face.additions)
    if pair.theirs is pair.ours:
        more = set()
    assert ours == theirs | more


def test_special_methods_are_there(pair: Class) -> None:
    theirs = {n for n in dir(pair.theirs) if re.fullmatch(r"__\w+__", n)}
    assert theirs - _OF_OBJECT - _NOTES - set(dir(pair.ours)) == set()


def test_private_methods_are_there(pair: Class) -> None:
    assert _private(pair.theirs) - _private(pair.ours) == _absent(pair, pair.theirs)


def test_private_attributes_of_an_instance_are_there(pair: Class) -> None:
    theirs, ours = pair.make(pair.theirs), pair.make(pair.ours)
    assert _private(theirs) - _private(ours) == _absent(pair, theirs)


def _private(one: Any) -> set[str]:
    return {name for name in dir(one) if re.fullmatch(r"_[a-z]\w*", name)}


def _absent(pair: Class, theirs: Any) -> set[str]:
    if pair.theirs is pair.ours:
        return set()
    return pair.allowed(pair.module.face.absent) & _private(theirs)


def test_signature_of_the_class(pair: Class) -> None:
    more = _more_parameters(pair, pair.theirs)
    expected = _shape_of(pair.theirs)
    assert expected in (_shape_of(pair.ours, more), _NONE)


def _more_parameters(pair: Class, function: Any) -> set[str]:
    """Additions to a signature, as far as the standard library's has not got them."""
    try:
        theirs = set(inspect.signature(function).parameters)
    except ValueError:
        theirs = set()
    return pair.allowed(pair.module.face.parameters) - theirs


def _shape_of(function: Any, without: Collection[str] = ()) -> str:
    """Names, kinds and defaults; annotations are ours to add."""
    try:
        signature = inspect.signature(function)
    except ValueError:
        return _NONE
    plain = [
        one.replace(annotation=inspect.Parameter.empty)
        for one in signature.parameters.values()
        if one.name not in without
    ]
    return str(inspect.Signature(plain))


def test_signature_of_each_method(pair: Class) -> None:
    mine, its = pair.make(pair.ours), pair.make(pair.theirs)
    differ = {}
    for name in _methods(pair):
        more = _more_parameters(pair, getattr(its, name))
        expected = _shape_of(getattr(its, name))
        got = _shape_of(getattr(mine, name), more)
        if expected not in (got, _NONE):
            differ[name] = (got, expected)
    assert not differ


def test_docstrings_where_the_standard_library_has_them(pair: Class) -> None:
    assert inspect.getdoc(pair.ours) or not inspect.getdoc(pair.theirs)
    silent = [
        name
        for name in _methods(pair)
        if inspect.getdoc(getattr(pair.theirs, name))
        and not inspect.getdoc(getattr(pair.ours, name))
    ]
    assert not silent


def test_additions_have_docstrings_and_signatures(pair: Class) -> None:
    face = pair.module.face
    for name in pair.allowed(face.additions) | pair.allowed(face.back_ports):
        found = getattr(pair.ours, name, None)
        if callable(found):
            assert inspect.getdoc(found), name
            assert inspect.signature(found).parameters, name


def test_names_of_methods(pair: Class) -> None:
    for name in _methods(pair):
        assert getattr(pair.ours, name).__name__ in (
            name,
            getattr(pair.theirs, name).__name__,
        )
        theirs = getattr(pair.theirs, name).__qualname__.rpartition(".")[2]
        assert getattr(pair.ours, name).__qualname__.rpartition(".")[2] == theirs


def test_name_of_the_class(pair: Class) -> None:
    assert pair.ours.__name__ == pair.theirs.__name__
    # The types of locks, which have the standard library's module, say whose they are.
    qualname = pair.ours.__qualname__.removeprefix("ropewalk.")
    assert qualname == pair.theirs.__qualname__
    told = {pair.module.name, f"ropewalk.{pair.module.name}", pair.theirs.__module__}
    if pair.name in pair.module.face.factories:
        told.add(f"ropewalk._ropewalk.{pair.module.name}")
    assert pair.ours.__module__ in told


def test_bases_keep_their_order(pair: Class) -> None:
    theirs = [cls.__name__ for cls in pair.theirs.__mro__]
    # A class of ours may stand on its model, and so may its bases.
    ours = [cls.__name__ for cls in pair.ours.__mro__ if cls is not pair.theirs]
    ours = list(dict.fromkeys(ours))
    if pair.ours is pair.theirs:
        ours = theirs
    assert [name for name in ours if name in theirs] == theirs
    assert type(pair.ours) is type(pair.theirs)


def test_subclassing_is_allowed_or_refused_alike(pair: Class) -> None:
    def derive(cls: Any) -> Any:
        return type("Derived", (cls,), {})

    assert _told(derive, pair.ours) == _told(derive, pair.theirs)


def test_instances(pair: Class) -> None:
    mine = pair.make(pair.ours)
    assert isinstance(mine, pair.ours)
    assert type(mine) is pair.ours
    assert mine.__class__ is pair.ours


_USES: dict[str, Callable[[Any], Any]] = {
    "weakref": weakref.ref,
    "deepcopy": copy.deepcopy,
    "pickle": pickle.dumps,
    "hash": hash,
    "len": len,
    "iter": iter,
    "vars": vars,
    "memoryview": memoryview,
    "float": float,
    "less": lambda one: one < one,
    "add": lambda one: one + one,
    "index": lambda one: one[0],
    "call": lambda one: one(),
    "setattr": lambda one: setattr(one, "brand_new_name", 1),
    "delattr": lambda one: delattr(one, "brand_new_name"),
    "enter": lambda one: one.__enter__(),
    "alias": lambda one: type(one)[int],
}


# From 3.12 on a StreamWriter that was copied by half complains when it is dropped.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize("call", _USES.values(), ids=_USES)
def test_what_an_instance_can_and_cannot(
    pair: Class, call: Callable[[Any], Any]
) -> None:
    expected = _told(call, pair.make(pair.theirs))
    got = _told(call, pair.make(pair.ours))
    if call in (copy.deepcopy, pickle.dumps):
        # Which error says so depends on what is met first inside.
        expected, got = _copied(expected), _copied(got)
        if call.__name__ in pair.allowed(pair.module.face.uncopied):
            assert (expected, got) == ("works", "refused")
            return
    assert got == expected


def _copied(told: str) -> str:
    refusals = ("TypeError", "AttributeError", "PicklingError")
    return "refused" if told in refusals else told


def test_repr_has_the_same_shape(pair: Class) -> None:
    def shape(one: Any) -> str:
        text = re.sub(r"0x[0-9a-f]+", "ADDRESS", repr(one))
        text = re.sub(r"Thread-\d+", "Thread-N", text)
        for cls in (pair.ours, pair.theirs):
            text = text.replace(f"{cls.__module__}.", "")
        return text

    assert shape(pair.make(pair.ours)) == shape(pair.make(pair.theirs))


def test_the_public_name_is_what_pickle_stores(pair: Class) -> None:
    found = getattr(pair.module.ours, pair.name)
    if pair.name not in pair.module.face.unpickled:
        assert pickle.loads(pickle.dumps(found)) is found
    assert copy.deepcopy(found) is found


def test_alias_of_the_class(pair: Class) -> None:
    if hasattr(pair.theirs, "__class_getitem__"):
        assert type(pair.ours[int]) is types.GenericAlias
        assert pair.ours[int].__origin__ is pair.ours
    else:
        assert not hasattr(pair.ours, "__class_getitem__")


def test_methods_can_be_patched_in_tests(pair: Class) -> None:
    def patch(cls: Any, name: str) -> None:
        with unittest.mock.patch.object(cls, name, autospec=True) as fake:
            assert getattr(cls, name) is fake
        assert getattr(cls, name) is not fake

    for name in _methods(pair):
        if _told(patch, pair.theirs, name) == "works":
            assert _told(patch, pair.ours, name) == "works", name


def test_a_mock_with_the_classs_specification(pair: Class) -> None:
    fake = unittest.mock.create_autospec(pair.ours, instance=True)
    assert isinstance(fake, pair.ours)
    for name in _methods(pair):
        assert hasattr(fake, name)
