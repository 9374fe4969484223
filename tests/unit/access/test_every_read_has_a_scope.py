"""Reading customers takes a scope: a new function that reads without one, or a page that makes its own, fails here."""

import ast
import functools
import inspect
import pkgutil
from collections.abc import Iterator
from pathlib import Path
from types import FunctionType

import pytest

from dashboards import data

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


_OF_NOBODY = {
    "zone": "a setting", "area_of_text": "what somebody wrote", "area_of_content": "what somebody handed in",
    "current_cube": "which cube is published; its figures take a scope", "cube_as_of": "as above", "kept_cubes": "as above",
    "scenario_labels": "names of scenarios, which say what was changed and not whose",
    "comfortable_level": "a level", "level_of_cell": "a level", "fitting": "a filter", "in_one_currency": "a filter", "for_measure": "a question",
    "answerable": "a question", "ways_to_show": "names of measures", "comes_from_layers": "of a measure", "is_money": "of a measure", "simple": "of a measure",
    "dimensions_of": "of a measure", "span": "of a time", "parse": "a place in words", "versus_columns": "names of columns",
    "comes_to": "a sum of what was typed", "left_out_in_words": "counts that were read",
    "totals": "sums of lines that were read", "records": "rows of a list that was read", "standing": "of a case that was read", "placement_name": "a word",
    "ordered_columns": "names of columns", "last_months": "times", "report_of": "what a report is", "write": "a report that was read",
    "other_form": "an ending", "export_answer": "an answer that was read", "write_table": "a table that was read",
    "street": "of the map", "way": "of the map", "newest_search": "when duplicates were searched for",
    "people": "those who may sign in, for those who administer", "audit_lines": "the audit, for those who administer",
    "link": "a link of the reader's own",
}  # fmt: skip
"""What pages call of `dashboards.data` without a scope, each with the reason why nobody's records come out of it."""


def _read_by_pages() -> Iterator[FunctionType]:
    """The functions that pages call of `dashboards.data` and of the modules that it hands on."""
    for path in _PAGES:
        if "data" in path.relative_to(_CHECKOUT).parts:
            continue
        tree = ast.parse(path.read_text(encoding="utf-8"))
        names = {"data": data} | {
            given.asname or given.name: pkgutil.resolve_name(f"{node.module}.{given.name}")
            for node in tree.body if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("dashboards.data") for given in node.names
        }  # fmt: skip
        for call in _calls(tree):
            first, *rest = ast.unparse(call.func).split(".")
            called = functools.reduce(lambda inside, name: getattr(inside, name, None), rest, names.get(first))
            if inspect.isfunction(called := inspect.unwrap(called) if callable(called) else None):
                yield called


_READ = {f"{read.__module__}.{read.__qualname__}": read for read in _read_by_pages()}


@pytest.mark.parametrize("name", sorted(_READ))
def test_what_a_page_reads_takes_a_scope(name: str) -> None:
    read = _READ[name]
    is_method = "." in read.__qualname__  # of what was read
    assert is_method or "scope" in inspect.signature(read).parameters or read.__name__ in _OF_NOBODY


def test_every_reason_is_needed() -> None:
    assert {read.__name__ for read in _READ.values() if "scope" not in inspect.signature(read).parameters} >= _OF_NOBODY.keys()
