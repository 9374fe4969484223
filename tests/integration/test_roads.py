"""The road network and its conditions through the command line."""

import json
import shutil
from pathlib import Path

import pandas as pd
import pytest

from gcrm.config import settings
from gcrm.spatial.extracts import helsinki
from tests.integration.command_line import gcrm, well
from tests.integration.records import rows, value

pytestmark = pytest.mark.usefixtures("database", "network")

_CITY = {"type": "Polygon", "coordinates": [[[24.8, 60.1], [25.1, 60.1], [25.1, 60.3], [24.8, 60.3], [24.8, 60.1]]]}


@pytest.fixture(scope="module")
def network(database: None) -> None:
    del database
    shutil.rmtree(settings().roads, ignore_errors=True)  # other tests load extracts too
    assert gcrm("roads", "route", "--from", "24.94,60.17", "--to", "24.95,60.17").err.count("gcrm load osm") == 1
    assert "road network of 8,208 edges" in well("load", "osm", helsinki())


def _file(folder: Path, *features: tuple[dict[str, object], object], name: str = "roadworks.geojson") -> Path:
    path = folder / name
    each = [{"type": "Feature", "properties": properties, "geometry": shape} for properties, shape in features]
    path.write_text(json.dumps({"type": "FeatureCollection", "features": each}), encoding="utf-8")
    return path


def test_the_network_is_a_version_of_a_layer() -> None:
    (version,) = rows("SELECT layer_version_id, dataset, attribution, parameters, derived_with FROM layer_versions WHERE layer = 'road_network'")
    assert version[1:3] == ("all extracts", "© OpenStreetMap contributors, ODbL 1.0")
    assert version[3]["network"] == (settings().roads / "current").read_text()
    assert version[3]["extracts"] == ["Helsinki.osm.pbf"]
    assert version[4] == [value("SELECT layer_version_id FROM layer_versions WHERE layer = 'roads'")]
    modes = dict(rows("SELECT mode, edges FROM road_network"))
    assert modes["car"] < modes["bicycle"] < modes["foot"]
    assert "loaded already" in well("load", "osm", helsinki())
    assert value("SELECT count(*) FROM layer_versions WHERE layer = 'road_network'") == 1


def test_each_condition_is_loaded_repaired_or_refused(tmp_path: Path) -> None:
    bow_tie = {"type": "Polygon", "coordinates": [[[24.94, 60.16], [24.95, 60.17], [24.95, 60.16], [24.94, 60.17], [24.94, 60.16]]]}
    line = {"type": "LineString", "coordinates": [[24.94, 60.165], [24.95, 60.165]]}
    given = _file(
        tmp_path,
        ({"kind": "closure", "valid_from": "2026-11-23", "valid_until": "2026-11-27"}, line),
        ({"kind": "speed_factor", "value": 0.5, "weekdays": "workdays", "from_hour": 7, "to_hour": 9.5}, bow_tie),
        ({"kind": "speed_kmh", "value": 20}, {"type": "Point", "coordinates": [24.94, 60.165]}),
        ({"kind": "speed_factor"}, _CITY),
        ({"kind": "speed_factor", "value": 0.5, "modes": "foot"}, _CITY),
        ({"kind": "closure", "modes": "tram"}, _CITY),
        ({"kind": "jam"}, _CITY),
        ({"kind": "closure"}, None),
        ({"kind": "closure", "way_id": 45150439, "modes": "car, bicycle"}, None),
        ({"kind": "closure", "from_hour": 25}, _CITY),
        ({"kind": "closure", "valid_from": "2026-11-27", "valid_until": "2026-11-23"}, _CITY),
    )
    said = well("load", "conditions", given)
    assert "3 conditions; 1 of them repaired, 8 features refused." in said
    for told in (
        "feature 3: is a Point, neither a polygon nor a line: refused",
        "feature 4: is a speed_factor and has no value above 0: refused",
        "feature 5: is a speed_factor for foot; speeds hold for cars only: refused",
        "feature 6: names the mode 'tram'; there are car, bicycle, foot: refused",
        "feature 7: kind jam",
        "feature 8: has neither a geometry nor an OSM way: refused",
        "feature 10: from_hour 25",
        "feature 11: ends before it begins: refused",
    ):
        assert told in said
    assert rows("SELECT feature_number, modes, from_hour, to_hour, way_id FROM road_conditions ORDER BY 1") == [
        (1, ["bicycle", "car", "foot"], 0, 24, None),
        (2, ["car"], 7, 9.5, None),
        (9, ["bicycle", "car"], 0, 24, 45150439),
    ]
    assert "loaded already" in well("load", "conditions", given)
    assert value("SELECT count(*) FROM layer_findings") == 9
    assert "roadworks" in well("roads", "conditions")
    assert "lifted" in well("roads", "lift", "roadworks")
    assert value("SELECT count(*) FROM road_conditions") == 0
    assert "No conditions" in gcrm("roads", "lift", "roadworks").err
    nothing = _file(tmp_path, ({"kind": "jam"}, _CITY), name="jam.geojson")
    assert "jam.geojson has no condition that can be used; feature 1 kind jam" in gcrm("load", "conditions", nothing).err


