"""Tracks: typed, cleaned, split into trips and stops, turned into flows."""

import pandas as pd
import pytest

from gcrm.errors import LayerError
from gcrm.spatial.cells import parents_of_points
from gcrm.spatial.time_zones import check_time_zone, time_zone_at
from gcrm.spatial.tracks.clean import clean
from gcrm.spatial.tracks.flows import cell_stops, movement
from gcrm.spatial.tracks.positions import positions
from gcrm.spatial.tracks.trips import split

_METRE = 1 / 111_195
"""Degrees of latitude."""


def _raw(**columns: list[str]) -> pd.DataFrame:
    frame = pd.DataFrame(columns, dtype="string")
    return frame.set_axis(pd.RangeIndex(1, len(frame) + 1, name="row_number"))


def _track(seconds: list[float], north_m: list[float], key: str = "a", **columns: str) -> pd.DataFrame:
    """Positions on a meridian of Helsinki from 06:00 UTC on."""
    start = pd.Timestamp("2026-09-07T06:00:00Z")
    return _raw(
        track_key=[key] * len(seconds),
        recorded_at=[(start + pd.Timedelta(seconds=each)).isoformat() for each in seconds],
        longitude=["24.94"] * len(seconds),
        latitude=[repr(60.17 + each * _METRE) for each in north_m],
        **{name: [value] * len(seconds) for name, value in columns.items()},
    )


def _walk(minutes: int, from_m: float = 0, from_s: int = 0) -> tuple[list[float], list[float]]:
    """A position every 10 s at 1.4 m/s."""
    steps = range(6 * minutes + 1)
    return [from_s + 10.0 * step for step in steps], [from_m + 14.0 * step for step in steps]


@pytest.mark.parametrize(("column", "value"), [("recorded_at", "noon"), ("recorded_at", ""), ("longitude", "east"), ("latitude", "91")])
def test_a_bad_position_is_named_by_its_row(column: str, value: str) -> None:
    raw = _track(*_walk(1))
    raw.loc[3, column] = value
    with pytest.raises(LayerError, match=r"t\.csv, row 3: the time or the position cannot be read"):
        positions(raw, "t.csv")


def test_a_column_that_is_missing_is_named() -> None:
    with pytest.raises(LayerError, match=r"t\.csv has no column recorded_at; tracks need"):
        positions(_track(*_walk(1)).drop(columns="recorded_at"), "t.csv")


def test_a_track_without_times_has_an_assumed_clock_and_no_hour() -> None:
    untimed = _track(*_walk(5), key="untimed", mode="Cycling").assign(recorded_at="")
    typed = positions(pd.concat([_track(*_walk(5)).assign(mode=""), untimed], ignore_index=True), "t.csv")
    assert typed.groupby("track_key")["timed"].all().to_dict() == {"a": True, "untimed": False}
    trips = split(clean(typed).positions).trips.set_index("track_key")
    assert (trips["ended_at"] - trips["started_at"]).dt.total_seconds()["untimed"] == pytest.approx(420 / 4.5, rel=0.01)
    assert trips["mode"].to_dict() == {"a": "foot", "untimed": "bicycle"}
    assert trips["mode_given"].to_dict() == {"a": False, "untimed": True}
    assert sorted(movement(trips.reset_index(), "Europe/Helsinki")["hour"].fillna(-1)) == [-1, 9]


def test_order_duplicates_and_jumps() -> None:
    seconds, north = _walk(5)
    north[7] += 50_000
    north[20] -= 50_000
    north[22] += 50_000
    raw = _track(seconds, north)
    mixed = pd.concat([raw.iloc[[3, 0, 1, 2]], raw.iloc[3:], raw.iloc[[-1]]])
    found = clean(positions(mixed, "t.csv"))
    assert found.left_out == {"the same track and time again": 2, "a jump of impossible speed": 3}
    assert found.reordered == 3
    assert found.positions["recorded_at"].is_monotonic_increasing
    assert found.positions["latitude"].between(60.17, 60.18).all()
    assert len(found.positions) == len(seconds) - 3


