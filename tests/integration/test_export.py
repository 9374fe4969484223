"""Exports open in a spreadsheet and do nothing there; nobody gets rows outside of their scope."""

import csv
import json
import re
import runpy
import shlex
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import geopandas as gpd
import h3
import openpyxl
import pandas as pd
import pyarrow.parquet as pq
import pytest
from shapely import Polygon

from gcrm.access.scope import Scope
from gcrm.config import settings
from gcrm.db.connection import Role, connect
from gcrm.errors import ExportError
from gcrm.ingest.harmless import harmless
from gcrm.olap.query import CubeQuery
from gcrm.pipeline.cubes import ask_cube, published
from gcrm.pipeline.exports import AccountFilter, export_accounts
from tests.integration.command_line import gcrm, well
from tests.integration.records import rows, value
from tests.integration.shop import import_shop

pytestmark = pytest.mark.usefixtures("shop")

_FORMULAS = ("=1+1", "+1+1", "-1+1", "@SUM(A1)", "\t=1+1", '=HYPERLINK("http://example.org","x")', "\uff1d1+1")
_KEYS = {"c1", "c2", "c3", "c4", "c5", "c6", "c7"}


@pytest.fixture(scope="module")
def shop(database: None) -> None:
    """The shop with its territories and a cube; two of its accounts have names that a spreadsheet could run."""
    del database
    import_shop("territories", "products", "accounts", "orders")
    rows("UPDATE gcrm.accounts SET name = %s, segment = '@segment' WHERE source_key = 'c1' RETURNING 1", _FORMULAS[5])
    rows("UPDATE gcrm.accounts SET name = '-5', street = '+Street', phone = '+358' WHERE source_key = 'c6' RETURNING 1")
    well("enrich")
    well("cube", "build")


def _keys(records: list[dict[str, Any]]) -> set[str]:
    return {record["source_key"] for record in records}


def _csv(path: Path) -> list[dict[str, Any]]:
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_csv(tmp_path: Path) -> None:
    assert well("export", tmp_path / "a.csv") == f"7 accounts to {tmp_path / 'a.csv'}.\n"
    records = {record["source_key"]: record for record in _csv(tmp_path / "a.csv")}

    assert set(records) == _KEYS
    assert records["c1"]["name"] == "'" + _FORMULAS[5]
    assert records["c1"]["segment"] == "'@segment"
    assert records["c6"]["street"] == "'+Street"
    assert records["c6"]["name"] == "-5"  # a number is no formula
    assert records["c3"]["name"] == 'Haus "Meri"; Bau'
    assert (records["c3"]["longitude"], records["c3"]["territory"], records["c3"]["region"]) == ("24.943", "North", "City")
    assert records["c5"]["longitude"] == ""
    assert not {"phone", "email"} & set(records["c1"])


def test_xlsx_holds_text_not_formulas(tmp_path: Path) -> None:
    well("export", tmp_path / "a.xlsx")
    sheet = openpyxl.load_workbook(tmp_path / "a.xlsx")["gcrm"]
    header, *body = sheet.iter_rows()
    names = [cell.value for cell in header]
    cells = {row[names.index("source_key")].value: dict(zip(names, row, strict=True)) for row in body}

    assert cells["c1"]["name"].value == _FORMULAS[5]
    assert {cell.data_type for row in cells.values() for cell in row.values()} <= {"s", "n", "b"}  # none is "f", a formula
    assert all(cell.hyperlink is None for row in cells.values() for cell in row.values())
    assert cells["c6"]["name"].data_type == "s"
    assert cells["c3"]["longitude"].value == 24.943


