"""Counters and grids of people in the database, and what readers see of them."""

from pathlib import Path

import h3
import psycopg
import pytest

from gcrm.db.connection import Role, connect
from tests.integration.command_line import gcrm, well
from tests.integration.records import rows, value

pytestmark = pytest.mark.usefixtures("database")

_STATIONS = {"station": "abkuerzung", "name": "bezeichnung", "geometry": "geometry", "valid_from": "von", "valid_to": "bis"}
_CELLS = [h3.str_to_int(each) for each in sorted(h3.grid_disk(h3.latlng_to_cell(47.37, 8.54, 10), 1))[:2]]


def test_the_counters_of_zurich(real_data: Path) -> None:
    counts, stations = (real_data / "zurich" / name for name in ("StationDailyTimeSeries-Foot.csv", "taz.view_eco_standorte.csv"))
    maps = [each for field, column in _STATIONS.items() for each in ("--station-map", f"{field}={column}")]
    maps += ["--map", "counted_at=date", "--map", "people=count"]
    arguments = ("load", "footfall", counts, "--stations", stations, *maps, "--crs", "2056", "--holidays", "CH-ZH", "--name", "zurich")
    said = well(*arguments, "--model", "500").splitlines()
    assert said[0] == (
        "15 cells with a counter; days of stations: 6,891 measured, 569 gap, 171 holiday, 34 outage suspected. Hours and days are those of Europe/Zurich."
    )
    assert "320 days left out: the station was not there." in said
    assert "FZS_CASS moved by 5 m on 2020-08-27." in said
    assert said[-1].startswith("797 cells within 500 m are modelled, not measured. A counter that is left out is missed by 58% (median;")
    assert rows("SELECT quality, count(DISTINCT cell), count(days) FROM gcrm.footfall GROUP BY quality ORDER BY quality") == [
        ("measured", 15, 105),
        ("modelled", 797, 0),
    ]
    assert rows("SELECT sensors, power, round(error_factor::numeric, 2)::float FROM gcrm.footfall_models") == [(15, 0, 2.52)]
    assert rows("SELECT state, reason, people FROM gcrm.station_days WHERE station = 'FZS_KATZ' AND day IN ('2021-08-01', '2021-09-01') ORDER BY day") == [
        ("holiday", "Nationalfeiertag", value("SELECT people FROM gcrm.station_days WHERE station = 'FZS_KATZ' AND day = '2021-08-01'")),
        ("outage_suspected", "more than ten times the usual", 13258),
    ]
    assert well(*arguments, "--model", "500") == "This very file is loaded already.\n"
    assert "modelled" not in well(*arguments)
    assert value("SELECT count(*) FROM gcrm.footfall_models") == 0
    with connect(Role.READER) as reader:
        assert reader.execute("SELECT count(*) FROM gcrm.footfall").fetchone() == (105,)
        assert reader.execute("SELECT count(*) FROM gcrm.station_days WHERE state = 'gap'").fetchone() == (569,)
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            reader.execute("SELECT people FROM gcrm.station_days")


def test_ages_by_hour_are_shown_to_readers_where_enough_people_are_behind_them(tmp_path: Path) -> None:
    busy, quiet = (h3.int_to_str(cell) for cell in _CELLS)
    lines = ["cell,weekday,hour,age_group,people_per_hour"]
    lines += [f"{busy},1,8,{age},{people}" for age, people in (("0-17", 4), ("18-64", 80), ("65+", 30), ("unknown", 0))]
    lines += [f"{quiet},1,8,18-64,3"]
    file = tmp_path / "network.csv"
    file.write_text("\n".join(lines) + "\n")
    assert well("load", "footfall", file, "--name", "network", "--smallest", "0") == "5 counts by cell and hour.\n"
    assert well("load", "footfall", file, "--name", "network") == "5 counts by cell and hour.\n"
    mine = "FROM gcrm.footfall JOIN gcrm.layer_versions USING (layer_version_id) WHERE dataset = 'network'"
    assert value(f"SELECT count(*) {mine}") == 5
    with connect(Role.READER) as reader:
        shown = reader.execute(f"SELECT age_group, people_per_hour {mine} ORDER BY age_group".encode()).fetchall()
    assert shown == [("18-64", 80), ("unknown", 0)]


def test_options_of_counters_need_stations(tmp_path: Path) -> None:
    file = tmp_path / "counts.csv"
    file.write_text("station,counted_at,people\nb,2026-09-07,10\n")
    (tmp_path / "stations.csv").write_text("station,longitude,latitude\na,8.54,47.37\n")
    assert "name the file of the stations with --stations" in gcrm("load", "footfall", file, "--model", "500").err
    assert "has no day that is measured and has a position" in gcrm("load", "footfall", file, "--stations", tmp_path / "stations.csv").err
    assert "is not a file" in gcrm("load", "footfall", file, "--stations", tmp_path / "none.csv").err
