"""Lists: sorted and paged, filtered by members and areas, changed one by one and many at once by the rules, taken back, taken along; each within a scope."""

import json
from decimal import Decimal
from pathlib import Path
from typing import TypedDict

import h3
import pandas as pd
import pytest

from gcrm.access.scope import Scope
from gcrm.crm.lists import ACCOUNTS, CASES, LEADS, LISTS, OPPORTUNITIES, ListType, Sort
from gcrm.errors import AreaError, CrmError, ExportError
from gcrm.pipeline.changes import Through
from gcrm.pipeline.lists import changing
from gcrm.pipeline.lists.areas import area_of_text
from gcrm.pipeline.lists.changing import change, change_all, undo, undo_last
from gcrm.pipeline.lists.exporting import export_list
from gcrm.pipeline.lists.reading import After, Wanted, count, every, members, page
from gcrm.pipeline.lists.writers import write
from tests.integration.command_line import gcrm, well
from tests.integration.records import empty, rows, value
from tests.integration.shop import import_shop

pytestmark = pytest.mark.usefixtures("shop")

ALL = Scope.everything()
BOX = "POLYGON((24.938 60.1700, 24.944 60.1700, 24.944 60.1725, 24.938 60.1725, 24.938 60.1700))"
"""Around Velo Oy Filiale and Haus Meri."""


class Who(TypedDict):
    """Who writes, and through what."""

    actor: str
    through: Through


WHO = Who(actor="ada", through="page")


@pytest.fixture(scope="module")
def shop(database: None) -> None:
    """The shop, whose accounts lie in their territories."""
    del database
    empty()
    import_shop("territories", "reps", "products", "accounts", "contacts", "activities", "opportunities", "cases", "leads")
    well("enrich")


@pytest.fixture(autouse=True)
def _as_it_was(shop: None) -> None:
    """What a test leaves changed is taken back by it, or the next one would not find the shop."""
    del shop


def _key(name: str) -> int:
    return int(value("SELECT account_id FROM gcrm.accounts WHERE source_key = %s", name))


def _territory(name: str) -> int:
    return int(value("SELECT territory_id FROM gcrm.territories WHERE source_key = %s", name))


def _names(wanted: Wanted, scope: Scope = ALL) -> list[str]:
    return list(every(ACCOUNTS, wanted, ACCOUNTS.sort, scope)["name"])


def _walk(of: ListType, sort: Sort, scope: Scope = ALL) -> list[int]:
    """The keys of a list, page by page."""
    keys: list[int] = []
    after: After | None = None
    while True:
        found = page(of, Wanted(), sort, scope, 2, after)
        keys += [int(key) for key in found.frame[of.key]]
        if found.after is None:
            return keys
        after = After.parse(str(found.after))


@pytest.mark.parametrize("of", LISTS.values(), ids=LISTS)
@pytest.mark.parametrize("descending", [False, True], ids=["up", "down"])
def test_pages_by_any_column_have_every_record_once_and_in_order(of: ListType, *, descending: bool) -> None:
    total = count(of, Wanted(), ALL)
    assert total > 0
    for column in of.columns:
        sort = Sort(column.name, descending)
        walked = _walk(of, sort)
        assert walked == [int(key) for key in every(of, Wanted(), sort, ALL)[of.key]]
        assert len(set(walked)) == total
    assert walked != []


def test_what_has_nothing_comes_last_whichever_way_round() -> None:
    for text in ("segment", "-segment"):
        assert pd.isna(every(ACCOUNTS, Wanted(), Sort.parse(text), ALL)["segment"].iloc[-1])