def test_a_stop_parts_two_trips() -> None:
    there, stay, back = _walk(10), ([float(600 + 10 * each) for each in range(1, 60)], [840.0 + each % 7 for each in range(1, 60)]), _walk(10, 840, 1200)
    found = split(clean(positions(_track(there[0] + stay[0] + back[0], there[1] + stay[1] + back[1]), "t.csv")).positions)
    assert found.trips["number"].tolist() == [1, 2]
    assert found.trips["length_m"].tolist() == pytest.approx([800, 800], abs=100)  # the box of a stop takes up to 100 m of the way
    assert len(found.stops) == 1
    stop = found.stops.iloc[0]
    assert (stop["left_at"] - stop["arrived_at"]).total_seconds() / 60 == pytest.approx(10, abs=2.5)  # and up to 100 m at either end
    assert stop["latitude"] == pytest.approx(60.17 + 840 * _METRE, abs=30 * _METRE)
    stays = cell_stops(pd.concat([found.stops] * 2, ignore_index=True).assign(track_key=["a", "b"]), "Europe/Helsinki")
    assert stays[["hour", "stops", "tracks", "withheld"]].to_numpy().tolist() == [[9, 2, 2, True]]


def test_a_silence_parts_trips_unless_it_is_in_one_place() -> None:
    first, elsewhere = _walk(5), _walk(5, 5000, 300 + 3600)
    moved = split(clean(positions(_track(first[0] + elsewhere[0], first[1] + elsewhere[1]), "t.csv")).positions)
    assert (len(moved.trips), len(moved.stops), moved.gaps) == (2, 0, 1)
    same = _walk(5, 420, 300 + 3600)
    stayed = split(clean(positions(_track(first[0] + same[0], first[1] + same[1]), "t.csv")).positions)
    assert (len(stayed.trips), len(stayed.stops), stayed.gaps) == (2, 1, 0)


def test_no_window_of_a_stop_reaches_into_the_next_track() -> None:
    near = pd.concat([_track([0, 10], [0, 5], key="a"), _track([400, 410], [0, 5], key="b")], ignore_index=True)
    found = split(clean(positions(near, "t.csv")).positions)
    assert (len(found.stops), len(found.trips), len(found.positions)) == (0, 0, 0)


def test_a_piece_that_is_elsewhere_is_a_trip_of_its_own() -> None:
    seconds, north = _walk(15)
    found = split(clean(positions(_track(seconds, [each + 90_000 * (30 <= place < 60) for place, each in enumerate(north)]), "t.csv")).positions)
    assert found.trips["length_m"].max() < 500
    assert len(found.trips) == 3


def test_flows_count_people_not_their_tracks_and_withhold_few() -> None:
    tracks = pd.concat([_track(*_walk(10), key=f"k{each}", contact_key="p" if each < 5 else "") for each in range(15)], ignore_index=True)
    flows = movement(split(clean(positions(tracks, "t.csv")).positions).trips, "Europe/Helsinki")
    assert flows[["hour", "trips", "tracks", "withheld"]].to_numpy().tolist() == [[9, 15, 11, False]]
    assert movement(split(clean(positions(tracks[tracks["track_key"] < "k14"], "t.csv")).positions).trips, "UTC")["withheld"].tolist() == [True]
    ends = parents_of_points(pd.Series([24.94, 24.94]), pd.Series([60.17, 60.17 + 840 * _METRE]), 8).tolist()
    assert flows[["origin_cell", "destination_cell"]].to_numpy().tolist() == [ends]


def test_time_zones() -> None:
    assert time_zone_at(24.94, 60.17) == "Europe/Helsinki"
    assert check_time_zone("Europe/Zurich") == "Europe/Zurich"
    with pytest.raises(LayerError, match="'Zurich' is no time zone"):
        check_time_zone("Zurich")
