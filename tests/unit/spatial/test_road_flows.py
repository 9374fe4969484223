"""Flows on roads: trips by edge, mode and hour, and the thinning before they are matched."""

import numpy as np
import pandas as pd
import pytest

from gcrm.spatial.tracks.road_flows import road_flows
from gcrm.spatial.tracks.thin import thin

_START = pd.Timestamp("2026-09-07T05:59:50Z")


def _passed(*rows: tuple[int, int, float, float, int, int]) -> pd.DataFrame:
    """Trip, edge, from_share, to_share, and the seconds at which an edge of 100 m is entered and left."""
    frame = pd.DataFrame(rows, columns=["trip", "edge", "from_share", "to_share", "entered_s", "left_s"])
    times = {f"{end}_at": _START + pd.to_timedelta(frame[f"{end}_s"], unit="s") for end in ("entered", "left")}
    return frame.assign(length_m=100 * (frame["to_share"] - frame["from_share"]), **times)


def _trips(*rows: tuple[str, str, bool]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["carrier", "mode", "timed"]).assign(zone="Europe/Helsinki").rename_axis("trip")


def test_trips_count_by_edge_mode_and_local_hour() -> None:
    trips = _trips(("contact 1", "car", True), ("contact 1", "car", True), ("track a", "foot", True))
    passed = _passed((0, 7, 0, 1, 0, 10), (0, 8, 0, 1, 10, 20), (0, 8, 0, 1, 30, 40), (1, 8, 0, 1, 20, 40), (2, 8, 0, 1, 20, 60))
    flows = road_flows(passed, trips, smallest=2).set_index(["edge", "mode", "hour"])
    assert flows[["trips", "tracks"]].to_dict("index") == {
        (7, "car", 8): {"trips": 1, "tracks": 1},
        (8, "car", 9): {"trips": 2, "tracks": 1},  # the same person twice, and one trip twice
        (8, "foot", 9): {"trips": 1, "tracks": 1},
    }
    assert flows["speed_kmh"].tolist() == pytest.approx([36, 3.6 * 300 / 40, 9])
    assert flows["withheld"].all()


def test_a_corner_of_an_edge_is_no_passage_and_an_assumed_clock_no_hour() -> None:
    flows = road_flows(_passed((0, 7, 0.7, 1, 0, 10), (0, 8, 0, 0.6, 10, 20)), _trips(("track a", "bicycle", False)))
    assert flows["edge"].tolist() == [8]
    assert flows[["hour", "speed_kmh"]].isna().all(axis=None)


def test_nothing_passes_nothing() -> None:
    assert road_flows(_passed(), _trips()).empty


def _every(seconds: list[int], metres: list[float]) -> pd.DataFrame:
    """Two trips to the north with the same positions, one a second later."""
    times, latitude = _START + pd.to_timedelta(seconds, unit="s"), 60.17 + np.array(metres) / 111_195
    trips = [pd.DataFrame({"trip": trip, "recorded_at": times + pd.Timedelta(seconds=trip), "longitude": 24.94, "latitude": latitude}) for trip in (0, 1)]
    return pd.concat(trips, ignore_index=True)


def test_one_position_in_ten_seconds_of_each_trip_and_its_last() -> None:
    positions = _every([0, 4, 9, 10, 14, 21, 25], [0, 80, 180, 200, 280, 420, 500])
    assert thin(positions).index.tolist() == [0, 3, 5, 6, 7, 10, 12, 13]
    assert thin(positions.iloc[:0]).empty
    assert thin(positions.iloc[:1]).index.tolist() == [0]


def test_one_position_in_thirty_metres_of_who_is_slow() -> None:
    kept = thin(_every([0, 15, 30, 45, 60, 75], [0, 20, 5, 31, 50, 62]))
    assert kept.index.tolist() == [0, 3, 5, 6, 9, 11]