def test_only_what_is_declared_is_sorted_filtered_and_changed_by() -> None:
    with pytest.raises(CrmError, match="has no column"):
        page(ACCOUNTS, Wanted(), Sort.parse("name; DROP TABLE gcrm.accounts"), ALL, 5)
    with pytest.raises(CrmError, match="has no filter 'phone'"):
        count(ACCOUNTS, Wanted((("phone", ("1",)),)), ALL)
    with pytest.raises(CrmError, match="Status cannot be 'custome'; did you mean 'customer'"):
        count(ACCOUNTS, Wanted((("status", ("custome",)),)), ALL)
    with pytest.raises(CrmError, match="no field that is changed in it 'kind'"):
        change(ACCOUNTS, [_key("c1")], "kind", "person", ALL, **WHO)
    with pytest.raises(CrmError, match="no place in a list"):
        After.parse("x~1")
    assert all(write(of.name, column.name) for of in LISTS.values() for column in of.changes)


def test_members_and_letters_filter() -> None:
    customers = Wanted((("status", ("customer",)), ("segment", ("Retail", "Families"))))
    assert _names(customers) == ["Familie Muster", "Kaupunki 7", "Velo Oy", "Velo Oy Filiale"]
    assert _names(Wanted(text="VELO oy f")) == ["Velo Oy Filiale"]
    assert _names(Wanted(text="100%_")) == []
    nowhere = Wanted((("territory", ("0",)),))
    assert count(ACCOUNTS, nowhere, ALL) == value("SELECT count(*) FROM gcrm.accounts WHERE territory_id IS NULL")
    both = Wanted((("territory", ("0", str(_territory("north")))),))
    assert count(ACCOUNTS, both, ALL) == value("SELECT count(*) FROM gcrm.accounts WHERE coalesce(territory_id, %s) = %s", *[_territory("north")] * 2)


def test_an_area_is_a_cell_its_neighbours_a_polygon_or_a_trading_area(tmp_path: Path) -> None:
    inside = [row[0] for row in rows("SELECT name FROM gcrm.accounts WHERE ST_Intersects(position, ST_GeomFromText(%s, 4326)) ORDER BY lower(name)", BOX)]
    assert inside == ['Haus "Meri"; Bau', "Velo Oy Filiale"]
    assert _names(Wanted(area=BOX)) == inside
    ring = [[24.938, 60.17], [24.944, 60.17], [24.944, 60.1725], [24.938, 60.1725], [24.938, 60.17]]
    feature = {"type": "Feature", "properties": {"name": "Station"}, "geometry": {"type": "Polygon", "coordinates": [ring]}}
    text = json.dumps({"type": "FeatureCollection", "features": [feature]})
    assert _names(Wanted(area=area_of_text(text))) == inside
    (tmp_path / "station.geojson").write_text(text)
    well("load", "trade-areas", tmp_path / "station.geojson", "--attribution", "made up")
    assert _names(Wanted(area="trade-area:Station")) == inside
    with pytest.raises(AreaError, match="no trading area 'Nowhere'"):
        _names(Wanted(area="trade-area:Nowhere"))
    cell = h3.latlng_to_cell(60.1719, 24.9389, 10)
    assert _names(Wanted(area=cell)) == ["Velo Oy Filiale"]
    disk = {int(h3.str_to_int(each)) for each in h3.grid_disk(cell, 3)}
    near = [name for name, place in rows("SELECT name, cell FROM gcrm.accounts ORDER BY lower(name)") if place in disk]
    assert len(near) > 1
    assert _names(Wanted(area=f"{cell}+3")) == near
    with pytest.raises(AreaError, match="is a distance"):
        _names(Wanted(area="0..500@24.94,60.17"))


@pytest.mark.parametrize("of", LISTS.values(), ids=LISTS)
def test_every_list_is_filtered_by_an_area(of: ListType) -> None:
    everywhere = "POLYGON((24 60, 26 60, 26 61, 24 61, 24 60))"
    placed = {"leads": "gcrm.leads"}.get(of.name, f"gcrm.{of.name} JOIN gcrm.accounts USING (account_id)" if of.name != "accounts" else "gcrm.accounts")
    assert count(of, Wanted(area=everywhere), ALL) == value(f"SELECT count(*) FROM {placed} WHERE position IS NOT NULL") > 0


