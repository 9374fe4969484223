"""A walk through all that gcrm shows, as each role within one region: no text of another territory comes out, of no page, read, export, route or table."""

import ast
import contextlib
import dataclasses
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import h3
import pandas as pd
import psycopg
import pytest

from dashboards import data
from dashboards.session import COOKIE
from gcrm.access.roles import USER_ROLES, Permission, allowed
from gcrm.access.scope import Scope
from gcrm.access.users import User, write_users
from gcrm.config import settings
from gcrm.db import connection as database
from gcrm.db.connection import Role, connect
from gcrm.errors import AccessError, CrmError, GcrmError
from gcrm.olap.catalogue import DIMENSIONS
from gcrm.pipeline import audit, calendar_links, exports, sign_in
from tests.browser.conftest import serving
from tests.integration.command_line import well
from tests.integration.foreign_rows import MARKER, Foreign, foreign_to, mark
from tests.integration.own_home import own_home
from tests.integration.records import value
from tests.integration.scoped_functions import READS, WRITES, ask, call, text_of
from tests.integration.visitor import Visitor

_REGION = "North"
_APP = Path(__file__).parents[2] / "dashboards" / "app.py"


@pytest.fixture(scope="module")
def foreign() -> Iterator[Foreign]:
    """The demo city with a user of each role in one region, all the rest of it marked."""
    with own_home():
        well("demo", "--scale", "0.05")
        with connect(Role.OWNER) as owner:
            found = owner.execute("SELECT t.territory_id FROM gcrm.territories t JOIN gcrm.regions r USING (region_id) WHERE r.name = %s", [_REGION])
            own = [key for (key,) in found]
            mark(owner, own)
            marked = mark(owner, own)  # once more, so that what rows were before holds it too
        assert {"accounts.name", "contacts.family_name", "activities.subject", "opportunities.name", "cases.subject", "leads.family_name"} <= marked
        well("cube", "build")
        users = [User(name, name, (_REGION,), mail=f"{name}@example.org") for name in USER_ROLES]
        users.append(User("boss", "admin", ("all",), mail="boss@example.org"))
        write_users(sign_in.users_file(), {user.name: user for user in users})
        yield foreign_to(own)


def _scopes() -> set[Scope]:
    return {sign_in.scope_of(user) for user in sign_in.users().values() if not user.sees_everything}


# The tables: what a program of somebody's own sees, by `gcrm db url --role reader --territories`.


@pytest.mark.usefixtures("foreign")
def test_no_table_shows_foreign_rows() -> None:
    (territories,) = {scope.setting for scope in _scopes()}
    shown = _tables_with_the_marker(territories)
    assert shown - _OF_THE_ORGANISATION == set()
    assert _tables_with_the_marker("all") >= {"accounts", "contacts", "activities", "account_places", "changes", "stage_changes", "account_members"}


_OF_THE_ORGANISATION = {"regions", "territories", "reps"}
"""The names of areas and of colleagues, with whom one speaks of customers; what pages list of them is narrower."""


def _tables_with_the_marker(territories: str) -> set[str]:
    found = set()
    with psycopg.connect(database.url(Role.READER, territories)) as reader:
        listed = reader.execute(
            "SELECT relname FROM pg_class WHERE relnamespace = 'gcrm'::regnamespace AND relkind IN ('r', 'p', 'v', 'm') AND has_table_privilege(oid, 'SELECT')"
        ).fetchall()
        for (name,) in listed:
            row = reader.execute(f"SELECT EXISTS (SELECT FROM gcrm.{name} AS t WHERE t::text LIKE %s)".encode(), [f"%{MARKER}%"]).fetchone()
            if row == (True,):
                found.add(str(name))
    return found


# The reads and the writes: every public function that takes a scope.


@pytest.mark.parametrize("name", sorted(READS))
def test_no_read_tells_of_foreign_rows(name: str, foreign: Foreign, tmp_path: Path) -> None:
    for number, scope in enumerate(_scopes()):
        folder = tmp_path / str(number)
        folder.mkdir()
        assert MARKER not in ask(name, foreign, scope, folder)


@pytest.mark.parametrize("name", sorted(WRITES))
def test_no_write_reaches_foreign_rows(name: str, foreign: Foreign, tmp_path: Path) -> None:
    for scope in _scopes():
        with pytest.raises(GcrmError):
            call(name, foreign, scope, tmp_path)


def test_the_reads_would_tell_of_them_to_whoever_sees_all(foreign: Foreign, tmp_path: Path) -> None:
    assert {name for name in _MUST_TELL if MARKER in ask(name, foreign, Scope.everything(), tmp_path)} == _MUST_TELL


