"""install(): ropewalk's names inside the standard library's modules.

Promise: after every execution of a chosen module (its first import, a re-import, a
reload) our names are in it before its importer goes on; a module that the program
does not import is not imported; a program's own module of the same name is left
alone; the loader that a module shows is the real one.
"""

from __future__ import annotations

import _thread
import os
import sys

from ropewalk import _engine, _greenlets, _report, _states, _table

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from importlib.machinery import ModuleSpec
    from types import ModuleType
    from typing import Any

# Set for Python child processes; read by ropewalk's .pth file.
SWITCH = "ROPEWALK"
ONLY = "ROPEWALK_ONLY"

_lock = _thread.RLock()
_finder: _Finder | None = None
# Each module that got our names: what they meant before, and mean now.
_changes: list[tuple[ModuleType, dict[str, tuple[Any, Any]]]] = []
_NOTHING = object()


def _watch_blockbuster(module: ModuleType, step_aside: object) -> None:
    from ropewalk import _blockbuster

    _blockbuster.watch(module, step_aside)


# Modules of others that have to hear of us once they are executed.
_WATCHED = {
    **_greenlets.WATCHED,
    "dill._dill": _states.watch_dill,
    "blockbuster.blockbuster": _watch_blockbuster,
}


def _renew_lock() -> None:
    """Another thread of the parent may have held it."""
    global _lock
    _lock = _thread.RLock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_renew_lock)


class AlreadyInstalled(RuntimeError):
    """install() was called before, for other modules."""


def install(only: str | Iterable[str] | None = None) -> None:
    """Put ropewalk's classes into the standard library's modules.

    `only` names the modules (``["queue"]`` or ``"queue"``); without it, every module
    that ropewalk replaces. Call it first thing in the program: a module that has
    already done ``from queue import Queue`` keeps the old class, and a
    RuntimeWarning names it. Calling it again for the same modules does nothing.

    Children: a forked process has it from its parent. For all others (the spawn and
    forkserver methods of multiprocessing, any Python started by subprocess)
    install() sets ROPEWALK=1, and ROPEWALK_ONLY when `only` is given, in os.environ;
    the child reads it when it starts, provided that ropewalk was installed by pip
    into the child's environment (the .pth file that does the reading comes with
    it). Take ROPEWALK out of os.environ to keep later children plain. A fork server
    that runs already keeps what it started with.

    From then on ``kill -QUIT`` makes the program print who waits for what and go on,
    instead of ending it, unless ROPEWALK_REPORT=0 is set or somebody has already
    decided about that signal; ROPEWALK_HANG=5 prints it when the main thread waits
    for five seconds (see ropewalk.report).

    Raises ValueError for a name that ropewalk does not replace, RuntimeError when it
    is already installed for other modules, or gevent or eventlet has made greenlets of
    threads. When they do so later, threads and queues become the standard library's
    again. Where the engine cannot be loaded the
    standard library stays as it is, with one RuntimeWarning, and in a sub-interpreter
    it stays so without a word.
    """
    names = _table.chosen(only)
    if _engine.load() is None:
        _engine.warn_handed_on(stacklevel=2)
        return
    late = begin(names)
    os.environ[SWITCH] = "1"
    if only is not None:
        os.environ[ONLY] = ",".join(sorted(names))
    if late:
        import warnings

        warnings.warn(
            "these modules had bound the standard library's classes before "
            f"ropewalk.install() and keep them: {', '.join(late)}; call install() "
            "earlier, before they are imported",
            RuntimeWarning,
            stacklevel=2,
        )


def installed() -> frozenset[str]:
    """Return the names of the modules that install() has taken charge of."""
    finder = _finder
    return finder.names if finder is not None else frozenset()


def begin(names: frozenset[str], *, choose_again: bool = False) -> list[str]:
    """Hook `names`; return who had bound old names ('module (names)').

    `choose_again` lets the command line overrule what the environment chose, as long
    as nothing outside the new choice has been replaced yet.
    """
    global _finder
    _greenlets.refuse(names)
    with _lock:
        earlier = installed()
        if _finder is not None and earlier != names:
            done = {name for name in earlier - names if name in sys.modules}
            if done or not choose_again:
                raise AlreadyInstalled(
                    f"ropewalk is already installed for {', '.join(sorted(earlier))}: "
                    "install it once, for all the modules you want"
                )
            _remove(_finder)
            _finder = None
        if _finder is None:
            _finder = _Finder(names)
        if _finder not in sys.meta_path:
            sys.meta_path.insert(0, _finder)
    for name in names:
        # What another thread imports right now may have been found without the hook.
        _wait_for_import(_table.REPLACED[name])
        _wait_for_import(name)
    for name in _WATCHED:
        if name in sys.modules:
            _watch(name, sys.modules[name])
    with _lock:
        _report.begin()
        return _put_into_imported(names)


def _watch(name: str, module: ModuleType) -> None:
    """A module that has to hear of us was executed."""
    _WATCHED[name](module, _step_aside)