def test_a_reader_sees_changes_and_gives_only_within_the_scope() -> None:
    mine = Scope(frozenset({_territory("north")}))
    seen = [row[0] for row in rows("SELECT name FROM gcrm.accounts WHERE territory_id = %s ORDER BY lower(name)", _territory("north"))]
    assert 0 < len(seen) < 7
    assert _names(Wanted(), mine) == seen
    assert set(members(ACCOUNTS, mine)["territory"]) == {str(_territory("north"))}
    other = int(value("SELECT account_id FROM gcrm.accounts WHERE territory_id IS DISTINCT FROM %s LIMIT 1", _territory("north")))
    with pytest.raises(CrmError, match="not there, or you may not see them"):
        change(ACCOUNTS, [other], "status", "lost", mine, **WHO)
    own = int(value("SELECT min(account_id) FROM gcrm.accounts WHERE territory_id = %s", _territory("north")))
    with pytest.raises(CrmError, match="There is no territory"):
        change(ACCOUNTS, [own], "territory", str(_territory("south")), mine, **WHO)
    done = change_all(ACCOUNTS, Wanted(), len(seen), "segment", "Mine", mine, **WHO)
    assert done.changed == len(seen)
    assert value("SELECT count(*) FROM gcrm.accounts WHERE segment = 'Mine' AND territory_id IS DISTINCT FROM %s", _territory("north")) == 0
    assert done.change_set_id is not None
    with pytest.raises(CrmError, match="may not see all"):
        undo(ACCOUNTS, done.change_set_id, Scope(frozenset({_territory("south")})), **WHO)
    assert undo(ACCOUNTS, done.change_set_id, mine, **WHO).restored == len(seen)


def test_a_cell_is_changed_as_an_import_would_clean_it_and_is_taken_back_exactly() -> None:
    before = rows("SELECT to_jsonb(a) - 'updated_at' FROM gcrm.accounts a ORDER BY account_id")
    done = change(ACCOUNTS, [_key("c1")], "name", "  Velo   Oyj ", ALL, **WHO, seen="Velo Oy")
    assert value("SELECT name FROM gcrm.accounts WHERE source_key = 'c1'") == "Velo Oyj"
    assert rows("SELECT before, changed_by, through FROM gcrm.changes WHERE change_set_id = %s", done.change_set_id) == [({"name": "Velo Oy"}, "ada", "page")]
    assert done.change_set_id is not None
    assert undo(ACCOUNTS, done.change_set_id, ALL, **WHO) == changing.Undone(1, 0)
    assert rows("SELECT to_jsonb(a) - 'updated_at' FROM gcrm.accounts a ORDER BY account_id") == before
    with pytest.raises(CrmError, match="taken back already"):
        undo(ACCOUNTS, done.change_set_id, ALL, **WHO)
    with pytest.raises(CrmError, match="Name cannot be empty"):
        change(ACCOUNTS, [_key("c1")], "name", " ", ALL, **WHO)
    with pytest.raises(CrmError, match="record by record"):
        change(ACCOUNTS, [_key("c1"), _key("c2")], "name", "One", ALL, **WHO)
    assert change(ACCOUNTS, [_key("c1")], "status", "customer", ALL, **WHO) == changing.Changed(None, 0)


def test_what_somebody_changed_since_is_neither_overwritten_nor_taken_back() -> None:
    first = change(ACCOUNTS, [_key("c1"), _key("c2")], "segment", "Bikes", ALL, **WHO)
    with pytest.raises(CrmError, match="changed by somebody else"):
        change(ACCOUNTS, [_key("c1")], "segment", "Cars", ALL, **WHO, seen="Retail")
    later = change(ACCOUNTS, [_key("c1")], "segment", "Boats", ALL, actor="bob", through="page")
    assert first.change_set_id is not None
    assert later.change_set_id is not None
    assert undo(ACCOUNTS, first.change_set_id, ALL, **WHO) == changing.Undone(1, 1)
    assert rows("SELECT segment FROM gcrm.accounts WHERE source_key IN ('c1', 'c2') ORDER BY source_key") == [("Boats",), ("Retail",)]
    undo(ACCOUNTS, later.change_set_id, ALL, **WHO)
    change(ACCOUNTS, [_key("c1")], "segment", "Retail", ALL, **WHO)
    only = change(ACCOUNTS, [_key("c2")], "segment", "Bikes", ALL, **WHO)
    since = change(ACCOUNTS, [_key("c2")], "segment", "Boats", ALL, actor="bob", through="page")
    assert only.change_set_id is not None
    with pytest.raises(CrmError, match="cannot be taken back"):
        undo(ACCOUNTS, only.change_set_id, ALL, **WHO)
    assert since.change_set_id is not None
    undo(ACCOUNTS, since.change_set_id, ALL, **WHO)
    undo(ACCOUNTS, only.change_set_id, ALL, **WHO)