def test_parquet_and_geojson_keep_values_as_they_are(tmp_path: Path) -> None:
    well("export", tmp_path / "a.parquet")
    well("export", tmp_path / "a.geojson")
    table = {record["source_key"]: record for record in pq.read_table(tmp_path / "a.parquet").to_pylist()}
    places = gpd.read_file(tmp_path / "a.geojson").set_index("source_key")
    features = {feature["properties"]["source_key"]: feature for feature in json.loads((tmp_path / "a.geojson").read_text())["features"]}

    assert set(table) == set(places.index) == _KEYS
    assert table["c1"]["name"] == places.loc["c1", "name"] == _FORMULAS[5]
    assert (table["c3"]["longitude"], table["c3"]["latitude"]) == (24.943, 60.171)
    assert (places.geometry["c3"].x, places.geometry["c3"].y) == (24.943, 60.171)
    assert features["c5"]["geometry"] is None
    assert table["c5"]["longitude"] is None


@pytest.mark.parametrize("text", _FORMULAS)
def test_what_a_spreadsheet_could_run_is_made_harmless(text: str) -> None:
    assert harmless(text) == "'" + text


@pytest.mark.parametrize("harmless_value", ["-5", "+1.5", "-1,5", "plain", "a=1", "", None, -5, Decimal("-1.50"), "'=1"])
def test_what_it_could_not_stays(harmless_value: object) -> None:
    assert harmless(harmless_value) == harmless_value


@pytest.mark.parametrize(
    ("options", "keys"),
    [
        (["--status", "prospect"], {"c3"}),
        (["--status", "prospect", "--status", "partner"], {"c3", "c6"}),
        (["--territory", "North"], {"c2", "c3", "c7"}),
        (["--territory", "North", "--status", "customer"], {"c2", "c7"}),
        (["--segment", "Families", "--segment", "Construction"], {"c3", "c5", "c7"}),
        (["--segment", "Nobody"], set()),
        (["--status", "'; DROP TABLE gcrm.accounts; --"], set()),
    ],
)
@pytest.mark.parametrize("ending", ["csv", "geojson"])
def test_a_selection(tmp_path: Path, options: list[str], keys: set[str], ending: str) -> None:
    target = tmp_path / f"a.{ending}"
    assert well("export", target, *options).startswith(f"{len(keys)} accounts")
    found = _csv(target) if ending == "csv" else [feature["properties"] for feature in json.loads(target.read_text())["features"]]
    assert _keys(found) == keys


@pytest.mark.parametrize("ending", ["csv", "xlsx", "parquet", "geojson"])
def test_nothing_is_a_file_too(tmp_path: Path, ending: str) -> None:
    target = tmp_path / f"a.{ending}"
    assert well("export", target, "--segment", "Nobody").startswith("0 accounts")
    assert target.stat().st_size > 0


def _area(path: Path, *rings: list[list[float]], crs: int | None = None) -> Path:
    areas = gpd.GeoDataFrame(
        {"name": range(len(rings))}, geometry=gpd.GeoSeries.from_wkt([f"POLYGON(({', '.join(f'{x} {y}' for x, y in ring)}))" for ring in rings]), crs=4326
    )
    (areas.to_crs(crs) if crs else areas).to_file(path, driver="GeoJSON")
    return path


_AROUND_C3 = [[24.9425, 60.1705], [24.9435, 60.1705], [24.9435, 60.1715], [24.9425, 60.1715], [24.9425, 60.1705]]
_AROUND_C4 = [[24.9395, 60.1555], [24.9405, 60.1555], [24.9405, 60.1565], [24.9395, 60.1565], [24.9395, 60.1555]]
_BOW_TIE = [[24.94, 60.17], [24.946, 60.172], [24.946, 60.17], [24.94, 60.172], [24.94, 60.17]]


@pytest.mark.parametrize(
    ("rings", "crs", "keys"),
    [([_AROUND_C3], None, {"c3"}), ([_AROUND_C3, _AROUND_C4], None, {"c3", "c4"}), ([_AROUND_C4], 3067, {"c4"}), ([_BOW_TIE], None, {"c3"})],
    ids=["one", "several", "in metres", "crossing itself"],
)
def test_an_area(tmp_path: Path, rings: list[list[list[float]]], crs: int | None, keys: set[str]) -> None:
    well("export", tmp_path / "a.csv", "--area", _area(tmp_path / "area.geojson", *rings, crs=crs))
    assert _keys(_csv(tmp_path / "a.csv")) == keys