_MUST_TELL = {
    "account.account", "activity_lists.planned", "activity_lists.ended", "activity_lists.history", "activity_lists.feed",
    "activity_lists.partners_of", "cases.case", "leads.list_leads", "leads.lead", "opportunities.board", "opportunities.opportunity",
    "forecast.forecast", "reports.report", "accounts.accounts_in", "cube.members_of", "exports.export_accounts",
}  # fmt: skip


# The cube, and what is taken along.


@pytest.mark.usefixtures("foreign")
def test_no_member_and_no_record_of_the_cube_is_foreign() -> None:
    cube = data.current_cube()
    assert cube is not None
    assert any(MARKER in member for member in data.members_of(cube, "territory", Scope.everything()))
    for scope in _scopes():
        for dimension in (name for name, each in DIMENSIONS.items() if each.kind != "place"):
            assert MARKER not in "".join(data.members_of(cube, dimension, scope)), dimension
        for facts in data.FACTS:
            with contextlib.suppress(GcrmError):  # single records are not shown to whoever has a floor
                assert MARKER not in data.cube_records(facts, (), scope, 5_000).table.to_pandas().to_csv(), facts


@pytest.mark.usefixtures("foreign")
@pytest.mark.parametrize("ending", [".csv", ".xlsx", ".parquet", ".geojson"])
def test_no_export_holds_foreign_rows(ending: str, tmp_path: Path) -> None:
    for number, scope in enumerate(_scopes()):
        target = tmp_path / f"{number}{ending}"
        assert exports.export_accounts(target, exports.AccountFilter(), scope) > 0
        assert MARKER not in text_of(target)


def test_people_are_shown_no_finer_than_the_role_allows(foreign: Foreign, tmp_path: Path) -> None:
    (coarse,) = {scope for scope in _scopes() if scope.has_floor}
    fine = dataclasses.replace(coarse, finest_level=10)
    account = value("SELECT account_id FROM gcrm.account_surroundings JOIN gcrm.accounts USING (account_id)"
                    " WHERE passing_trips > 0 AND footfall_per_hour > 0 AND territory_id = ANY(%s) LIMIT 1", sorted(coarse.territories or ()))  # fmt: skip
    for scope in (coarse, fine):
        cells = data.places.layer_cells("footfall", "people_per_hour", 10, scope)["cell"]
        assert {h3.get_resolution(h3.int_to_str(cell)) for cell in cells} == {scope.finest_level}
        shown = data.account.account(account, scope)
        assert shown is not None
        exports.export_accounts(tmp_path / "out.csv", exports.AccountFilter(), scope)
        written = pd.read_csv(tmp_path / "out.csv")
        for people in (shown.record["passing_trips"], shown.record["footfall_per_hour"], written["passing_trips"].max(), written["footfall_per_hour"].max()):
            assert pd.isna(people) == scope.has_floor
    cell = h3.str_to_int(foreign.cell)
    around = h3.str_to_int(h3.cell_to_parent(foreign.cell, coarse.finest_level))
    assert data.places.place(cell, coarse).footfall.equals(data.places.place(around, fine).footfall)
    assert len(data.places.street_flows(fine))
    with pytest.raises(AccessError, match="a street tells more"):
        data.places.street_flows(coarse)


# The pages and the routes, as whoever is signed in gets them.


@pytest.fixture(scope="module")
def visitors(foreign: Foreign) -> Iterator[dict[str, Visitor]]:
    """The users, each signed in at the pages."""
    del foreign
    with serving(settings().home) as site:
        yield {name: Visitor(site.url, f"{COOKIE}={sign_in.sign_in_by_mail(user.mail, '127.0.0.1')}") for name, user in sign_in.users().items()}


def _pages() -> list[tuple[str, Permission]]:
    """The pages of the app, with what each needs: a new one is walked at once."""
    lines = ast.parse(_APP.read_text(encoding="utf-8")).body
    sections = next(line.value for line in lines if isinstance(line, ast.Assign) and ast.unparse(line.targets[0]) == "_SECTIONS")
    rows = [node.elts for node in ast.walk(sections) if isinstance(node, ast.Tuple) and isinstance(node.elts[0], ast.Constant)]
    return [(ast.literal_eval(path), Permission[ast.unparse(needed).rsplit(".", 1)[-1]]) for _, _, _, path, needed in rows]