def test_many_are_changed_by_the_rules_of_each_and_taken_back_as_one() -> None:
    key = value("SELECT lead_id FROM gcrm.leads WHERE source_key = 'l1'")
    begun = change(LEADS, [key], "status", "working", ALL, **WHO)
    with pytest.raises(CrmError, match="by now, not 9"):
        change_all(LEADS, Wanted(), 9, "status", "new", ALL, **WHO)
    with pytest.raises(CrmError, match="Why it is rejected is missing"):
        change_all(LEADS, Wanted(), 4, "status", "rejected", ALL, **WHO)
    assert value("SELECT count(*) FROM gcrm.change_sets WHERE object = 'leads'") == 1
    rep = value("SELECT rep_id FROM gcrm.reps WHERE source_key = 'r1'")
    done = change_all(LEADS, Wanted(), 4, "rep", str(rep), ALL, **WHO)
    assert (done.changed, value("SELECT count(*) FROM gcrm.leads WHERE rep_id = %s", rep)) == (4, 4)
    assert done.change_set_id is not None
    assert undo(LEADS, done.change_set_id, ALL, **WHO).restored == 4
    assert value("SELECT count(rep_id) FROM gcrm.leads") == 0
    assert begun.change_set_id is not None
    undo(LEADS, begun.change_set_id, ALL, **WHO)


def test_what_the_rules_refuse_stays_and_is_counted() -> None:
    done = change_all(CASES, Wanted(), 2, "status", "closed", ALL, **WHO)  # one is solved, the other new
    assert (done.changed, sum(done.refused.values())) == (1, 1)
    assert "A case that is new cannot become closed" in next(iter(done.refused))
    assert undo_last(CASES, ALL, **WHO).restored == 1
    assert rows("SELECT status FROM gcrm.cases ORDER BY source_key") == [("solved",), ("new",)]
    with pytest.raises(CrmError, match="changed nothing"):
        undo_last(CASES, ALL, **WHO)


def test_the_terms_and_the_stage_of_an_opportunity_are_changed_by_its_rules() -> None:
    key = int(value("SELECT opportunity_id FROM gcrm.opportunities WHERE source_key = 'd1'"))
    said = {"amount": "13000.50", "expected_close_on": "2026-07-01", "probability": "0.4", "commitment": "commit", "stage": "negotiation"}
    for field, text in said.items():
        assert change(OPPORTUNITIES, [key], field, text, ALL, **WHO).changed == 1
    told = rows("SELECT amount, expected_close_on::text, probability, commitment, stage FROM gcrm.opportunities WHERE opportunity_id = %s", key)
    assert told == [(Decimal("13000.50"), "2026-07-01", Decimal("0.4"), "commit", "negotiation")]
    with pytest.raises(CrmError, match="Amount cannot be 'a lot'"):
        change(OPPORTUNITIES, [key], "amount", "a lot", ALL, **WHO)
    for _ in range(5):
        undo_last(OPPORTUNITIES, ALL, **WHO)
    assert rows("SELECT amount, stage FROM gcrm.opportunities WHERE opportunity_id = %s", key) == [(Decimal(12990), "proposal")]


