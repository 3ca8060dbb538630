"""A standard library that somebody has changed inside: what a newer Python may be.

Promise: the modules of threads, queues, futures and asyncio are changed as they are
imported, each use along with what is used; all others are as they are. Imports nothing
of them itself.
"""

import ast
import re
import sys
from collections.abc import Callable
from importlib.abc import Loader
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader
from types import CodeType, ModuleType

AREA = ("threading", "queue", "concurrent.futures", "asyncio")
_MARK = "_in_a_newer_python"


def is_changed(name: str) -> bool:
    """Whether the module belongs to what is changed."""
    return any(name == area or name.startswith(f"{area}.") for area in AREA)


def renamed(names: frozenset[str]) -> Callable[[str], ast.Module]:
    """Give private names other ones, wherever they are used."""
    word = re.compile(rf"(?<!\w)({'|'.join(map(re.escape, names))})(?!\w)")

    def change(source: str) -> ast.Module:
        return ast.parse(word.sub(rf"\1{_MARK}", source))

    return change


class _MoreParameters(ast.NodeTransformer):
    """One more parameter in functions, and one more argument in each call of them."""

    def __init__(self, names: frozenset[str]) -> None:
        self._names = names

    def _function(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> ast.AST:
        self.generic_visit(node)
        if node.name in self._names:
            node.args.kwonlyargs.append(ast.arg("more" + _MARK))
            node.args.kw_defaults.append(ast.Constant(None))
        return node

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        return self._function(node)

    def visit_AsyncFunctionDef(self, node: ast.AsyncFunctionDef) -> ast.AST:
        return self._function(node)

    def visit_Call(self, node: ast.Call) -> ast.AST:
        self.generic_visit(node)
        called = node.func
        name = getattr(called, "attr", None) or getattr(called, "id", None)
        if name in self._names:
            node.keywords.append(ast.keyword("more" + _MARK, ast.Constant(1)))
        return node


def extended(names: frozenset[str]) -> Callable[[str], ast.Module]:
    """Give functions one more parameter, which the library's own calls pass."""

    def change(source: str) -> ast.Module:
        return _MoreParameters(names).visit(ast.parse(source))  # type: ignore[no-any-return]

    return change


class _OtherDefaults(ast.NodeTransformer):
    """Functions' defaults are objects that they take for the old ones."""

    def __init__(self, names: frozenset[str]) -> None:
        self._names = names

    def _function(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> ast.AST:
        self.generic_visit(node)
        if node.name not in self._names:
            return node
        parameters = [*node.args.posonlyargs, *node.args.args]
        defaults = node.args.defaults
        first: list[ast.stmt] = []
        for at, default in enumerate(defaults):
            parameter = parameters[len(parameters) - len(defaults) + at].arg
            first.append(self._put_back(parameter, default))
            defaults[at] = ast.Constant("none" + _MARK)
        for at, (one, given) in enumerate(
            zip(node.args.kwonlyargs, node.args.kw_defaults, strict=True)
        ):
            if given is not None:
                first.append(self._put_back(one.arg, given))
                node.args.kw_defaults[at] = ast.Constant("none" + _MARK)
        node.body = [*first, *node.body]
        return node

    def _put_back(self, parameter: str, default: ast.expr) -> ast.stmt:
        text = f"if {parameter} == {'none' + _MARK!r}: {parameter} = 0"
        statement = ast.parse(text).body[0]
        assert isinstance(statement, ast.If)
        assert isinstance(statement.body[0], ast.Assign)
        statement.body[0].value = default
        return statement

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        return self._function(node)

    def visit_AsyncFunctionDef(self, node: ast.AsyncFunctionDef) -> ast.AST:
        return self._function(node)


def with_other_defaults(names: frozenset[str]) -> Callable[[str], ast.Module]:
    """Give functions' parameters other defaults, which mean the same to them."""

    def change(source: str) -> ast.Module:
        return _OtherDefaults(names).visit(ast.parse(source))  # type: ignore[no-any-return]

    return change


class _Changing(SourceFileLoader):
    """Compiles a changed source; nothing is read from caches or written to them."""

    change: Callable[[str], ast.Module]

    def get_code(self, fullname: str) -> CodeType:
        with open(self.path, encoding="utf-8") as file:
            tree = self.change(file.read())
        code: CodeType = compile(ast.fix_missing_locations(tree), self.path, "exec")
        return code


class _Finder:
    def __init__(self, change: Callable[[str], ast.Module]) -> None:
        self._change = change

    def find_spec(
        self, name: str, path: object = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if not is_changed(name):
            return None
        spec = PathFinder.find_spec(name, path, target)  # type: ignore[arg-type]
        if spec is not None and isinstance(spec.loader, SourceFileLoader):
            loader = _Changing(spec.loader.name, spec.loader.path)
            loader.change = self._change
            changed: Loader = loader
            spec.loader = changed
        return spec


CHANGES = {
    "renamed": renamed,
    "extended": extended,
    "with_other_defaults": with_other_defaults,
}


def begin(kind: str, names: frozenset[str]) -> None:
    """From now on the modules are changed; what was imported already is forgotten."""
    for module in [module for module in sys.modules if is_changed(module)]:
        del sys.modules[module]
    sys.meta_path.insert(0, _Finder(CHANGES[kind](names)))