def test_nobody_gets_rows_outside_of_their_scope(tmp_path: Path) -> None:
    ids = dict(rows("SELECT source_key, territory_id FROM gcrm.territories"))
    everything = AccountFilter()

    assert export_accounts(tmp_path / "north.csv", everything, Scope(frozenset({ids["north"]}))) == 3
    assert _keys(_csv(tmp_path / "north.csv")) == {"c2", "c3", "c7"}
    assert export_accounts(tmp_path / "both.csv", everything, Scope(frozenset({ids["north"], ids["online"]}))) == 4
    assert export_accounts(tmp_path / "none.csv", everything, Scope(frozenset())) == 0
    assert export_accounts(tmp_path / "other.csv", AccountFilter(territories=("South",)), Scope(frozenset({ids["north"]}))) == 0
    assert export_accounts(tmp_path / "all.csv", everything, Scope.everything()) == value("SELECT count(*) FROM gcrm.accounts")


def test_the_file_and_the_cube_show_the_same_accounts_to_the_same_person(tmp_path: Path) -> None:
    for (territory_id,) in rows("SELECT territory_id FROM gcrm.territories"):
        scope = Scope(frozenset({territory_id}))
        counted = ask_cube(CubeQuery.parse(measures="accounts"), scope).table.to_pylist()[0]["accounts"]
        assert export_accounts(tmp_path / "a.csv", AccountFilter(), scope) == counted


@pytest.mark.parametrize(
    ("name", "options", "sentence"),
    [
        ("a.pdf", [], r"a.pdf: files that end in .pdf are not written; use .csv, .xlsx, .parquet, .geojson."),
        ("a", [], "files that end in nothing are not written"),
        ("nowhere/a.csv", [], "is not there; make it first."),
        ("folder.csv", [], "cannot be written (Is a directory)"),
        ("a.csv", ["--area", "missing.geojson"], "missing.geojson is not a file; check the path."),
        ("a.csv", ["--area", "points.geojson"], "points.geojson holds no polygon that can be used: feature 1 "),
        ("a.csv", ["--area", "empty.geojson"], "empty.geojson holds no record; it needs at least one below its header."),
        ("a.csv", ["--area", "text.geojson"], "text.geojson is not GeoJSON that can be read"),
    ],
)
def test_what_cannot_be_written_is_one_line_and_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, options: list[str], sentence: str
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "folder.csv").mkdir()
    (tmp_path / "points.geojson").write_text(
        '{"type": "FeatureCollection", "features": [{"type": "Feature", "properties": {}, "geometry": {"type": "Point", "coordinates": [1, 2]}}]}'
    )
    (tmp_path / "empty.geojson").write_text('{"type": "FeatureCollection", "features": []}')
    (tmp_path / "text.geojson").write_text("no areas")
    before = set(tmp_path.iterdir())
    done = gcrm("export", name, *options)

    assert (done.code, done.out) == (1, "")
    assert sentence in done.err
    assert done.err.count("\n") == 1
    assert set(tmp_path.iterdir()) == before


def test_a_file_that_is_there_stays_whole_where_the_new_one_cannot_be_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    target = tmp_path / "a.xlsx"
    well("export", target)
    before = target.read_bytes()
    monkeypatch.setattr("gcrm.pipeline.exports.XLSX_MOST_ROWS", 3)
    with pytest.raises(ExportError, match=r"7 rows do not fit into a sheet of 3; write \.csv or \.parquet"):
        export_accounts(target, AccountFilter(), Scope.everything())
    assert target.read_bytes() == before
    assert list(tmp_path.iterdir()) == [target]