def test_a_planned_activity_gets_another_time_and_rep() -> None:
    rep, other = (value("SELECT rep_id FROM gcrm.reps WHERE source_key = %s", key) for key in ("r1", "r2"))
    well("activities", "plan", _key("c1"), "call", "Spring range", "2030-01-10T09:00", "--rep", rep)
    key = int(value("SELECT activity_id FROM gcrm.activities WHERE state = 'planned'"))
    activities = LISTS["activities"]
    assert change(activities, [key], "due_at", "2030-02-01T10:00+02:00", ALL, **WHO).changed == 1
    everything = change_all(activities, Wanted(), 3, "rep", str(other), ALL, **WHO)
    assert (everything.changed, sum(everything.refused.values())) == (1, 2)
    assert undo_last(activities, ALL, **WHO).restored == 1
    assert rows("SELECT due_at::text, rep_id FROM gcrm.activities WHERE activity_id = %s", key) == [("2030-02-01 08:00:00+00", rep)]


@pytest.mark.parametrize("ending", [".csv", ".xlsx"])
def test_a_file_has_the_records_of_the_list_and_nothing_that_runs(tmp_path: Path, ending: str) -> None:
    done = change(ACCOUNTS, [_key("c4")], "name", "=HYPERLINK(1)", ALL, **WHO)
    target = tmp_path / f"accounts{ending}"
    retail = Wanted((("segment", ("Retail",)),))
    assert export_list(ACCOUNTS, Wanted(), Sort.parse("-name"), target, ALL) == 7
    read = pd.read_csv(target, dtype="string") if ending == ".csv" else pd.read_excel(target, dtype="string", engine="openpyxl")
    assert list(read["account_id"]) == [str(row[0]) for row in rows("SELECT account_id FROM gcrm.accounts ORDER BY lower(name) DESC, account_id DESC")]
    assert not {"phone", "email"} & set(read.columns)
    assert any(name.endswith("=HYPERLINK(1)") for name in read["name"])
    assert (ending == ".csv") == ("'=HYPERLINK(1)" in set(read["name"]))  # a workbook says itself what is text
    assert export_list(ACCOUNTS, retail, Sort("name"), target, ALL) == count(ACCOUNTS, retail, ALL)
    assert export_list(LEADS, Wanted(), LEADS.sort, target, ALL) == 4
    assert "who@example.org" not in target.read_bytes().decode("latin-1")
    assert done.change_set_id is not None
    undo(ACCOUNTS, done.change_set_id, ALL, **WHO)


def test_who_is_not_shown_what_few_have_gets_no_area_and_no_file(tmp_path: Path) -> None:
    hiding = Scope(None, smallest_count=5)
    assert count(ACCOUNTS, Wanted(), hiding) == 7
    with pytest.raises(AreaError, match="fewer than 5"):
        count(ACCOUNTS, Wanted(area=BOX), hiding)
    with pytest.raises(ExportError, match="not taken along"):
        export_list(ACCOUNTS, Wanted(), Sort("name"), tmp_path / "accounts.csv", hiding)


def test_the_command_line_lists_changes_and_takes_back(tmp_path: Path) -> None:
    said = well("accounts", "list", "--status", "customer", "--most", "2", "--sort", "-name")
    assert "2 of 4 accounts" in said
    (after,) = [line.split("'")[1] for line in said.splitlines() if "--after" in line]
    assert "Kaupunki 7" in well("accounts", "list", "--status", "customer", "--most", "2", "--sort", "-name", "--after", after)
    box = json.dumps({"type": "Polygon", "coordinates": [[[24.938, 60.17], [24.944, 60.17], [24.944, 60.1725], [24.938, 60.1725], [24.938, 60.17]]]})
    (tmp_path / "area.geojson").write_text(box)
    assert "of 2 accounts" in well("accounts", "list", "--area", tmp_path / "area.geojson")
    assert "1 of 1 accounts are changed" in well("accounts", "set", "status", "lost", "--text", "haus", "--by", "ada", "--yes")
    assert "1 accounts are as they were" in well("accounts", "undo", "--by", "ada")
    assert "Which accounts is missing" in gcrm("accounts", "set", "status", "lost", "--by", "ada", "--yes").err
    assert value("SELECT count(*) FROM gcrm.accounts WHERE status = 'lost'") == 1
