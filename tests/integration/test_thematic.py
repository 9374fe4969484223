"""Layers of one's own: what they tell of cells, of accounts, and of a place; and what is wrong with a file in one sentence."""

import json
from pathlib import Path

import pytest

from gcrm.access.scope import Scope
from gcrm.db.connection import Role, connect
from gcrm.pipeline.places import cell_layers, layer_cells
from tests.integration.command_line import gcrm, well
from tests.integration.records import empty, rows, value

pytestmark = pytest.mark.usefixtures("database")

_ACCOUNTS = "key,name,longitude,latitude\na,North,24.945,60.175\nb,South,24.945,60.165\nc,Away,25.5,60.5\n"


@pytest.fixture
def accounts(tmp_path: Path) -> None:
    """Three accounts with a position."""
    empty()
    path = tmp_path / "places.csv"
    path.write_text(_ACCOUNTS)
    well("import", "accounts", path, "--source", "theme", "--map", "account_key=key")


@pytest.fixture
def zones(tmp_path: Path) -> Path:
    """Two zones of flood, one of them with a ring that crosses itself."""

    def zone(name: str, south: float, ring: list[list[float]]) -> dict[str, object]:
        return {"type": "Feature", "properties": {"zone": name, "level": south}, "geometry": {"type": "Polygon", "coordinates": [ring]}}

    def box(south: float) -> list[list[float]]:
        return [[24.93, south], [24.96, south], [24.96, south + 0.01], [24.93, south + 0.01], [24.93, south]]

    path = tmp_path / "flood.geojson"
    path.write_text(json.dumps({"type": "FeatureCollection", "features": [zone("high", 60.16, box(60.16)), zone("low", 60.17, box(60.17))]}))
    return path


@pytest.mark.usefixtures("accounts")
def test_a_category_reaches_cells_and_accounts_and_follows_them(zones: Path) -> None:
    assert "2 areas" in well("load", "thematic", zones, "--value", "zone")
    told = "SELECT a.source_key, t.category FROM gcrm.account_thematic t JOIN gcrm.accounts a USING (account_id) ORDER BY 1"
    assert rows(told) == [("a", "low"), ("b", "high"), ("c", None)]
    assert well("load", "thematic", zones, "--value", "zone") == "This very file is loaded already.\n"
    found = layer_cells("thematic", "flood", 8, Scope.everything())
    assert set(found["value"]) == {"low", "high"}
    # An account that moves is looked at again; the others are not.
    with connect(Role.OWNER) as owner:
        owner.execute("UPDATE gcrm.accounts SET position = ST_SetSRID(ST_MakePoint(24.945, 60.175), 4326) WHERE source_key = 'b'")
        owner.execute("UPDATE gcrm.account_thematic t SET category = 'kept' FROM gcrm.accounts a WHERE a.account_id = t.account_id AND a.source_key = 'a'")
    well("enrich")
    assert rows(told) == [("a", "kept"), ("b", "low"), ("c", None)]
    # Numbers of the same file take the place of the categories.
    assert "rates" in well("load", "thematic", zones, "--value", "level", "--unit", "m")
    assert rows("SELECT number, category FROM gcrm.account_thematic ORDER BY number NULLS LAST") == [(60.17, None), (60.17, None), (None, None)]
    assert value("SELECT count(*) FROM gcrm.thematic_areas") == 2
    layer = cell_layers(Scope.everything())["thematic"]
    assert layer.measures["flood"].unit == "m"


def test_a_count_of_h3_cells_adds_up_at_every_level(real_data: Path) -> None:
    empty()
    said = well("load", "thematic", real_data / "saopaulo" / "spo_hexgrid.csv", "--value", "jobs", "--kind", "count", "--name", "Jobs")
    assert "level 9; the values are counts" in said
    sums = [layer_cells("thematic", "Jobs", level, Scope.everything())["value"].sum() for level in (9, 7, 5)]
    assert sums == pytest.approx([sums[0]] * 3)
    assert layer_cells("thematic", "Jobs", 10, Scope.everything()).empty


def test_mistakes_are_said_in_one_sentence(zones: Path, tmp_path: Path) -> None:
    points = tmp_path / "points.csv"
    points.write_text("longitude,latitude,noise\n24.9,60.1,3\n")
    for arguments, sentence in (
        ([zones, "--value", "colour"], "flood.geojson has no column colour; it has"),
        ([zones, "--value", "zone", "--kind", "rate"], "row 1, column zone: 'high' is no number"),
        ([points, "--value", "noise"], "points.csv names no areas"),
        ([zones, "--value", "zone", "--crs", "3067"], "--crs and --cell-size belong together"),
    ):
        done = gcrm("load", "thematic", *arguments)
        assert (done.code, sentence in done.err) == (1, True), done.err