def test_speeds_of_sensors_become_conditions(real_data: Path) -> None:
    metr = real_data / "metrla"
    command = ("load", "speeds", metr / "los_speed.csv", "--sensors", metr / "graph_sensor_locations.csv", "--start", "2012-03-01", "--unit", "mph")
    said = well(*command)
    assert "207 sensors, 34,776 speeds by weekday and hour; 0.0% of the readings are missing." in said
    assert "mean error 9.4 km/h (median 3.0), in the rush hours 22.1; with the mean of all sensors 10.4 and 24.4." in said
    assert value("SELECT count(DISTINCT (weekday, hour)) FROM sensor_speeds") == 168
    assert value("SELECT avg(speed_kmh) FROM sensor_speeds WHERE weekday <= 5 AND hour = 17") < value("SELECT avg(speed_kmh) FROM sensor_speeds WHERE hour = 3")
    assert "loaded already" in well(*command)
    assert "other.csv" in gcrm(*command[:2], "other.csv", *command[3:]).err
    well("roads", "lift", "los_speed")


def test_outages_are_missing_and_not_slow(tmp_path: Path) -> None:
    speeds = pd.DataFrame({"a": ["50"] * 24, "b": ["0"] * 12 + ["60"] * 12, "c": ["0"] * 24, "d": [""] * 12 + ["30"] * 12})
    speeds.to_csv(tmp_path / "speeds.csv", index=False)
    (tmp_path / "sensors.csv").write_text("sensor_id,longitude,latitude\na,24.94,60.165\nb,24.945,60.165\nc,24.95,60.165\n")
    said = well("load", "speeds", tmp_path / "speeds.csv", "--sensors", tmp_path / "sensors.csv", "--start", "2026-11-23 07:00")
    assert "2 sensors, 3 speeds by weekday and hour; 25.0% of the readings are missing." in said
    assert "1 sensors measured nothing and are left out: c." in said
    assert "1 sensors have no position and are left out: d." in said
    assert rows("SELECT sensor_key, weekday, hour, speed_kmh, readings FROM sensor_speeds ORDER BY 1, 3") == [
        ("a", 1, 7, 50, 12),
        ("a", 1, 8, 50, 12),
        ("b", 1, 8, 60, 12),
    ]
    speeds.assign(a="fast").to_csv(tmp_path / "speeds.csv", index=False)
    wrong = gcrm("load", "speeds", tmp_path / "speeds.csv", "--sensors", tmp_path / "sensors.csv", "--start", "2026-11-23")
    assert "speeds.csv, row 1, column a: 'fast' is no speed" in wrong.err
    well("roads", "lift", "speeds")


_SITES = "site_key,name,longitude,latitude\nstation,Station,24.9414,60.1713\ncathedral,Cathedral,24.9500,60.1700\n"


@pytest.fixture
def sites(tmp_path: Path) -> Path:
    path = tmp_path / "sites.csv"
    path.write_text(_SITES, encoding="utf-8")
    return path


def test_a_condition_changes_every_answer_of_its_hours(tmp_path: Path, sites: Path) -> None:
    slow = {"kind": "speed_factor", "value": 0.4, "weekdays": "workdays", "from_hour": 7, "to_hour": 9}
    well("load", "conditions", _file(tmp_path, (slow, _CITY), name="rush.geojson"), "--made-up")
    version = value("SELECT layer_version_id FROM layer_versions WHERE layer = 'road_conditions' AND dataset = 'rush' AND retired_at IS NULL")

    def asked(at: str) -> tuple[float, float, int]:
        way, table, cells = tmp_path / "way.geojson", tmp_path / "minutes.csv", tmp_path / "cells.csv"
        said = well("roads", "route", "--from", "24.9414,60.1713", "--to", "24.9500,60.1660", "--at", at, "--output", way)
        assert f"By car, {at}; road network " in said
        assert f"road conditions {version}." in said
        (feature,) = json.loads(way.read_text())["features"]
        assert feature["geometry"]["type"] == "LineString"
        assert (feature["properties"]["at"], feature["properties"]["conditions"]) == (at, version)
        assert "4 pairs" in well("roads", "matrix", sites, sites, "--at", at, "--output", table, "--metres")
        minutes = pd.read_csv(table).set_index(["origin", "destination"])
        assert minutes.loc[("station", "station"), "minutes"] == 0
        assert (minutes["conditions"] == version).all()
        well("roads", "isochrone", sites, "--minutes", 2, "--level", 10, "--at", at, "--output", cells)
        return feature["properties"]["minutes"], minutes["minutes"].max(), len(pd.read_csv(cells))

    night, rush, weekend = asked("2026-11-25 03:00"), asked("2026-11-25 08:00"), asked("Sat 08:00")
    assert night == weekend
    assert rush[0] > 1.5 * night[0]
    assert rush[1] > 1.5 * night[1]
    assert rush[2] < night[2]
    well("roads", "lift", "rush")