def test_answers_of_the_cube_are_written_with_readable_cells(tmp_path: Path) -> None:
    target = tmp_path / "a.csv"
    assert well("cube", "query", "--rows", "place:9,segment", "--measures", "accounts,revenue", "--output", target).endswith("a.csv.\n")
    answer = pd.read_csv(target, dtype="string", skiprows=14).fillna("")
    assert set(answer.columns) == {"cell", "segment", "accounts", "revenue"}
    assert answer["accounts"].astype(int).sum() == 7
    assert sum(Decimal(text) for text in answer["revenue"] if text) == value("SELECT sum(revenue) FROM gcrm.orders")
    cells = {h3.cell_to_parent(h3.int_to_str(cell), 9) for (cell,) in rows("SELECT cell FROM gcrm.accounts WHERE cell IS NOT NULL")}
    assert set(answer["cell"]) == cells | {""}  # to the last digit, though some have none
    assert "'@segment" in set(answer["segment"])

    for ending in ("xlsx", "parquet"):
        well("cube", "query", "--rows", "month", "--output", tmp_path / f"a.{ending}")
    assert [f"{record['month']:%Y-%m}" for record in pq.read_table(tmp_path / "a.parquet").to_pylist()] == ["2024-12", "2025-01", "2025-02"]
    done = gcrm("cube", "query", "--rows", "month", "--output", tmp_path / "a.geojson")
    assert (done.code, done.err) == (1, "gcrm: a.geojson: an answer of the cube has no points; write .csv, .xlsx or .parquet.\n")


def test_an_answer_says_what_was_asked_of_which_version(tmp_path: Path) -> None:
    question = ["--rows", "place:9", "--cols", "segment", "--where", "month=2025-01..2025-02", "--where", "segment=@@segment|x;=1+1"]
    for ending in ("csv", "xlsx", "parquet"):
        well("cube", "query", *question, "--output", tmp_path / f"a.{ending}")
    about = gpd.read_parquet(tmp_path / "a.parquet").attrs
    asked = ["rows", "columns", "measures", "where", "derived", "having", "top", "order", "versus", "around", "scenario"]
    assert list(about) == [*asked, "currency", "cube_version", "as_of"]
    assert (about["rows"], about["columns"], about["measures"], about["currency"]) == ("place:9", "segment", "revenue", "EUR")
    assert about["where"] == "month=2025-01..2025-02 and segment=@@segment|x;=1+1"
    assert (about["cube_version"], about["as_of"]) == (published().name, published().built_at.isoformat(timespec="seconds"))

    lines = (tmp_path / "a.csv").read_text().splitlines()
    assert lines[0] == "# rows: place:9"
    assert [next(csv.reader([line])) for line in lines[:14]] == [[f"# {name}: {text}".strip()] for name, text in about.items()]
    assert lines[3].startswith('"# where')  # one cell also where a spreadsheet splits at semicolons
    assert lines[14] == "cell,segment,revenue"
    sheet = openpyxl.load_workbook(tmp_path / "a.xlsx")["About"]
    assert {row[0].value: row[1].value or "" for row in sheet.iter_rows()} == about
    assert {cell.data_type for row in sheet.iter_rows() for cell in row} <= {"s", "n"}


def test_an_answer_with_places_as_parquet_has_their_hexagons(tmp_path: Path) -> None:
    well("cube", "query", "--rows", "place:8", "--measures", "accounts", "--output", tmp_path / "a.parquet")
    cells = gpd.read_parquet(tmp_path / "a.parquet")
    assert cells.crs == "EPSG:4326"
    placed = cells.dropna(subset="cell")
    assert cells["accounts"].sum() == 7 > placed["accounts"].sum()
    for cell, shape in zip(placed["cell"], placed.geometry, strict=True):
        assert shape.symmetric_difference(Polygon([(longitude, latitude) for latitude, longitude in h3.cell_to_boundary(cell)])).area < 1e-12
    assert cells.geometry[cells["cell"].isna()].isna().all()
    nothing = gpd.read_parquet(_written(tmp_path / "none.parquet", "--rows", "place:8", "--where", "segment=nobody"))
    assert (len(nothing), nothing.crs) == (0, cells.crs)


def _written(target: Path, *question: str) -> Path:
    well("cube", "query", *question, "--output", target)
    return target


