"""Counters: gaps, outages, holidays, stations that move, hours, and a model whose error is cross-validated."""

import datetime as dt

import numpy as np
import pandas as pd
import pytest

from gcrm.errors import LayerError
from gcrm.spatial.cells import index_points
from gcrm.spatial.footfall.counters import profile, readings, station_days
from gcrm.spatial.footfall.model import between
from gcrm.spatial.footfall.stations import placements, station_positions, stays_of
from gcrm.spatial.public_holidays import country_of, public_holidays

_FIELDS = {"station": "s", "longitude": "x", "latitude": "y", "valid_from": "from", "valid_to": "to"}
_NONE: dict[dt.date, str] = {}


def _raw(**columns: list[str]) -> pd.DataFrame:
    frame = pd.DataFrame(columns, dtype="string")
    return frame.set_axis(pd.RangeIndex(1, len(frame) + 1, name="row_number"))


def _positions(*rows: tuple[str, float, float, str, str]) -> pd.DataFrame:
    names = ("s", "x", "y", "from", "to")
    return station_positions(_raw(**{name: [str(row[place]) for row in rows] for place, name in enumerate(names)}), _FIELDS, 4326, "p.csv")


def _counts(people: dict[str, float], station: str = "a") -> pd.DataFrame:
    return _raw(station=[station] * len(people), counted_at=list(people), people=[repr(each) for each in people.values()])


def _daily(days: int, **changed: float | None) -> pd.DataFrame:
    """A count of 1,000 and a bit on each day from Monday, 7 September 2026, on; a day that is None is not in the file."""
    dates = [(dt.date(2026, 9, 7) + dt.timedelta(days=each)).isoformat() for each in range(days)]
    people = {day: changed.get(day, 1000.0 + place) for place, day in enumerate(dates)}
    return _counts({day: each for day, each in people.items() if each is not None})


_HERE = _positions(("a", 8.54, 47.37, "", ""))


def test_days_are_measured_missing_doubtful_or_holidays() -> None:
    raw = _daily(42, **{"2026-09-15": None, "2026-09-22": 0.0, "2026-09-24": 40_000.0, "2026-10-06": 777.0, "2026-10-07": 777.0, "2026-10-08": 777.0})
    counted = readings(raw, {}, "Europe/Zurich", "c.csv")
    days = station_days(counted, {dt.date(2026, 9, 20): "Bettag"}, placements(counted["station"], _HERE)).set_index("day")
    other = days[days["state"] != "measured"]
    assert {f"{day:%m-%d}": (row["state"], row["reason"]) for day, row in other.iterrows() if isinstance(day, pd.Timestamp)} == {
        "09-15": ("gap", "nothing was counted"),
        "09-20": ("holiday", "Bettag"),
        "09-22": ("outage_suspected", "less than a tenth of the usual"),
        "09-24": ("outage_suspected", "more than ten times the usual"),
        "10-06": ("outage_suspected", "the same count on three days or more"),
        "10-07": ("outage_suspected", "the same count on three days or more"),
        "10-08": ("outage_suspected", "the same count on three days or more"),
    }
    assert days.index[days["people"].isna()].tolist() == [pd.Timestamp(2026, 9, 15)]
    assert len(days) == 42


def test_only_measured_days_are_in_the_mean_week() -> None:
    counted = readings(_daily(28, **{"2026-09-15": None, "2026-09-22": 0.0}), {}, "Europe/Zurich", "c.csv")
    placed = placements(counted["station"], _HERE)
    week = profile(counted, station_days(counted, _NONE, placed), placed)
    tuesday = week[week["weekday"] == 2].iloc[0]
    assert tuesday["people_per_hour"] == pytest.approx((1001 + 1022) / 2 / 24)
    assert (tuesday["days"], tuesday["first_day"], tuesday["last_day"]) == (2, pd.Timestamp(2026, 9, 8), pd.Timestamp(2026, 9, 29))
    assert week["hour"].isna().all()
    assert len(week) == 7


def test_a_station_that_moved_counts_where_it_was() -> None:
    moved = _positions(("a", 8.54, 47.37, "", "20260914"), ("a", 8.55, 47.37, "2026-09-14", "2026-09-21"), ("a", 8.55, 47.37, "2026-09-28", ""))
    counted = readings(_daily(28), {}, "Europe/Zurich", "c.csv")
    placed = placements(counted["station"], moved)
    days = station_days(counted, _NONE, placed)
    assert days.loc[days["state"] == "gap", "reason"].tolist() == ["the station has no position on that day"] * 7
    week = profile(counted, days, placed).set_index(["cell", "weekday"])["people_per_hour"]
    west, east = index_points(pd.Series([8.54, 8.55]), pd.Series([47.37, 47.37])).tolist()
    assert week[west].to_numpy() * 24 == pytest.approx(1000 + np.arange(7))
    assert week[east].to_numpy() * 24 == pytest.approx(1014 + np.arange(7), abs=1e-6)
    stays = stays_of(days, placed)
    assert stays["moved_m"].round(-1).tolist() == [0, 750, 0]
    assert stays["valid_to"].isna().tolist() == [False, False, True]


def test_counts_that_were_put_together_stand_in_the_middle_of_their_parts() -> None:
    parts = _positions(("ALTO", 8.54, 47.37, "", ""), ("ALTW", 8.56, 47.37, "2026-09-14", ""), ("ALP", 0, 0, "", ""))
    placed = placements(pd.Series(["ALT*"]), parts)
    assert placed["longitude"].round(6).tolist() == [8.54, 8.55]
    assert placements(pd.Series(["nowhere"]), parts).empty