def test_isochrones_are_areas_of_each_site(tmp_path: Path, sites: Path) -> None:
    target = tmp_path / "areas.geojson"
    assert "4 areas" in well("roads", "isochrone", sites, "--minutes", 5, "--minutes", 10, "--mode", "foot", "--output", target)
    properties = [feature["properties"] for feature in json.loads(target.read_text())["features"]]
    assert [(each["site"], each["minutes"]) for each in properties] == [("station", 5), ("station", 10), ("cathedral", 5), ("cathedral", 10)]


def test_positions_are_matched_into_a_file(tmp_path: Path) -> None:
    way = tmp_path / "way.geojson"
    well("roads", "route", "--from", "24.9375,60.1655", "--to", "24.9505,60.1765", "--at", "Tue 03:00", "--output", way)
    ((longitude, latitude), *_) = corners = json.loads(way.read_text())["features"][0]["geometry"]["coordinates"]
    times = pd.date_range("2026-11-24 08:00", periods=len(corners), freq="4s", tz="UTC")
    recorded = pd.DataFrame(corners, columns=["longitude", "latitude"]).assign(track_key="a", recorded_at=times)
    recorded.to_csv(tmp_path / "positions.csv", index=False)
    count = len(corners)
    assert f"{count} of {count} positions matched" in well("roads", "match", tmp_path / "positions.csv", "--output", tmp_path / "ways.geojson")
    ways = json.loads((tmp_path / "ways.geojson").read_text())["features"]
    assert [each["properties"]["sequence"] for each in ways] == list(range(len(ways)))
    well("roads", "match", tmp_path / "positions.csv", "--output", tmp_path / "matched.csv")
    first = pd.read_csv(tmp_path / "matched.csv").iloc[0]
    assert (first["road_longitude"], first["road_latitude"]) == pytest.approx((longitude, latitude), abs=1e-4)


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("route", "--from", "24.94", "--to", "24.95,60.17"), "'24.94' is no point"),
        (("route", "--from", "60.17,124.94", "--to", "24.95,60.17"), "write the longitude first"),
        (("route", "--from", "24.94,60.17", "--to", "24.95,60.17", "--mode", "tram"), "there are car, bicycle, foot"),
        (("route", "--from", "24.94,60.17", "--to", "24.95,60.17", "--at", "soon"), "'soon' is no moment"),
        (("route", "--from", "24.94,60.17", "--to", "0,0"), "There is no way by car"),
        (("lift", "nothing"), "No conditions of the name 'nothing'"),
    ],
)
def test_what_does_not_fit_is_said_in_a_sentence(arguments: tuple[str, ...], told: str) -> None:
    done = gcrm("roads", *arguments)
    assert done.code == 1
    assert told in done.err


def test_trading_areas_by_minutes_follow_the_hour(tmp_path: Path, sites: Path) -> None:
    slow = {"kind": "speed_factor", "value": 0.3, "weekdays": "workdays", "from_hour": 7, "to_hour": 9}
    well("load", "conditions", _file(tmp_path, (slow, _CITY), name="jam.geojson"))
    for at, name in (("Tue 03:00", "night"), ("Tue 08:00", "rush")):
        said = well("trade-areas", "isochrones", "--sites", sites, "--minutes", 1, "--minutes", 2, "--at", at, "--name", name)
        assert said == f"4 areas, by car, {at}.\n"
    found = rows(
        "SELECT v.dataset, sum(t.area_km2), min(t.parameters ->> 'at'), count(DISTINCT t.parameters ->> 'network'), count(*) FILTER (WHERE ST_IsValid(t.geom))"
        " FROM trade_areas t JOIN layer_versions v USING (layer_version_id) WHERE t.kind = 'isochrone' AND t.band_unit = 'min' GROUP BY 1 ORDER BY 1"
    )
    assert [(row[0], *row[2:]) for row in found] == [("night", "Tue 03:00", 1, 4), ("rush", "Tue 08:00", 1, 4)]
    assert found[1][1] < 0.5 * found[0][1]
    well("roads", "lift", "jam")
    assert "No site has a road near" in gcrm("trade-areas", "isochrones", "--sites", _far(tmp_path), "--minutes", 5).err
    assert "one to four" in gcrm("trade-areas", "isochrones", "--sites", sites, *["--minutes", 5] * 5).err


def test_huff_takes_minutes_by_road(sites: Path) -> None:
    said = well("trade-areas", "huff", "--sites", sites, "--mode", "foot", "--at", "Tue 08:00", "--reach", 500, "--level", 10)
    assert said == "2 areas. Ways are minutes by foot, Tue 08:00.\n"
    told = value("SELECT parameters FROM trade_areas WHERE kind = 'huff' LIMIT 1")
    assert (told["way"], told["mode"], told["at"], told["least_min"]) == ("min, by road", "foot", "Tue 08:00", 1)
    assert 0 < value("SELECT max(travel) FROM site_probabilities") < 30
    assert value("SELECT count(*) FROM (SELECT sum(probability) AS total FROM site_probabilities GROUP BY cell) AS c WHERE abs(total - 1) > 0.003") == 0


def _far(folder: Path) -> Path:
    path = folder / "far.csv"
    path.write_text("name,longitude,latitude\nFar,10.5,50.5\n", encoding="utf-8")
    return path
