"""What a page hands in takes a permission: a new function of `dashboards/intake*.py` without one, or a page that goes round them, fails here."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

_DASHBOARDS = Path(__file__).parents[3] / "dashboards"
_INTAKES = sorted(_DASHBOARDS.glob("intake*.py"))
_SIGN_IN = {"gate.py", "session.py"}
"""These ask who signs in, before anybody may anything."""
_OTHERS = [path for path in sorted(_DASHBOARDS.rglob("*.py")) if path not in _INTAKES and path.name not in _SIGN_IN and path.parent.name != "data"]
_OF_AN_OPENED_FILE = {"columns", "mapped", "missing"}
"""These work on a file that `opened` has let through, and store nothing."""


def _functions(tree: ast.Module) -> Iterator[ast.FunctionDef]:
    return (each for each in tree.body if isinstance(each, ast.FunctionDef) and not each.name.startswith("_"))


def _unguarded(text: str) -> list[str]:
    """The public functions that do not begin with a permission; of several decorators the guard is the outermost."""
    return [
        each.name
        for each in _functions(ast.parse(text))
        if not (each.decorator_list and ast.unparse(each.decorator_list[0]).startswith("needs(Permission.")) and each.name not in _OF_AN_OPENED_FILE
    ]


def _of_the_pipeline(tree: ast.Module) -> set[str]:
    """The modules of the pipeline that a file imports by name."""
    return {name.name for node in tree.body if isinstance(node, ast.ImportFrom) and node.module == "gcrm.pipeline" for name in node.names}


def _called(tree: ast.AST) -> set[str]:
    """What is called as `module.function`, by its last two names."""
    calls = (node.func for node in ast.walk(tree) if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute))
    return {".".join(ast.unparse(func).split(".")[-2:]) for func in calls}


def _written() -> set[str]:
    """The functions of the pipeline that the guards stand before."""
    found: set[str] = set()
    for path in _INTAKES:
        tree = ast.parse(path.read_text(encoding="utf-8"))
        modules = _of_the_pipeline(tree)
        found |= {name for each in _functions(tree) if each.decorator_list for name in _called(each) if name.split(".")[0] in modules}
    return found


@pytest.mark.parametrize("path", _INTAKES, ids=lambda path: path.name)
def test_who_hands_in_has_to_be_allowed(path: Path) -> None:
    assert _unguarded(path.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize("path", _INTAKES, ids=lambda path: path.name)
def test_no_module_that_writes_is_handed_on(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    lists = [node.value for node in tree.body if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "__all__"]
    handed_on = {name for each in lists for name in ast.literal_eval(each)}
    assert _of_the_pipeline(tree) & handed_on == set()


@pytest.mark.parametrize("path", _OTHERS, ids=lambda path: path.relative_to(_DASHBOARDS).as_posix())
def test_no_page_goes_round_the_guards(path: Path) -> None:
    assert _called(ast.parse(path.read_text(encoding="utf-8"))) & _written() == set()


def test_a_write_without_a_guard_would_be_found() -> None:
    assert _unguarded("def merge(duplicate_id):\n    duplicates.merge(duplicate_id)") == ["merge"]
    assert _unguarded("@lru_cache\n@needs(Permission.MEND)\ndef opened(token):\n    return token") == ["opened"]
    assert _unguarded("@needs(Permission.MEND)\ndef merge(duplicate_id):\n    duplicates.merge(duplicate_id)") == []
    assert {"duplicates.merge", "cases.move", "jobs.undo", "saved_views.save", "sign_in.keep_user"} <= _written()
