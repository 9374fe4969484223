"""Timetables: services, frequencies, nights, missing times, and what is wrong in a feed."""

import datetime as dt
from pathlib import Path
from zipfile import ZipFile

import pandas as pd
import pytest

from gcrm.errors import LayerError, ReadError
from gcrm.ingest.gtfs import read_gtfs
from gcrm.spatial.transit.services import service_days
from gcrm.spatial.transit.timetable import Timetable, movement, timetable

_FEED = {
    "stops": "stop_id,stop_name,stop_lat,stop_lon\nA,Alpha,60.17,24.94\nB,Beta,60.19,24.94\nC,,60.2,24.94\nX,entrance,,\n",
    "routes": "route_id,route_short_name,route_long_name,route_type\nr,7,Alpha - Gamma,3\nm,M,,401\n",
    "trips": "route_id,service_id,trip_id,shape_id\nr,week,t,s\nr,week,night,s\nm,sunday,often,\n",
    "stop_times": "trip_id,arrival_time,departure_time,stop_id,stop_sequence\n"
    "t,08:20:00,08:20:00,C,3\nt,08:00:00,08:00:00,A,1\nt,,,B,2\n"
    "night,25:10:00,25:10:00,A,1\nnight,25:16:00,25:16:00,B,2\n"
    "often,00:00:00,00:00:00,A,1\noften,00:05:00,00:06:00,B,2\noften,00:11:00,00:11:00,C,3\n",
    "calendar": "service_id,monday,tuesday,wednesday,thursday,friday,saturday,sunday,start_date,end_date\n"
    "week,1,1,1,1,1,0,0,20260831,20260913\nsunday,0,0,0,0,0,0,1,20260831,20260913\n",
    "calendar_dates": "service_id,date,exception_type\nweek,20260901,2\nsunday,20260912,1\n",
    "frequencies": "trip_id,start_time,end_time,headway_secs\noften,06:30:00,07:30:00,1200\n",
    "shapes": "shape_id,shape_pt_lat,shape_pt_lon,shape_pt_sequence\ns,60.19,24.94,2\ns,60.17,24.94,1\n",
}  # fmt: skip


def _write(folder: Path, **changed: str | None) -> Path:
    path = folder / "feed.zip"
    with ZipFile(path, "w") as archive:
        for table, text in (_FEED | changed).items():
            if text is not None:
                archive.writestr(f"inner/{table}.txt", "\ufeff" + text)
    return path


def _table(folder: Path, week: dt.date | None = None, **changed: str | None) -> Timetable:
    return timetable(read_gtfs(_write(folder, **changed)), "feed.zip", week)


def test_days_of_services_with_their_exceptions(tmp_path: Path) -> None:
    days = service_days(read_gtfs(_write(tmp_path)), "feed.zip").groupby("service_id")["day"].agg(lambda each: sorted(each.dt.day))
    assert days["week"] == [2, 3, 4, 7, 8, 9, 10, 11, 31]
    assert days["sunday"] == [6, 12, 13]


def test_vehicles_by_hour_of_the_busiest_week(tmp_path: Path) -> None:
    table = _table(tmp_path)
    assert table.week == dt.date(2026, 9, 7)  # a Tuesday less and a Saturday less in the week before
    assert table.routes[["name", "mode"]].to_numpy().tolist() == [["7 Alpha - Gamma", "bus"], ["M", "metro"]]
    assert (table.routes.geometry.iloc[0].wkt, table.routes.geometry.iloc[1]) == ("MULTILINESTRING ((24.94 60.17, 24.94 60.19))", None)
    assert table.stops["stop_key"].tolist() == ["A", "B", "C"]
    found = table.departures.set_index(["route_key", "weekday", "hour"])["trips"].to_dict()
    morning = {("r", day, 8): 1 for day in range(1, 6)}
    night = {("r", day, 1): 1 for day in range(2, 7)}  # 25:10 of a Friday is a Saturday's
    metro = {("m", day, hour): count for day in (6, 7) for hour, count in ((6, 2), (7, 1))}
    assert found == morning | night | metro


def test_edges_and_flows(tmp_path: Path) -> None:
    table = _table(tmp_path)
    edges = {tuple(each[:5]): tuple(each[5:]) for each in table.edges.itertuples(index=False)}
    assert edges["A", "B", "bus", 1, 8] == (1, 10)  # the time of B is left out: halfway
    assert edges["B", "C", "metro", 7, 6] == (2, 5)  # from leaving to arriving
    assert edges["B", "C", "metro", 7, 7] == (1, 5)
    flows = movement(table)
    assert flows["trips"].sum() == table.edges["trips"].sum()
    assert (flows["origin_cell"] != flows["destination_cell"]).all()


def test_a_week_that_is_asked_for(tmp_path: Path) -> None:
    table = _table(tmp_path, dt.date(2026, 9, 3))
    assert table.week == dt.date(2026, 8, 31)
    assert 2 not in table.departures.loc[table.departures["hour"] == 8, "weekday"].tolist()
    with pytest.raises(LayerError, match="No vehicle runs in that week; the timetable holds from 2026-08-31 to 2026-09-13"):
        _table(tmp_path, dt.date(2025, 1, 1))


def test_calls_without_a_position_are_left_out_and_counted(tmp_path: Path) -> None:
    assert _table(tmp_path, stop_times=_FEED["stop_times"] + "t,08:30:00,08:30:00,X,4\nt,08:40:00,08:40:00,nowhere,5\n").left_out == 2


@pytest.mark.parametrize(
    ("table", "old", "new", "sentence"),
    [
        ("stop_times", "08:20:00,08:20:00", "8h20,08:20:00", r"stop_times\.txt, row 1, column arrival_time: '8h20' is no time"),
        ("calendar", "20260913", "13.9.2026", r"calendar\.txt, row 1, column end_date: '13\.9\.2026' is no date"),
        ("frequencies", "1200", "0", r"frequencies\.txt, row 1, column headway_secs"),
        ("routes", ",3\n", ",bus\n", r"routes\.txt, row 1, column route_type: 'bus' is no number"),
    ],
)
def test_a_bad_value_is_named(tmp_path: Path, table: str, old: str, new: str, sentence: str) -> None:
    with pytest.raises(LayerError, match=sentence):
        timetable(read_gtfs(_write(tmp_path, **{table: _FEED[table].replace(old, new)})), "feed.zip")


def test_what_is_no_feed(tmp_path: Path) -> None:
    with pytest.raises(ReadError, match=r"feed\.zip holds no stops\.txt"):
        _table(tmp_path, stops=None)
    with pytest.raises(ReadError, match=r"stops\.txt has no column stop_lat and stop_lon"):
        _table(tmp_path, stops="stop_id\nA\n")
    with pytest.raises(ReadError, match=r"neither calendar\.txt nor calendar_dates\.txt"):
        _table(tmp_path, calendar=None, calendar_dates=None)
    bad = tmp_path / "bad.zip"
    bad.write_text("no")
    with pytest.raises(ReadError, match=r"bad\.zip is no zip archive"):
        read_gtfs(bad)


def test_only_dates(tmp_path: Path) -> None:
    table = _table(tmp_path, calendar=None, calendar_dates="service_id,date,exception_type\nweek,20260901,1\n", frequencies=None, shapes=None)
    assert table.departures[["weekday", "hour"]].to_numpy().tolist() == [[2, 8], [3, 1]]
    assert table.routes.geometry.isna().all()
    assert isinstance(table.departures, pd.DataFrame)