def _links(path: str, of: Foreign) -> tuple[str, ...]:
    """Links to what is foreign; every page is opened without one too."""
    return {
        "my-day": (f"rep={of.rep}",), "map": (f"cell={of.cell}", "measure=accounts&level=9"), "surroundings": (f"cell={of.cell}",),
        "reach": (f"from={of.longitude},{of.latitude}",), "account": (f"account={of.account}", f"find={quote(of.name)}"),
        "leads": (f"lead={of.lead}", f"rep={of.rep}&territory={of.territory}"), "pipeline": (f"rep={of.rep}", f"territory={of.territory}"),
        "forecast": ("by=rep", "by=territory"), "activities": (f"rep={of.rep}", "show=done", f"cell={of.cell}"),
        "reports": ("report=leads&by=territory", "report=win-rate&by=territory", "report=margin&by=territory", "report=activity&by=rep", "report=retention"),
        "cases": (f"case={of.case}", f"rep={of.rep}", "show=all"),
        "cube": ("rows=territory&measures=revenue", "rows=rep&measures=activities"), "quality": ("flaw=missing:phone", f"cell={of.cell}"),
    }.get(path, ())  # fmt: skip


_FOLLOW = ("rep", "analyst")
"""Roles that follow links to what is foreign: one of each scope, which is all that an answer to a link depends on."""


@pytest.mark.parametrize("role", sorted(USER_ROLES))
def test_no_page_and_no_route_shows_foreign_rows(role: str, visitors: dict[str, Visitor], foreign: Foreign) -> None:
    files: dict[str, bytes] = {}
    for path, needed in _pages():
        for query in ("", *(_links(path, foreign) if role in _FOLLOW else ())):
            sent = visitors[role].page(path, query)
            assert sent.faults == [], (path, query)
            assert MARKER.encode() not in sent.content, (path, query)
            assert (b"does not have this page" in sent.content) != allowed(USER_ROLES[role], needed, sees_everything=False), (path, query)
            files |= {address: visitors[role].file(address) for address in sent.addresses if address not in files}
    assert "cells" in {address.split("/")[1] for address in files}
    assert [address for address, content in files.items() if MARKER.encode() in content] == []


def test_the_pages_would_show_them_to_whoever_sees_all(visitors: dict[str, Visitor], foreign: Foreign) -> None:
    shown = {path for path, _ in _pages() if any(MARKER.encode() in visitors["boss"].page(path, query).content for query in ("", *_links(path, foreign)))}
    assert shown >= {"my-day", "account", "leads", "pipeline", "forecast", "activities", "cases", "cube", "quality"}


def test_a_calendar_is_read_by_its_secret_link_until_it_is_revoked(visitors: dict[str, Visitor], foreign: Foreign) -> None:
    anybody = Visitor(visitors["rep"].url, "")
    user = sign_in.named("rep")
    own = value("SELECT v.rep_id FROM gcrm.activities v JOIN gcrm.reps r USING (rep_id) WHERE v.state = 'planned' AND r.territory_id = ANY(%s) LIMIT 1",
                sorted(sign_in.scope_of(user).territories or ()))  # fmt: skip
    token = calendar_links.make_link(own, user.name, sign_in.scope_of(user))
    read = anybody.file(f"/calendar/{token}.ics")
    assert read.count(b"BEGIN:VEVENT") > 0
    assert MARKER.encode() not in read
    assert value("SELECT count(*) FROM gcrm.calendar_links c WHERE c::text LIKE %s", f"%{token}%") == 0
    with pytest.raises(CrmError, match="There is no rep"):
        calendar_links.make_link(foreign.rep, user.name, sign_in.scope_of(user))
    another = calendar_links.make_link(own, user.name, sign_in.scope_of(user))
    assert anybody.file(f"/calendar/{token}.ics") == anybody.file("/calendar/guessed.ics")
    assert anybody.file(f"/calendar/{another}.ics").count(b"BEGIN:VEVENT") == read.count(b"BEGIN:VEVENT")
    calendar_links.end_link(own, user.name)
    assert b"does not work any more" in anybody.file(f"/calendar/{another}.ics")
    told = [line.action for line in audit.lines(user_name=user.name) if "rep" in line.subject]
    assert told == ["calendar link revoked", "read", "calendar link made", "read", "calendar link made"]


def test_a_calendar_shows_what_its_user_may_see_when_it_is_read(visitors: dict[str, Visitor], foreign: Foreign) -> None:
    anybody = Visitor(visitors["rep"].url, "")
    token = calendar_links.make_link(foreign.rep, "boss", Scope.everything())
    assert b"BEGIN:VCALENDAR" in anybody.file(f"/calendar/{token}.ics")
    boss = sign_in.named("boss")
    write_users(sign_in.users_file(), {**sign_in.users(), "boss": dataclasses.replace(boss, territories=(_REGION,))})
    assert b"does not work any more" in anybody.file(f"/calendar/{token}.ics")
    write_users(sign_in.users_file(), {**sign_in.users(), "boss": boss})
    assert b"BEGIN:VCALENDAR" in anybody.file(f"/calendar/{token}.ics")
    sign_in.end_sessions("boss")
    assert b"does not work any more" in anybody.file(f"/calendar/{token}.ics")
