"""Saved views: text that somebody typed names them, and nothing else of it matters."""

from typing import Any

import psycopg
import pytest

from gcrm.access.scope import Scope
from gcrm.db.connection import Role, connect, scoped
from gcrm.errors import ViewError
from gcrm.pipeline.saved_views import LONGEST_NAME, Parameters, delete, list_views, overwrite, rename, restore, save, saved_view
from tests.integration.command_line import gcrm, well
from tests.integration.records import rows

EVERYTHING = Scope.everything()
ASKED: Parameters = {"rows": "territory", "where": ["segment=families|students", "month=2025-01"]}
HOSTILE = ("'; DROP TABLE gcrm.saved_views; --", "<img src=x onerror=alert(1)>", "[bold red]x[/]", "=1+1", "%s :name {0}", "Ünï 地図 👍")


@pytest.fixture(autouse=True)
def _none(database: None) -> None:
    del database
    rows("DELETE FROM gcrm.saved_views RETURNING 1")


def _names() -> list[str]:
    return [view.name for view in list_views(EVERYTHING)]


def test_a_view_is_saved_changed_and_brought_back() -> None:
    assert save("  By   territory ", "cube", ASKED) == "By territory"
    saved = saved_view("By territory", EVERYTHING)
    assert (saved.page, saved.parameters) == ("cube", ASKED)
    overwrite("By territory", "cube", {"rows": "place:8"})
    assert rename("By territory", "by cell") == "by cell"
    changed = saved_view("by cell", EVERYTHING)
    assert (changed.parameters, changed.created_at) == ({"rows": "place:8"}, saved.created_at)
    assert changed.changed_at > saved.changed_at
    assert delete("by cell") == changed
    assert _names() == []
    restore(changed)
    assert saved_view("by cell", EVERYTHING) == changed


def test_views_are_listed_by_name_and_page() -> None:
    for name, page in (("beta", "cube"), ("Alpha", "cube"), ("gamma", "map")):
        save(name, page, {})
    assert _names() == ["Alpha", "beta", "gamma"]
    assert [view.name for view in list_views(EVERYTHING, "map")] == ["gamma"]


@pytest.mark.parametrize("name", HOSTILE)
def test_any_text_is_a_name_and_stays_text(name: str) -> None:
    save(name, "cube", {"where": [name]})
    assert _names() == [name]
    assert name in well("views", "list")
    assert f"where: {name}" in well("views", "show", name).splitlines()
    assert well("views", "delete", "--", name) == f"The view {name!r} is deleted.\n"
    assert _names() == []


@pytest.mark.parametrize("name", ["", "  \n ", "x" * (LONGEST_NAME + 1), "a\x00b", "a\x1b[31mb", "\u202egnp.exe"])
def test_what_cannot_be_seen_in_one_line_is_no_name(name: str) -> None:
    save("kept", "cube", {})
    with pytest.raises(ViewError, match=f"1 to {LONGEST_NAME} characters"):
        save(name, "cube", {})
    with pytest.raises(ViewError, match=f"1 to {LONGEST_NAME} characters"):
        rename("kept", name)
    assert _names() == ["kept"]


def test_a_link_with_nul_is_saved_without() -> None:
    save("nul", "cube", {"rows": "terri\0tory", "where": ["segment=\0"]})
    assert saved_view("nul", EVERYTHING).parameters == {"rows": "territory", "where": ["segment="]}


def test_a_name_stands_for_one_view() -> None:
    save("one", "cube", ASKED)
    save("other", "cube", {})
    with pytest.raises(ViewError, match="There is a view 'one' already"):
        save(" one ", "cube", {})
    with pytest.raises(ViewError, match="There is a view 'one' already"):
        rename("other", "one")
    deleted = delete("one")
    save("one", "cube", {})
    with pytest.raises(ViewError, match="There is a view 'one' already"):
        restore(deleted)
    assert saved_view("one", EVERYTHING).parameters == {}


def test_a_view_that_is_gone_is_named() -> None:
    for command in ("show", "delete"):
        done = gcrm("views", command, "gone")
        assert (done.code, done.err) == (1, "gcrm: There is no view 'gone' (any more); `gcrm views list` names all.\n")
    with pytest.raises(ViewError, match="There is no view 'gone'"):
        overwrite("gone", "cube", {})
    with pytest.raises(ViewError, match="There is no view 'gone'"):
        rename("gone", "new")


def test_everybody_sees_views_and_the_reader_writes_none() -> None:
    save("shared", "cube", ASKED)
    assert [view.name for view in list_views(Scope(frozenset()))] == ["shared"]
    for command in ("INSERT INTO gcrm.saved_views VALUES ('x', 'cube', '{}')", "UPDATE gcrm.saved_views SET name = 'x'", "DELETE FROM gcrm.saved_views"):
        with pytest.raises((psycopg.errors.InsufficientPrivilege, psycopg.errors.ReadOnlySqlTransaction)), scoped(EVERYTHING) as connection:
            connection.execute(command.encode())


def test_the_link_of_a_view_is_shown() -> None:
    save("linked", "cube", ASKED)
    link, *lines = well("views", "show", "linked").splitlines()
    assert link == "/cube?rows=territory&where=segment%3Dfamilies%7Cstudents&where=month%3D2025-01"
    assert lines == ["rows: territory", "where: segment=families|students", "where: month=2025-01"]


@pytest.mark.parametrize("values", [("", "{}"), (" x", "{}"), ("x" * 81, "{}"), ("x", "[]")])
def test_the_database_keeps_to_it_too(values: tuple[Any, ...]) -> None:
    with connect(Role.WRITER) as connection, pytest.raises(psycopg.errors.CheckViolation):
        connection.execute("INSERT INTO gcrm.saved_views (name, page, parameters) VALUES (%s, 'cube', %s)", values)
