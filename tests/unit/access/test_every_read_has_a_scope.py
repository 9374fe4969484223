"""Reading customers takes a scope: a new function that reads without one, or a page that makes its own, fails here."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

_CHECKOUT = Path(__file__).parents[3]
_READERS = [*(_CHECKOUT / "gcrm/pipeline").rglob("*.py"), *(_CHECKOUT / "dashboards").rglob("*.py")]
_PAGES = [
    path for path in (_CHECKOUT / "dashboards").rglob("*.py") if path.relative_to(_CHECKOUT).as_posix() not in {"dashboards/session.py", "dashboards/intake.py"}
]
_OF_LAYERS = {"geocode_addresses", "reverse", "prepare_reference", "street", "_versions"}
"""These read addresses, streets and their versions, which are of nobody."""


def _calls(inside: ast.AST) -> Iterator[ast.Call]:
    return (node for node in ast.walk(inside) if isinstance(node, ast.Call))


def _reads(call: ast.Call) -> bool:
    """Whether a call opens a connection of the reader."""
    called = call.func.attr if isinstance(call.func, ast.Attribute) else call.func.id if isinstance(call.func, ast.Name) else ""
    return called == "scoped" or (called == "connect" and any(ast.unparse(given).endswith("Role.READER") for given in call.args))


def _functions(tree: ast.Module) -> Iterator[ast.FunctionDef]:
    """Functions and methods at the outside; what is within one is part of it."""
    for node in tree.body:
        if isinstance(node, ast.FunctionDef):
            yield node
        elif isinstance(node, ast.ClassDef):
            yield from (each for each in node.body if isinstance(each, ast.FunctionDef))


def _takes_a_scope(function: ast.FunctionDef) -> bool:
    arguments = [*function.args.posonlyargs, *function.args.args, *function.args.kwonlyargs]
    return any(each.arg == "scope" or (each.annotation is not None and "Scope" in ast.unparse(each.annotation)) for each in arguments)


def _unscoped(text: str) -> list[str]:
    tree = ast.parse(text)
    return [each.name for each in _functions(tree) if any(map(_reads, _calls(each))) and not (_takes_a_scope(each) or "self._scope" in ast.unparse(each))]


@pytest.mark.parametrize("path", _READERS, ids=lambda path: path.relative_to(_CHECKOUT).as_posix())
def test_who_reads_says_for_whom(path: Path) -> None:
    assert set(_unscoped(path.read_text(encoding="utf-8"))) <= _OF_LAYERS


@pytest.mark.parametrize("path", _PAGES, ids=lambda path: path.relative_to(_CHECKOUT).as_posix())
def test_no_page_makes_a_scope_of_its_own(path: Path) -> None:
    made = [ast.unparse(call) for call in _calls(ast.parse(path.read_text(encoding="utf-8"))) if ast.unparse(call.func).endswith(("everything", "Scope"))]
    assert made == ([] if path.name != "__init__.py" else made[:1])


def test_a_read_without_a_scope_would_be_found() -> None:
    assert _unscoped("def accounts():\n    with scoped(Scope.everything()) as connection:\n        return 1") == ["accounts"]
    assert _unscoped("def accounts():\n    with connect(Role.READER) as connection:\n        return 1") == ["accounts"]
    assert _unscoped("def accounts(scope):\n    with scoped(scope) as connection:\n        return 1") == []
