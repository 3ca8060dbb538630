"""Spreads a parity test over the implementations of the module it names.

A test module says `MODULE = "queue"`. The argument `impl` is the one or the other
implementation; `shutdown_impl` leaves out a standard library that has no `ShutDown`
yet (before Python 3.13), where ropewalk's back-port stands alone; `ours` is ropewalk's
beside `theirs`, for tests that compare.
"""

from types import ModuleType

import pytest

from tests import implementations


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """One test per implementation; a documented difference has to show."""
    for argument in ("impl", "shutdown_impl"):
        if argument in metafunc.fixturenames and hasattr(metafunc.module, "MODULE"):
            found = implementations.both(metafunc.module.MODULE)
            if argument == "shutdown_impl":
                found = {k: m for k, m in found.items() if hasattr(m, "ShutDown")}
            differs = metafunc.definition.get_closest_marker("differs")
            params = [
                pytest.param(
                    module,
                    id=name,
                    marks=[pytest.mark.xfail(strict=True, **differs.kwargs)]
                    if differs and name == "ropewalk"
                    else [],
                )
                for name, module in found.items()
            ]
            metafunc.parametrize(argument, params)


@pytest.fixture
def theirs(request: pytest.FixtureRequest) -> ModuleType:
    """CPython's module."""
    return implementations.stdlib(request.module.MODULE)


@pytest.fixture
def ours(request: pytest.FixtureRequest) -> ModuleType:
    """ropewalk's module (CPython's again while the tests check themselves)."""
    return list(implementations.both(request.module.MODULE).values())[-1]
