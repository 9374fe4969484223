"""Footfall and tracks out of text."""

import h3
import pandas as pd
import pytest

from gcrm.errors import LayerError
from gcrm.spatial.cells import index_points
from gcrm.spatial.footfall import footfall
from gcrm.spatial.tracks import movement, positions

_CELL = h3.latlng_to_cell(60.17, 24.94, 10)


def _text(**columns: list[str]) -> pd.DataFrame:
    frame = pd.DataFrame(columns, dtype="string")
    return frame.set_axis(pd.RangeIndex(1, len(frame) + 1, name="row_number"))


def test_counts_of_one_cell_and_hour_are_averaged() -> None:
    found = footfall(_text(cell=[_CELL, _CELL, _CELL], weekday=["1", "1", "2"], hour=["8", "8", "8"], people_per_hour=["10", "20", "7.5"]), "a.csv")
    assert found.to_dict("list") == {"cell": [h3.str_to_int(_CELL)] * 2, "weekday": [1, 2], "hour": [8, 8], "people_per_hour": [15, 7.5]}


def test_positions_become_cells() -> None:
    found = footfall(_text(longitude=["24.94"], latitude=["60.17"], weekday=["7"], hour=["23"], people_per_hour=["0"]), "a.csv")
    assert found["cell"].tolist() == [h3.str_to_int(_CELL)]


@pytest.mark.parametrize(
    ("column", "value", "sentence"),
    [
        ("weekday", "8", "a.csv, row 2, column weekday: '8' is not between 1 and 7"),
        ("hour", "24", "column hour: '24' is not between 0 and 23"),
        ("people_per_hour", "-1", "column people_per_hour"),
        ("people_per_hour", "many", "column people_per_hour: 'many'"),
        ("weekday", "1.5", "column weekday: '1.5'"),
        ("cell", "abc", "column cell: 'abc' is not an H3 cell"),
        ("cell", "", "column cell: '' is not an H3 cell"),
        ("cell", h3.cell_to_parent(_CELL, 9), "is not of H3 level 10"),
    ],
)
def test_a_bad_count_is_named_by_its_row_and_column(column: str, value: str, sentence: str) -> None:
    good = {"cell": _CELL, "weekday": "1", "hour": "8", "people_per_hour": "1"}
    raw = _text(**{name: [text, value if name == column else text] for name, text in good.items()})
    with pytest.raises(LayerError, match=sentence):
        footfall(raw, "a.csv")


def test_a_column_that_is_missing_is_named() -> None:
    with pytest.raises(LayerError, match=r"a\.csv has no column hour and latitude and longitude; footfall needs"):
        footfall(_text(weekday=["1"], people_per_hour=["1"]), "a.csv")
    with pytest.raises(LayerError, match="column longitude: '200' is not between -180 and 180"):
        footfall(_text(longitude=["200"], latitude=["60"], weekday=["1"], hour=["1"], people_per_hour=["1"]), "a.csv")


def _tracks() -> pd.DataFrame:
    return _text(
        track_key=["b", "a", "a", "c", "b", "a"],
        recorded_at=["2025-01-01T08:10Z", "2025-01-01T07:05:00+00:00", "2025-01-01T09:00+02:00", "2025-01-01T10:00", "2025-01-01T08:00Z", "2025-01-01T07:30Z"],
        longitude=["24.95", "24.94", "24.93", "24.94", "24.94", "24.95"],
        latitude=["60.18", "60.17", "60.17", "60.17", "60.17", "60.18"],
    )


def test_positions_are_put_in_order_and_lone_ones_left_out() -> None:
    found = positions(_tracks(), "t.csv")
    assert found["track_key"].tolist() == ["a", "a", "a", "b", "b"]
    assert found["longitude"].tolist() == [24.93, 24.94, 24.95, 24.94, 24.95]
    assert found["recorded_at"].is_monotonic_increasing or found.groupby("track_key")["recorded_at"].apply(lambda times: times.is_monotonic_increasing).all()


def test_trips_go_from_the_first_cell_to_the_last_in_the_hour_of_the_start() -> None:
    trips = movement(positions(_tracks(), "t.csv"))
    expected = {(_at(24.93, 60.17), _at(24.95, 60.18), 7, 1), (_at(24.94, 60.17), _at(24.95, 60.18), 8, 1)}
    assert set(trips[["origin_cell", "destination_cell", "hour", "trips"]].itertuples(index=False, name=None)) == expected


def _at(longitude: float, latitude: float) -> int:
    return int(index_points(pd.Series([longitude]), pd.Series([latitude]), 8)[0])


@pytest.mark.parametrize(("column", "value"), [("recorded_at", "noon"), ("longitude", "east"), ("latitude", "91")])
def test_a_bad_position_is_named_by_its_row(column: str, value: str) -> None:
    raw = _tracks()
    raw.loc[3, column] = value
    with pytest.raises(LayerError, match=r"t\.csv, row 3: the time or the position cannot be read"):
        positions(raw, "t.csv")


def test_tracks_without_a_column() -> None:
    with pytest.raises(LayerError, match=r"t\.csv has no column recorded_at; tracks need"):
        positions(_tracks().drop(columns="recorded_at"), "t.csv")
