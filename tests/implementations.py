"""The two implementations of a module, and how a test is spread over both."""

import importlib
import os
import sysconfig
from types import ModuleType

import pytest

STDLIB_ONLY = os.environ.get("ROPEWALK_TEST_STDLIB_ONLY") == "1"


def stdlib(name: str) -> ModuleType:
    """CPython's module; an error when ropewalk was put into it."""
    module = importlib.import_module(name)
    folder = os.path.realpath(sysconfig.get_path("stdlib"))
    for value in vars(module).values():
        code = getattr(getattr(value, "__init__", None), "__code__", None)
        if code is None or getattr(value, "__module__", None) != name:
            continue
        if not os.path.realpath(code.co_filename).startswith(folder):
            break
    else:
        return module
    raise RuntimeError(f"{name} is not CPython's own here: unset ROPEWALK")


def ropewalk(name: str) -> ModuleType:
    """ropewalk's module of that name; an error in one line when it is not built."""
    try:
        module = importlib.import_module(f"ropewalk.{name}")
    except ModuleNotFoundError as error:
        raise pytest.UsageError(f"{error}: make build") from None
    theirs = stdlib(name)
    if all(getattr(module, n) is getattr(theirs, n, None) for n in module.__all__):
        raise pytest.UsageError(f"ropewalk.{name} is CPython's own: make build")
    return module


def both(name: str) -> dict[str, ModuleType]:
    """The implementations to test, by the name that a test's id shows."""
    found = {"stdlib": stdlib(name)}
    if not STDLIB_ONLY:
        found["ropewalk"] = ropewalk(name)
    return found
