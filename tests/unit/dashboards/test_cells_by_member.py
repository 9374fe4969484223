"""Maps beside each other: one for each member, all with the same cells and in the same classes."""

from decimal import Decimal
from pathlib import Path

import h3
import pytest

from dashboards import charts, cube_chart, data, maps
from dashboards.theme import LIGHT
from gcrm.access.scope import Scope
from tests.unit.olap.cube import made_up_facts, publish

SALES, ACCOUNTS = made_up_facts(11)
EVERYTHING = Scope.everything()


@pytest.fixture(scope="module")
def cube(tmp_path_factory: pytest.TempPathFactory) -> data.Cube:
    version, _ = publish(tmp_path_factory.mktemp("cubes"), SALES, ACCOUNTS, "eleven")
    return data.Cube(version.name, version)


def _asked(cube: data.Cube, dimension: str, level: int, measures: str = "revenue") -> data.CellsByMember:
    query = data.CubeQuery.parse("territory", dimension, measures)
    return data.cells_by_member(cube, query, dimension, level, EVERYTHING)


def test_every_member_has_every_cell_and_its_own_values(cube: data.Cube) -> None:
    found = _asked(cube, "quarter", 7)
    assert found.members == ["2024-Q4", "2025-Q1", "2025-Q2"]
    assert (found.level, found.left_out) == (7, 0)
    cells = {h3.cell_to_parent(h3.int_to_str(row["cell"]), 7) for row in SALES if row["cell"]}
    for member in found.members:
        own = found.frame[found.frame["member"] == member]
        assert set(own["cell"]) == cells
        year, quarter = int(member[:4]), int(member[-1])
        sold = [row["revenue"] for row in SALES if row["cell"] and row["day"].year == year and (row["day"].month + 2) // 3 == quarter]
        assert sum(own["value"].dropna(), Decimal(0)) == sum(sold)


def test_the_last_times_and_the_largest_others_are_shown(cube: data.Cube) -> None:
    weeks = _asked(cube, "week", 6)
    every = sorted({f"{row['day'].isocalendar().year}-W{row['day'].isocalendar().week:02d}" for row in SALES})
    assert weeks.members == every[-12:]
    assert weeks.left_out == len(every) - 12
    segments = _asked(cube, "segment", 6)
    sizes = {name: sum(row["revenue"] for row in SALES if row["segment"] == name) for name in segments.members}
    assert [sizes[name] for name in segments.members] == sorted(sizes.values(), reverse=True)


def test_a_coarser_level_is_answered_where_cells_are_many(cube: data.Cube, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dashboards.data.map_cells.MOST_CELLS_EACH", 10)
    found = _asked(cube, "quarter", 10)
    assert found.level < 10
    assert found.frame["cell"].nunique() <= 10


def test_the_maps_share_their_classes(cube: data.Cube) -> None:
    found = _asked(cube, "quarter", 7)
    cells = data.Cells(found.measure, found.level, found.frame, None, 0, found.explanation)
    classes = maps.classify(found.frame["value"].dropna().astype(float), LIGHT)
    drawn = found.frame.assign(fill=maps.colours(cells, classes, LIGHT), value=maps.in_words(cells))
    for value, text, colour in zip(found.frame["value"], drawn["value"], drawn["fill"], strict=True):
        if value is None:
            assert (text, colour) == ("no sales", f"{LIGHT.none}59")
        else:
            number = classes.colours.index(colour)
            assert classes.smallest[number] <= float(value) <= classes.largest[number]
    chart = charts.small_map(drawn[drawn["member"] == found.members[0]], "<b>x</b>", "Revenue", LIGHT).to_dict()
    (features,) = chart["datasets"].values()
    outlines = [feature["geometry"]["coordinates"][0] for feature in features]
    assert len(outlines) == found.frame["cell"].nunique()
    assert all(outline[0] == outline[-1] for outline in outlines)


def test_a_chart_is_written_as_a_picture(cube: data.Cube, tmp_path: Path) -> None:
    target = tmp_path / "chart.png"
    for question in (("segment", ""), ("month", "segment"), ("day", "category")):
        assert cube_chart.write(cube, data.CubeQuery.parse(*question), ["Revenue, <b>EUR</b>", "By all.", "Segment: “x”"], EVERYTHING, target) == target
        assert target.read_bytes().startswith(b"\x89PNG")
    empty = data.CubeQuery.parse("segment", where=["segment=nobody"])
    assert cube_chart.write(cube, empty, ["Revenue"], EVERYTHING, tmp_path / "empty.png") is None
