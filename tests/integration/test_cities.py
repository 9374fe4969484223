"""Other cities by the same commands: Liechtenstein and Monaco, side by side, loaded again, replaced."""

import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from gcrm.access.scope import Scope
from gcrm.db.connection import Role, connect
from gcrm.olap.query import CubeQuery
from gcrm.pipeline.cubes import ask_cube
from gcrm.spatial.extracts import helsinki
from gcrm.spatial.surroundings import ROAD_LIMIT_M, STREETS

Cli = Callable[..., subprocess.CompletedProcess[str]]
CITIES = ("liechtenstein", "monaco")

pytestmark = pytest.mark.usefixtures("cities")


@pytest.fixture(scope="module")
def cities(database: None, real_data: Path, run_cli: Cli) -> Path:
    """Both extracts with a small company each, by commands alone."""
    del database
    for file in ("liechtenstein-latest.osm.pbf", "monaco.osm.pbf"):
        done = run_cli("demo", "--extract", real_data / "osm" / file, "--scale", "0.05")
        assert done.returncode == 0, done.stderr
    return real_data / "osm"


def _rows(query: str) -> list[tuple[Any, ...]]:
    with connect(Role.WRITER) as connection:
        return connection.execute(query.encode()).fetchall()


def test_both_stand_side_by_side() -> None:
    counts = dict(_rows("SELECT dataset, sum(feature_count) FROM gcrm.layer_versions WHERE retired_at IS NULL AND layer = 'buildings' GROUP BY 1"))
    assert set(counts) == set(CITIES)
    assert _rows("SELECT count(*) FROM gcrm.buildings") == [(sum(map(int, map(str, counts.values()))),)]
    assert _rows("SELECT source, count(*) FROM gcrm.accounts GROUP BY 1 ORDER BY 1") == [(f"demo-{city}", 600) for city in CITIES]


@pytest.mark.parametrize(("city", "west", "south", "east", "north"), [("liechtenstein", 9.4, 47.0, 9.7, 47.3), ("monaco", 7.3, 43.6, 7.5, 43.8)])
def test_accounts_lie_in_their_city(city: str, west: float, south: float, east: float, north: float) -> None:
    inside = f"position && ST_MakeEnvelope({west}, {south}, {east}, {north}, 4326)"
    assert _rows(f"SELECT count(*) FILTER (WHERE NOT {inside}), count(*) > 550 FROM gcrm.accounts WHERE source = 'demo-{city}' AND position IS NOT NULL") == [
        (0, True)
    ]


def test_accounts_know_their_municipality_and_street() -> None:
    assert {("Vaduz",), ("Schaan",), ("La Condamine",)} <= set(_rows("SELECT DISTINCT district FROM gcrm.account_surroundings"))
    # Who is at no street has none within a kilometre, as PostGIS measures it on the spheroid (1 m less, for the UTM zone's scale).
    classes = ", ".join(f"'{each}'" for each in STREETS)
    near = f"SELECT FROM gcrm.roads WHERE class IN ({classes}) AND ST_DWithin(geom::geography, position::geography, {ROAD_LIMIT_M - 1})"
    missed = f"SELECT count(*) FROM gcrm.account_surroundings JOIN gcrm.accounts USING (account_id) WHERE road_class IS NULL AND EXISTS ({near})"
    assert _rows(missed) == [(0,)]
    # The extract of Monaco reaches into municipalities of France whose boundaries it does not hold whole; Liechtenstein's are all there.
    without = "SELECT count(*) FROM gcrm.account_surroundings JOIN gcrm.accounts USING (account_id) WHERE district IS NULL AND source = 'demo-liechtenstein'"
    assert _rows(without) == [(0,)]


def test_the_cube_has_both() -> None:
    table = ask_cube(CubeQuery.parse("place:5", measures="accounts,revenue"), Scope.everything()).table.to_pandas()
    assert table["accounts"].sum() == 1200
    assert table["revenue"].sum() == _rows("SELECT sum(revenue) FROM gcrm.orders")[0][0]


def test_loading_the_same_file_again_does_nothing(cities: Path, run_cli: Cli) -> None:
    before = _rows("SELECT layer_version_id FROM gcrm.layer_versions ORDER BY 1")
    done = run_cli("load", "osm", cities / "monaco.osm.pbf")
    assert "loaded already" in done.stdout
    assert _rows("SELECT layer_version_id FROM gcrm.layer_versions ORDER BY 1") == before


def test_a_changed_file_takes_the_place_of_the_old_one(tmp_path: Path, run_cli: Cli) -> None:
    changed = tmp_path / "monaco-latest.osm.pbf"
    shutil.copy(helsinki(), changed)
    done = run_cli("load", "osm", changed)
    assert done.returncode == 0, done.stderr
    versions = _rows("SELECT retired_at IS NULL, count(*) FROM gcrm.layer_versions WHERE dataset = 'monaco' GROUP BY 1 ORDER BY 1")
    assert versions == [(False, 6), (True, 6)]
    assert _rows("SELECT count(*) FROM gcrm.buildings WHERE geom && ST_MakeEnvelope(7, 43, 8, 44, 4326)") == [(0,)]
