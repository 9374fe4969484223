"""The cube of movement: origin and destination are both places; random questions are answered as by loops over the flows that readers see."""

import random
from collections import defaultdict
from decimal import Decimal
from pathlib import Path
from typing import Any

import geopandas as gpd
import h3
import pandas as pd
import pytest
import shapely

from gcrm.access.scope import Scope
from gcrm.errors import CubeError
from gcrm.olap.catalogue import FACTS, UNKNOWN, Axis
from gcrm.olap.query import CubeQuery, Filter
from gcrm.pipeline.cubes import ask_cube
from tests.integration.command_line import gcrm, well

EVERYTHING = Scope.everything()
SEED, QUESTIONS = 7, 300
_ENDS = {"place": "origin", "destination": "destination"}
type Key = tuple[Any, ...]


@pytest.fixture(scope="module")
def flows(database: None, tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, Any]]:
    """Flows of people as in a file; those of fewer than 10 are withheld."""
    del database
    draw = random.Random(SEED)  # noqa: S311 - chance, not a secret
    cells = sorted(h3.grid_disk(h3.latlng_to_cell(47.37, 8.54, 8), 4))
    keys = {(draw.choice(cells), draw.choice(cells), draw.randint(1, 7), draw.randint(0, 23), draw.choice(["car", "foot"])) for _ in range(600)}
    names = ("origin", "destination", "weekday", "hour", "mode")
    table = [dict(zip(names, key, strict=True)) | {"people": draw.randint(1, 60)} for key in sorted(keys)]
    path = tmp_path_factory.mktemp("flows") / "flows.csv"
    pd.DataFrame(table).to_csv(path, index=False)
    well("load", "origin-destination", path, *(each for name in (*names, "people") for each in ("--map", f"{name}={name}")))
    well("cube", "build")
    return [row | {"weekday": str(row["weekday"]), "hour": f"{row['hour']:02}"} for row in table if row["people"] >= 10]


def _lies_in(cell: str, member: str) -> bool:
    if "POLYGON" in member:
        latitude, longitude = h3.cell_to_latlng(cell)
        return bool(shapely.from_wkt(member).covers(shapely.Point(longitude, latitude)))
    middle, _, steps = member.partition("+")
    return h3.cell_to_parent(cell, h3.get_resolution(middle)) in h3.grid_disk(middle, int(steps or 0))


def _kept(row: dict[str, Any], kept: Filter) -> bool:
    if kept.dimension in _ENDS:
        return any(_lies_in(row[_ENDS[kept.dimension]], member) for member in kept.members if member != UNKNOWN)
    return row[kept.dimension] in kept.members


def _expected(flows: list[dict[str, Any]], query: CubeQuery) -> dict[Key, Decimal]:
    found: dict[Key, Decimal] = defaultdict(Decimal)
    for row in flows:
        if all(_kept(row, kept) for kept in query.where):
            found[tuple(_member(row, axis) for axis in query.axes)] += row["people"]
    return dict(found)


def _member(row: dict[str, Any], axis: Axis) -> Any:  # noqa: ANN401 - a cell or a text
    return row[axis.dimension] if axis.level is None else h3.str_to_int(h3.cell_to_parent(row[_ENDS[axis.dimension]], axis.level))


def _answer(query: CubeQuery) -> dict[Key, Decimal]:
    table = ask_cube(query, EVERYTHING).table.to_pylist()
    return {tuple(row[axis.column] for axis in query.axes): row["trips"] for row in table if row["trips"] is not None}


def test_random_questions(flows: list[dict[str, Any]]) -> None:
    draw = random.Random(SEED)  # noqa: S311 - chance, not a secret
    names = [*_ENDS, "weekday", "hour", "mode"]

    def axis(name: str) -> Axis:
        return Axis(name, draw.choice(FACTS["movement"].levels) if name in _ENDS else None)

    def kept(name: str) -> Filter:
        if name not in _ENDS:
            return Filter(name, tuple(sorted({draw.choice(flows)[name] for _ in range(3)})))
        cell = draw.choice(flows)[_ENDS[name]]
        latitude, longitude = h3.cell_to_latlng(cell)
        polygon = shapely.Point(longitude, latitude).buffer(draw.uniform(0.005, 0.05), quad_segs=4).wkt
        some = h3.cell_to_parent(cell, draw.choice(FACTS["movement"].levels))
        return Filter(name, tuple(draw.sample([some, f"{some}+{draw.randint(1, 3)}", polygon, UNKNOWN], k=draw.choice([1, 2]))))

    for _ in range(QUESTIONS):
        axes = tuple(map(axis, draw.sample(names, k=draw.choice([0, 1, 2, 2, 3]))))
        query = CubeQuery(axes[:1], axes[1:], ("trips",), tuple(map(kept, draw.sample(names, k=draw.choice([0, 1, 2])))))
        assert _answer(query) == _expected(flows, query), str(query.parameters())


@pytest.mark.usefixtures("flows")
def test_what_is_finer_than_the_flows_names_the_finest_level() -> None:
    cell = h3.latlng_to_cell(47.37, 8.54, 9)
    for rows, where in (("destination:9", ()), ("place:9", ()), ("", (f"destination={cell}",)), ("", (f"place={cell}+1",))):
        with pytest.raises(CubeError, match=r"^The finest H3 level of trips is 8, and level 9 is asked for; take 8 or a coarser one\.$"):
            CubeQuery.parse(rows, measures="trips", where=where)
    with pytest.raises(CubeError, match="destination needs an H3 level from 5 to 10, such as destination:8"):
        CubeQuery.parse("destination", measures="trips")
    assert "accounts cannot be split or filtered by destination" in gcrm("cube", "query", "--rows", "destination:8", "--measures", "accounts").err
    assert "no dimension 'destination' with named members" in gcrm("cube", "members", "destination").err


@pytest.mark.usefixtures("flows")
def test_a_reader_of_coarse_cells_has_coarse_destinations() -> None:
    scope = Scope(territories=None, finest_level=7)
    for question in (CubeQuery.parse("destination:8", measures="trips"), CubeQuery.parse("", measures="trips", where=[f"destination={UNKNOWN}|{_fine()}"])):
        with pytest.raises(CubeError, match="H3 level 8 is finer than your access allows"):
            ask_cube(question, scope)
    assert ask_cube(CubeQuery.parse("destination:7", measures="trips"), scope).table.num_rows > 1


def _fine() -> str:
    return str(h3.latlng_to_cell(47.37, 8.54, 8))


def test_every_proof_holds_and_files_have_both_ends(flows: list[dict[str, Any]], tmp_path: Path) -> None:
    (line,) = (each for each in well("cube", "check").splitlines() if each.startswith("movement"))
    assert line.split()[1] == line.split()[3]
    target = tmp_path / "flows.parquet"
    well("cube", "query", "--rows", "place:8,destination:7", "--measures", "trips", "--output", target)
    written = gpd.read_parquet(target)
    assert written["trips"].sum() == sum(row["people"] for row in flows)
    assert {h3.get_resolution(cell) for cell in written["destination"]} == {7}
    assert all(h3.latlng_to_cell(shape.centroid.y, shape.centroid.x, 8) == cell for shape, cell in zip(written.geometry, written["cell"], strict=True))
    assert flows[0]["destination"] in well("cube", "records", "movement", "--where", f"destination={flows[0]['destination']}")
