"""Routes of movement in the database: a real trace, what readers see, and how long routes are kept."""

from collections.abc import Iterator
from pathlib import Path

import geopandas as gpd
import pandas as pd
import psycopg
import pytest

from gcrm.config import settings
from gcrm.db.connection import Role, connect
from tests.integration.command_line import gcrm, well
from tests.integration.records import rows, value

pytestmark = pytest.mark.usefixtures("database")


@pytest.fixture
def commute(tmp_path: Path) -> Path:
    """Twelve tracks between the same two places, and one that goes elsewhere."""
    lines = ["track_key,recorded_at,longitude,latitude"]
    lines += [f"k{key},2026-09-07T06:{minute:02}:00Z,24.94,{60.17 + 0.001 * minute}" for key in range(12) for minute in range(10)]
    lines += [f"other,2026-09-07T06:{minute:02}:00Z,24.94,{60.17 - 0.002 * minute}" for minute in range(10)]
    path = tmp_path / "commute.csv"
    path.write_text("\n".join(lines) + "\n")
    return path


@pytest.fixture
def kept_for_30_days(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("GCRM_TRACKS_DAYS", "30")
    settings.cache_clear()
    yield
    settings.cache_clear()


def test_the_trace_of_andorra_is_cleaned_split_and_stored(real_data: Path) -> None:
    trace = real_data / "osm" / "andorra_for_map_matching.gpx"
    assert well("load", "tracks", trace).splitlines() == [
        "21 positions of 1 trips, 0 stops; hours are those of Europe/Andorra.",
        "1 trips tell no times: their clock is assumed, and they have no hour.",
        "1 of 1 flows between cells are of too few people and withheld from readers.",
    ]
    assert rows("SELECT track_key, mode, mode_given, timed, ST_NPoints(geom) FROM gcrm.tracks") == [("new/1/1", "bicycle", True, False, 21)]
    assert rows("SELECT hour, trips FROM gcrm.movement") == [(None, 1)]
    assert well("load", "tracks", trace) == "This very file is loaded already.\n"
    well("tracks", "forget", "--name", trace.stem)


def test_readers_see_the_flows_of_enough_people_and_no_track(commute: Path) -> None:
    assert "1 of 2 flows" in well("load", "tracks", commute)
    assert value("SELECT count(*) FROM gcrm.movement JOIN gcrm.layer_versions USING (layer_version_id) WHERE dataset = 'commute'") == 2
    with connect(Role.READER) as reader:
        assert reader.execute("SELECT hour, trips, tracks FROM gcrm.movement").fetchall() == [(9, 12, 12)]
        for table in ("tracks", "track_stops"):
            with pytest.raises(psycopg.errors.InsufficientPrivilege), reader.transaction():
                reader.execute(f"SELECT count(*) FROM gcrm.{table}".encode())


@pytest.mark.usefixtures("kept_for_30_days")
def test_routes_are_forgotten_after_the_days_that_are_set(commute: Path) -> None:
    well("load", "tracks", commute)
    assert well("tracks", "forget") == "No tracks are kept for too long.\n"
    with connect(Role.OWNER) as owner:
        owner.execute("UPDATE gcrm.layer_versions SET loaded_at = now() - interval '31 days' WHERE layer = 'tracks' AND dataset = 'commute'")
    assert well("tracks", "forget") == "Forgotten: commute.\n"
    assert value("SELECT count(*) FROM gcrm.tracks") == 0
    assert rows("SELECT trips, withheld FROM gcrm.movement WHERE hour IS NOT NULL") == [(12, False)]
    assert "13 trips" in well("load", "tracks", commute)
    with connect(Role.OWNER) as owner:
        owner.execute("UPDATE gcrm.layer_versions SET loaded_at = now() - interval '31 days' WHERE layer = 'tracks' AND dataset = 'commute'")
    well("load", "tracks", commute, "--name", "again")
    assert rows("SELECT DISTINCT dataset FROM gcrm.tracks JOIN gcrm.layer_versions USING (layer_version_id)") == [("again",)]


def test_the_same_file_read_in_another_way_is_loaded_anew(commute: Path) -> None:
    hours = "SELECT DISTINCT t.mode, m.hour FROM gcrm.tracks t JOIN gcrm.layer_versions v USING (layer_version_id) JOIN gcrm.layer_versions w USING (dataset)"
    hours += " JOIN gcrm.movement m ON m.layer_version_id = w.layer_version_id WHERE dataset = 'otherwise' AND NOT m.withheld"
    load = ["load", "tracks", commute, "--name", "otherwise"]
    car = ["--mode", "car"]
    for options, expected in (([], {("bicycle", 9), ("foot", 9)}), (car, {("car", 9)}), ([*car, "--timezone", "Europe/London"], {("car", 7)})):
        assert "13 trips" in well(*load, *options)
        assert set(rows(hours)) == expected
        assert well(*load, *options) == "This very file is loaded already.\n"


def test_wrong_options_are_said_in_one_sentence(commute: Path) -> None:
    for option, wrong, sentence in (("--mode", "boat", "'boat' is no mode of travel"), ("--timezone", "Zurich", "'Zurich' is no time zone")):
        done = gcrm("load", "tracks", commute, option, wrong, "--name", "wrong")
        assert (done.code, sentence in done.err) == (1, True)
    assert "There are no tracks named 'nobody'" in gcrm("tracks", "forget", "--name", "nobody").err


def test_positions_as_points_in_geojson_are_the_same_tracks(commute: Path) -> None:
    table = pd.read_csv(commute)
    points = gpd.GeoDataFrame(table.drop(columns=["longitude", "latitude"]), geometry=gpd.points_from_xy(table["longitude"], table["latitude"]), crs=4326)
    points.to_file(commute.with_suffix(".geojson"))
    assert well("load", "tracks", commute.with_suffix(".geojson"), "--name", "commute") == well("load", "tracks", commute, "--name", "commute")