def test_the_how_to_opens_the_cube_and_its_exports_with_other_tools(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    page = (Path(__file__).parents[2] / "docs" / "how_to" / "cube.md").read_text(encoding="utf-8")
    section = page.split("## Open it elsewhere")[1].split("\n## ")[0].replace("GCRM_HOME", str(settings().home)).replace("VERSION", published().name)
    blocks = re.findall(r"```(\w*)\n(.*?)```", section, re.DOTALL)
    assert [language for language, _ in blocks] == ["", "sql", "python"]
    commands, statements, script = (text for _, text in blocks)
    monkeypatch.chdir(tmp_path)
    for line in commands.splitlines():
        well(*shlex.split(line)[1:])
    for statement in statements.strip().removesuffix(";").split(";"):
        assert duckdb.execute(statement).fetchall(), statement
    (tmp_path / "how_to.py").write_text(script)
    found = runpy.run_path("how_to.py")
    assert found["cells"]["revenue"].sum() == value("SELECT sum(revenue) FROM gcrm.orders")
    assert found["table"]["revenue"].sum() == float(value("SELECT sum(revenue) FROM gcrm.orders WHERE ordered_at >= '2025-01-01Z'"))
    assert found["cube"]["revenue"].sum() == value("SELECT sum(revenue) FROM gcrm.orders")
    assert gpd.read_file("revenue.gpkg").crs == "EPSG:4326"


def test_surroundings_and_thematic_layers_leave_with_the_accounts(tmp_path: Path) -> None:
    zones = tmp_path / "flood.geojson"
    box = [[24.9425, 60.1705], [24.9435, 60.1705], [24.9435, 60.1715], [24.9425, 60.1715], [24.9425, 60.1705]]
    feature = {"type": "Feature", "properties": {"zone": "=high", "level": 2.5}, "geometry": {"type": "Polygon", "coordinates": [box]}}
    zones.write_text(json.dumps({"type": "FeatureCollection", "features": [feature]}))
    well("load", "thematic", zones, "--value", "zone", "--name", "flood zone")
    well("load", "thematic", zones, "--value", "level", "--name", "flood level")
    told = {
        "site_drive_key": "west",
        "site_drive_minutes": 2.5,
        "site_walk_key": "east",
        "site_walk_minutes": 12.25,
        "competitors_near": 3,
        "passing_trips": 12,
    }
    with connect(Role.WRITER) as connection:
        connection.execute(
            "UPDATE gcrm.account_surroundings SET site_drive_key = %s, site_drive_minutes = %s, site_walk_key = %s, site_walk_minutes = %s,"
            " competitors_near = %s, passing_trips = %s WHERE account_id = (SELECT account_id FROM gcrm.accounts WHERE source_key = 'c3')", list(told.values()),
        )  # fmt: skip
    for ending in ("csv", "xlsx", "parquet", "geojson"):
        well("export", tmp_path / f"a.{ending}")
    table = {record["source_key"]: record for record in pq.read_table(tmp_path / "a.parquet").to_pylist()}
    assert {name: table["c3"][name] for name in told} == told
    assert (table["c3"]["thematic_flood zone"], table["c3"]["thematic_flood level"]) == ("=high", 2.5)
    assert {table["c4"][name] for name in (*told, "thematic_flood zone", "thematic_flood level")} == {None}
    records = {record["source_key"]: record for record in _csv(tmp_path / "a.csv")}
    assert (records["c3"]["competitors_near"], records["c3"]["passing_trips"], records["c3"]["thematic_flood zone"]) == ("3", "12", "'=high")
    assert (records["c4"]["competitors_near"], records["c4"]["thematic_flood level"]) == ("", "")
    sheet = pd.read_excel(tmp_path / "a.xlsx", engine="openpyxl").set_index("source_key")
    assert (sheet.loc["c3", "competitors_near"], sheet.loc["c3", "thematic_flood level"]) == (3, 2.5)
    assert gpd.read_file(tmp_path / "a.geojson").set_index("source_key").loc["c3", "site_walk_minutes"] == 12.25
