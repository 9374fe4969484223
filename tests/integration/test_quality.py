"""Data quality: every figure is a count of the database, within the reader's scope."""

import time
from pathlib import Path

import pytest

from gcrm.access.scope import Scope
from gcrm.db.connection import Role, connect
from gcrm.errors import QualityError
from gcrm.pipeline import quality
from gcrm.pipeline.quality import AGES, FIELDS, Flaw
from gcrm.spatial.cells import descendants
from tests.integration.command_line import gcrm, well
from tests.integration.records import empty, rows, value
from tests.integration.shop import RECORDS, import_shop

pytestmark = pytest.mark.usefixtures("shop")

EVERYTHING = Scope.everything()
SECOND = "id,name,phone,country,lat,lng\ns1,One,+358 40 1,FI,60.17,24.94\ns2,Two,,FI,60.17,24.94\ns3,Three,,,,\n,Nobody,,,,\n"


@pytest.fixture
def shop(database: None, tmp_path: Path) -> None:
    """The shop; a second source with three accounts and a refused record; two doubtful phones; one old record."""
    del database
    empty()
    import_shop("territories", "accounts")
    path = tmp_path / "second.csv"
    path.write_text(SECOND)
    well("import", "accounts", path, "--source", "second")
    with connect(Role.WRITER) as writer:
        writer.execute("UPDATE gcrm.accounts SET updated_at = now() - interval '3 years', created_at = now() - interval '3 years' WHERE source_key = 's2'")


def names(flaw: str, source: str | None = None, span: tuple[int, int] | None = None, scope: Scope = EVERYTHING) -> set[str]:
    return set(quality.flawed_accounts(Flaw.parse(flaw), source, span, 100, scope)["source_key"])


@pytest.mark.parametrize("source", [None, "second"])
def test_completeness_is_what_the_columns_hold(source: str | None) -> None:
    found = quality.measure(EVERYTHING)
    condition = "true" if source is None else f"source = '{source}'"
    assert found.total(source) == value(f"SELECT count(*) FROM gcrm.accounts WHERE {condition}")
    for field, filled in found.completeness(source).items():
        assert filled == value(f"SELECT count({field}) FROM gcrm.accounts WHERE {condition}"), field
    assert list(found.completeness(source).index) == list(FIELDS)
    assert found.sources == ["files", "second"]


def test_every_flaw_lists_as_many_accounts_as_are_counted() -> None:
    found = quality.measure(EVERYTHING)
    flaws = [Flaw("missing", field) for field in FIELDS] + [Flaw("age", age) for age in AGES]
    flaws += [Flaw("placed", str(level)) for level in found.placements().index] + [Flaw("warned", "phone")]
    for flaw in flaws:
        for source in (None, "second"):
            assert len(names(str(flaw), source)) == found.having(flaw, source), str(flaw)
    assert sum(found.placements()) == sum(found.ages()) == found.total()


def test_flaws_name_their_accounts() -> None:
    assert names("missing:phone", "second") == {"s2", "s3"}
    assert names("missing:position", "second") == names("placed:not tried", "second") == {"s3"}
    assert names("age:older") == {"s2"}
    assert names("warned:phone") == {"s1", "c1"}
    (only,) = quality.flawed_accounts(Flaw("warned", "phone"), "second", None, 10, EVERYTHING).to_dict("records")
    assert (only["value"], only["reason"]) == ("+358 40 1", "is not a valid phone number")


def test_cells_count_the_placed_accounts_and_lead_to_them() -> None:
    cells = quality.flawed_cells(Flaw("missing", "phone"), "second", 9, EVERYTHING)
    assert cells[["accounts", "flawed"]].to_numpy().tolist() == [[2, 1]]
    span = descendants(int(cells["cell"].iloc[0]))
    assert names("missing:phone", "second", span) == {"s2"}
    warned = quality.flawed_cells(Flaw("warned", "phone"), None, 5, EVERYTHING)
    assert warned["flawed"].sum() == value("SELECT count(*) FROM gcrm.accounts WHERE source_key IN ('s1', 'c1') AND cell IS NOT NULL")
    assert warned["accounts"].sum() == value("SELECT count(cell) FROM gcrm.accounts")


def test_validity_and_time() -> None:
    found = quality.measure(EVERYTHING)
    assert found.validity("second").to_dict("records") == [{"object": "accounts", "refused": 1, "warnings": 1}]
    assert found.warned_total() == 2
    assert found.warned_fields("second").to_dict() == {"phone": 1}
    last = found.imports.iloc[-1]
    assert (last["file_name"], last["rows_read"], last["rows_refused"]) == ("second.csv", 4, 1)
    months = found.months("second")
    assert months["accounts"].tolist() == [1, 2]
    assert months["phone"].tolist() == [0, 1]


def test_who_sees_a_territory_counts_its_accounts_and_their_warnings_only() -> None:
    ((territory, accounts),) = rows("SELECT territory_id, count(*) FROM gcrm.accounts WHERE territory_id IS NOT NULL GROUP BY 1 ORDER BY 2 DESC LIMIT 1")
    scope = Scope(territories=frozenset({territory}), finest_level=6)
    found = quality.measure(scope)
    assert found.total() == accounts < quality.measure(EVERYTHING).total()
    own = {key for (key,) in rows("SELECT source_key FROM gcrm.accounts WHERE territory_id = %s", territory)}
    assert names("age:30 days", scope=scope) == own
    assert found.warned_total() == len(own & {"s1", "c1"})
    cells = quality.flawed_cells(Flaw("missing", "phone"), None, 9, scope)
    assert cells["cell"].isin([cell for (cell,) in rows("SELECT gcrm.cell_parent(cell, 6) FROM gcrm.accounts WHERE cell IS NOT NULL")]).all()
    nobody = Scope(territories=frozenset())
    assert quality.measure(nobody).total() == quality.measure(nobody).warned_total() == 0


def test_the_version_changes_with_the_accounts(tmp_path: Path) -> None:
    def settled() -> str:
        before = quality.version(EVERYTHING)
        for _ in range(120):
            time.sleep(0.25)
            after = quality.version(EVERYTHING)
            if after == before:
                break
            before = after
        return before

    before = settled()
    assert quality.version(EVERYTHING) == before
    path = tmp_path / "more.csv"
    path.write_text("id,name\nm1,More\n")
    well("import", "accounts", path)
    for _ in range(120):
        if quality.version(EVERYTHING) != before:
            return
        time.sleep(0.25)
    pytest.fail("the version stayed as it was")


@pytest.mark.parametrize("text", ["", "missing", "missing:", "missing:soul", "age:1 day", "odd:phone", "warned:"])
def test_a_flaw_that_is_none_is_named(text: str) -> None:
    with pytest.raises(QualityError, match="is no flaw"):
        Flaw.parse(text)


def test_the_field_that_is_missing_most_yet_not_everywhere_comes_first() -> None:
    found = quality.measure(EVERYTHING)
    flaw = found.telling("second")
    assert flaw == Flaw("missing", "phone")
    assert 0 < found.having(flaw, "second") < found.total("second")


def test_the_command_prints_the_figures() -> None:
    out = well("quality")
    assert "all" in out
    assert f"{RECORDS['accounts'] + 3}" in out
    assert "accounts: 1 refused records wait, 2 warnings." in out
    assert "1 (33.3 %)" in well("quality", "--source", "second")
    wrong = gcrm("quality", "--source", "third")
    assert (wrong.code, "they come from files, second" in wrong.err) == (1, True)
    empty()
    assert "There are no accounts yet" in well("quality")