def test_hours_of_intervals_zones_and_short_days() -> None:
    times = [f"2026-09-{day:02}T{hour:02}:{minute:02}" for day in (7, 8) for hour in range(24) for minute in (0, 15, 30, 45)]
    raw = _counts({time: 5.0 for time in times if time != "2026-09-07T09:30" and not time.startswith(("2026-09-08T03", "2026-09-08T04"))})
    counted = readings(raw, {}, "Europe/Zurich", "c.csv")
    assert set(counted["people"]) == {20}
    assert len(counted) == 23 + 22
    days = station_days(counted, _NONE, placements(counted["station"], _HERE))
    assert days["reason"].fillna("").tolist() == ["", "only 22 hours were counted"]
    zoned = readings(_counts({"2026-09-07T22:30:00Z": 3.0, "2026-09-08T02:30:00+02:00": 4.0}), {}, "Europe/Zurich", "c.csv")
    assert zoned[["hour", "people"]].to_numpy().tolist() == [[0, 3], [2, 4]]
    assert zoned["day"].dt.day.tolist() == [8, 8]


@pytest.mark.parametrize(
    ("column", "value", "sentence"),
    [
        ("counted_at", "noon", r"c\.csv, row 3, column counted_at: 'noon' is no time"),
        ("counted_at", "2026-09-08", r"c\.csv, row 3, column station: 'a' is counted twice"),
        ("people", "-1", r"c\.csv, row 3, column people: '-1' is no number of people"),
    ],
)
def test_a_bad_count_is_named(column: str, value: str, sentence: str) -> None:
    raw = _daily(4)
    raw.loc[3, column] = value
    with pytest.raises(LayerError, match=sentence):
        readings(raw, {}, "Europe/Zurich", "c.csv")


def test_bad_stations_are_named() -> None:
    with pytest.raises(LayerError, match=r"c\.csv has no column date; name the columns of station, counted_at, people"):
        readings(_daily(2), {"counted_at": "date"}, "UTC", "c.csv")
    with pytest.raises(LayerError, match=r"p\.csv, row 1: the position cannot be read"):
        _positions(("a", 888, 47, "", ""))
    with pytest.raises(LayerError, match=r"p\.csv, row 1, column to: 'soon' is no day"):
        _positions(("a", 8, 47, "", "soon"))
    with pytest.raises(LayerError, match=r"p\.csv has no column x and y"):
        station_positions(_raw(s=["a"]), {"station": "s", "longitude": "x", "latitude": "y"}, 4326, "p.csv")


def test_points_of_another_system() -> None:
    raw = _raw(s=["a"], g=["POINT (2683022.5 1244140.1)"])
    found = station_positions(raw, {"station": "s", "geometry": "g"}, 2056, "p.csv").iloc[0]
    assert (found["longitude"], found["latitude"]) == pytest.approx((8.53727, 47.34289), abs=1e-4)


def _field(slope: float) -> pd.DataFrame:
    """Counters 500 m apart whose counts grow eastward by a factor a step, on two weekdays."""
    x, y = (each.ravel() for each in np.meshgrid(8.5 + 0.0066 * np.arange(5), 47.37 + 0.0045 * np.arange(4)))
    random = np.random.default_rng(1)
    people = np.exp(4 + slope * (x - 8.5) / 0.0066 + random.normal(0, 0.05, len(x)))
    cells = index_points(pd.Series(x), pd.Series(y)).astype("int64")
    hours = pd.Series(pd.NA, index=cells.index, dtype="Int16")
    return pd.concat([pd.DataFrame({"cell": cells, "weekday": day, "hour": hours, "people_per_hour": people * day}) for day in (1, 2)], ignore_index=True)


def test_the_error_of_the_model_is_that_of_counters_left_out() -> None:
    measured = _field(0.7)
    found = between(measured, 300)
    assert found is not None
    model, cells = found
    assert model.power > 0
    assert model.error_factor < model.baseline_factor
    logs = np.log(measured.loc[measured["weekday"] == 1, "people_per_hour"].to_numpy())
    left = np.array([np.delete(logs, each).mean() - logs[each] for each in range(len(logs))])
    assert model.baseline_factor == pytest.approx(np.exp(np.sqrt((left**2).mean())))
    assert model.baseline_error_share == pytest.approx(np.median(np.abs(np.expm1(left))))
    assert not set(cells["cell"]) & set(measured["cell"])
    twice = cells.pivot_table(index="cell", columns="weekday", values="people_per_hour")
    assert (twice[2] / twice[1]).to_numpy() == pytest.approx(2)
    assert twice[1].between(measured["people_per_hour"].min(), measured["people_per_hour"].max()).all()


def test_where_distance_tells_nothing_the_model_says_so() -> None:
    measured = _field(0).assign(people_per_hour=lambda frame: np.tile(np.random.default_rng(4).permutation(np.geomspace(10, 1000, len(frame) // 2)), 2))
    found = between(measured, 300)
    assert found is not None
    assert found[0].error_factor <= found[0].baseline_factor
    assert between(measured[measured["cell"].isin(measured["cell"].unique()[:2])], 300) is None


def test_holidays_of_a_region() -> None:
    found = public_holidays("CH-ZH", [2020])
    assert found[dt.date(2020, 8, 1)] == "Nationalfeiertag"
    assert dt.date(2020, 12, 25) in found
    assert country_of("Europe/Zurich") == "CH"
    assert country_of("Etc/GMT") is None
    with pytest.raises(LayerError, match="No holidays are known of 'XX'"):
        public_holidays("XX", [2020])
