"""Areas, perimeters and outlines of the cells of a row, beside sums over cells and over the edges that no two of them share."""

from pathlib import Path

import geopandas as gpd
import h3
import pytest
import shapely
from pyproj import Geod

from gcrm.access.scope import Scope
from gcrm.errors import CubeError
from gcrm.olap.analysis import ask, ask_outlines
from gcrm.olap.query import CubeQuery
from gcrm.olap.versions import Version
from gcrm.pipeline.exports import export_outlines
from tests.unit.olap.cube import Row, made_up_facts, publish

_EVERYTHING = Scope.everything()
_SALES, _ACCOUNTS = made_up_facts(5, accounts=300, lines=0)
_GEOD = Geod(ellps="WGS84")


@pytest.fixture(scope="module")
def version(tmp_path_factory: pytest.TempPathFactory) -> Version:
    return publish(tmp_path_factory.mktemp("cubes"), _SALES, _ACCOUNTS, "five")[0]


def _cells(rows: list[Row], level: int) -> set[str]:
    return {h3.cell_to_parent(h3.int_to_str(row["cell"]), level) for row in rows if row["cell"] is not None}


def _area_km2(cells: set[str]) -> float:
    return sum(_GEOD.geometry_area_perimeter(_hexagon(cell))[0] for cell in cells) / 1e6


def _hexagon(cell: str) -> shapely.Polygon:
    return shapely.Polygon([(longitude, latitude) for latitude, longitude in h3.cell_to_boundary(cell)])


def _perimeter_km(cells: set[str]) -> float:
    """Of the edges behind which lies a cell that does not belong to them."""
    outer = [edge for cell in cells for edge in h3.origin_to_directed_edges(cell) if h3.get_directed_edge_destination(edge) not in cells]
    ends = [h3.directed_edge_to_boundary(edge) for edge in outer]
    return sum(_GEOD.line_length([end[1] for end in edge], [end[0] for end in edge]) for edge in ends) / 1000


@pytest.mark.parametrize("level", [6, 8, 9])
def test_areas_and_perimeters_are_of_the_cells_of_a_row(version: Version, level: int) -> None:
    derived = f"area(customers, {level}), perimeter(customers, {level})"
    rows = ask(version, CubeQuery.parse("territory", "status", measures="customers", derived=derived), _EVERYTHING).table.to_pylist()
    assert len(rows) == 8
    for row in rows:
        cells = _cells([each for each in _ACCOUNTS if (each["territory"], each["status"]) == (row["territory"], row["status"]) and each["customer"]], level)
        # Of nobody there is no area: prospects are no customers.
        assert row[f"area_customers_{level}"] == (pytest.approx(_area_km2(cells)) if cells else None)
        assert row[f"perimeter_customers_{level}"] == (pytest.approx(_perimeter_km(cells)) if cells else None)


def test_a_hole_takes_area_away_and_has_an_edge(tmp_path: Path) -> None:
    middle = h3.latlng_to_cell(47.14, 9.52, 8)
    ring = set(h3.grid_ring(middle, 1))
    inside = [min(h3.cell_to_children(cell, 10)) for cell in sorted(ring)]
    accounts = [row | {"cell": h3.str_to_int(cell)} for row, cell in zip(_ACCOUNTS, inside, strict=False)]
    version, _ = publish(tmp_path, [], accounts, "ring")
    (row,) = ask(version, CubeQuery.parse(measures="accounts", derived="area(accounts), perimeter(accounts)"), _EVERYTHING).table.to_pylist()
    assert row["area_accounts"] == pytest.approx(_area_km2(ring))
    assert row["perimeter_accounts"] == pytest.approx(_perimeter_km(ring))
    _, outlines = ask_outlines(version, CubeQuery.parse(measures="accounts"), 8, _EVERYTHING)
    assert [len(part.interiors) for part in outlines.iloc[0].geoms] == [1]


@pytest.mark.parametrize("ending", [".geojson", ".parquet"])
def test_outlines_are_written_with_their_rows(version: Version, tmp_path: Path, ending: str) -> None:
    query = CubeQuery.parse("territory", measures="accounts")
    target = tmp_path / f"outlines{ending}"
    assert export_outlines(query, *ask_outlines(version, query, 8, _EVERYTHING), target) == 4
    written = gpd.read_file(target) if ending == ".geojson" else gpd.read_parquet(target)
    assert written.crs.to_epsg() == 4326
    for row in written.to_dict("records"):
        cells = _cells([each for each in _ACCOUNTS if each["territory"] == row["territory"]], 8)
        assert row["accounts"] == sum(each["territory"] == row["territory"] for each in _ACCOUNTS)
        assert row["area_accounts_8"] == pytest.approx(_area_km2(cells))
        union = shapely.union_all([_hexagon(cell) for cell in cells])
        assert shapely.symmetric_difference(row["geometry"], union).area == pytest.approx(0, abs=1e-9)


@pytest.mark.parametrize(
    ("rows", "derived", "sentence"),
    [
        ("place:8", "area(accounts)", "is of all cells of a row; take place out of the rows and columns"),
        ("segment", "area(accounts, 11)", r"needs an H3 level from 5 to 10; write area\(accounts, 10\)"),
        ("segment", "perimeter(accounts, x)", "needs an H3 level from 5 to 10"),
        ("segment", "area(customer_share)", "is no part of a sum"),
    ],
)
def test_what_has_no_outline_is_one_sentence(rows: str, derived: str, sentence: str) -> None:
    measures = "customer_share" if "share" in derived else "accounts"
    with pytest.raises(CubeError, match=sentence):
        CubeQuery.parse(rows, measures=measures, derived=derived)


def test_a_reader_of_coarse_cells_has_coarse_outlines(version: Version) -> None:
    scope = Scope(None, finest_level=7)
    with pytest.raises(CubeError, match="H3 level 8 is finer than your access allows"):
        ask(version, CubeQuery.parse("territory", measures="accounts", derived="area(accounts)"), scope)
    assert ask(version, CubeQuery.parse("territory", measures="accounts", derived="area(accounts, 7)"), scope).table.num_rows == 4