def _step_aside(who: str) -> None:
    """Put the standard library's names back where threads wait."""
    with _lock:
        finder = _finder
        if finder is None:
            return
        leaving = _greenlets.of_threads(finder.names)
        finder.leave(leaving)
        late: set[str] = set()
        for module, changed in reversed(_changes):
            if module.__name__ not in leaving:
                continue
            late.update(_put_back(module, changed))
        late = {holder for holder in late if not holder.startswith(f"{who}.")}
    if late:
        import warnings

        warnings.warn(
            f"{who} makes greenlets of threads, which ropewalk's locks and queues "
            f"would stop; these modules had bound them: {', '.join(sorted(late))}; "
            f"let {who} patch before they are imported",
            RuntimeWarning,
            stacklevel=4,
        )


def _put_back(module: ModuleType, changed: dict[str, tuple[Any, Any]]) -> list[str]:
    """Undo what `_put` did; return who had bound our names."""
    from ropewalk import _bound

    before = dict(vars(module))
    for name, (old, new) in changed.items():
        if vars(module).get(name) is not new:
            continue
        if old is _NOTHING:
            delattr(module, name)
        else:
            setattr(module, name, old)
    restore = getattr(sys.modules[_table.REPLACED[module.__name__]], "_restore", None)
    if restore is not None:
        restore(module)
    replaced = _bound.replaced_names(before, vars(module))
    return _bound.rebind(replaced, except_in=module)


def _wait_for_import(name: str) -> None:
    """Wait until no other thread is in the middle of importing `name`."""
    system: Any = sys.modules["_frozen_importlib"]
    system._lock_unlock_module(name)


def _remove(finder: _Finder) -> None:
    sys.meta_path[:] = [other for other in sys.meta_path if other is not finder]


def _put_into_imported(names: frozenset[str]) -> list[str]:
    late: set[str] = set()
    for name in sorted(names):
        module = sys.modules.get(name)
        if module is None or not _is_stdlib(name, getattr(module, "__spec__", None)):
            continue
        before = dict(vars(module))
        _put(name, module)
        from ropewalk import _bound

        replaced = _bound.replaced_names(before, vars(module))
        if replaced:
            late.update(_bound.rebind(replaced, except_in=module))
    return sorted(late)


def _put(name: str, module: ModuleType) -> None:
    """Import our replacement of `name` and let it put its names into `module`."""
    ours = _table.REPLACED[name]
    __import__(ours)
    replacement: Any = sys.modules[ours]
    if getattr(replacement.__spec__, "_initializing", False):
        # It is importing `name` itself; its own hook puts when it is complete.
        return
    _change(module, replacement)


def _put_when_complete(name: str, replacement: Any) -> None:
    module = sys.modules.get(name)
    if module is not None and _is_stdlib(name, getattr(module, "__spec__", None)):
        _change(module, replacement)


def _change(module: ModuleType, replacement: Any) -> None:
    before = dict(vars(module))
    replacement._put_into(module)
    changed = {
        name: (before.get(name, _NOTHING), new)
        for name, new in vars(module).items()
        if before.get(name, _NOTHING) is not new
    }
    if changed:
        _changes.append((module, changed))


def _is_stdlib(name: str, spec: ModuleSpec | None) -> bool:
    """Whether this is the standard library's module and not one of the same name."""
    if spec is None:
        return False
    origin = spec.origin
    if origin in ("frozen", "built-in"):
        return True
    if not origin:
        return False
    home = os.path.join(os.path.dirname(os.__file__), *name.split("."))
    stem = os.path.splitext(origin)[0]
    candidates = (home, os.path.join(home, "__init__"))
    return stem in candidates or os.path.realpath(stem) in map(
        os.path.realpath, candidates
    )


class _Finder:
    """Finds the chosen modules where others find them, and hooks their execution."""

    def __init__(self, names: frozenset[str]) -> None:
        self.names = names
        self._replaced_by = {_table.REPLACED[name]: name for name in names}

    def leave(self, names: frozenset[str]) -> None:
        """From now on these are imported as they are."""
        self.names -= names
        for name in names:
            self._replaced_by.pop(_table.REPLACED[name], None)

    def find_spec(
        self,
        fullname: str,
        path: Sequence[str] | None = None,
        target: ModuleType | None = None,
    ) -> ModuleSpec | None:
        name = self._replaced_by.get(fullname, fullname)
        if name not in self.names and name not in _WATCHED:
            return None
        if _greenlets.importing.for_greenlets:
            return None
        for finder in list(sys.meta_path):
            find = getattr(finder, "find_spec", None)
            if finder is self or find is None:
                continue
            spec: ModuleSpec | None = find(fullname, path, target)
            if spec is not None:
                break
        else:
            return None
        if not hasattr(spec.loader, "exec_module"):
            return spec
        if fullname != name:
            spec.loader = _Loader(spec.loader, name, _put_when_complete)  # type: ignore[assignment]
        elif name in _WATCHED:
            spec.loader = _Loader(spec.loader, name, _watch)  # type: ignore[assignment]
        elif _is_stdlib(name, spec):
            spec.loader = _Loader(spec.loader, name, _put)  # type: ignore[assignment]
        return spec


class _Loader:
    """Stands in for the real loader until the module is executed, then acts."""

    def __init__(
        self, real: Any, name: str, act: Callable[[str, ModuleType], None]
    ) -> None:
        self._real = real
        self._name = name
        self._act = act

    def exec_module(self, module: ModuleType) -> None:
        if module.__spec__ is not None:
            module.__spec__.loader = self._real
        module.__loader__ = self._real
        self._real.exec_module(module)
        self._act(self._name, module)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._real, name)
