"""Tables of origins and destinations: modes that do not overlap, zones and cells, small flows."""

import geopandas as gpd
import h3
import pandas as pd
import pytest
import shapely

from gcrm.errors import LayerError
from gcrm.spatial.cells import parents_of_points
from gcrm.spatial.origin_destination import Columns, movement

_ZONES = gpd.GeoSeries([shapely.box(24.90, 60.16, 24.92, 60.17), shapely.box(24.95, 60.18, 24.97, 60.19)], index=["a", "b"], crs=4326)
_FIELDS = {"origin": "from", "destination": "to", "people": "all"}


def _raw(**columns: list[str]) -> pd.DataFrame:
    frame = pd.DataFrame(columns, dtype="string")
    return frame.set_axis(pd.RangeIndex(1, len(frame) + 1, name="row_number"))


def _pairs(**columns: list[str]) -> pd.DataFrame:
    return _raw(**{"from": ["a", "a", "b"], "to": ["b", "a", "a"], "all": ["40", "20", "5"]} | columns)


def test_what_is_beside_the_modes_is_other_and_nothing_is_counted_twice() -> None:
    table = _pairs(bike=["10", "0", "2"], walk=["25", "20", "3"])
    flows = movement(table, Columns(_FIELDS, {"bicycle": "bike", "foot": "walk"}), _ZONES, "f.csv")
    assert flows["trips"].sum() == 65
    assert flows.groupby("mode")["trips"].sum().to_dict() == {"bicycle": 12, "foot": 48, "other": 5}
    assert sorted(flows.loc[flows["withheld"], "trips"]) == [2, 3, 5]
    assert set(flows["quality"]) == {"interpolated"}
    middles = parents_of_points(pd.Series([24.91, 24.96]), pd.Series([60.165, 60.185]), 8).tolist()
    assert set(flows["origin_cell"]) == set(middles)
    assert flows[["weekday", "hour"]].isna().all(axis=None)


def test_hours_weekdays_and_a_column_of_modes_between_cells() -> None:
    fine = h3.latlng_to_cell(60.17, 24.94, 10)
    table = _raw(o=[fine, fine], d=[h3.cell_to_parent(fine, 8)] * 2, n=["6.5", "6"], m=["bus", "bus"], w=["1", "1"], h=["8", "8"])
    flows = movement(table, Columns({"origin": "o", "destination": "d", "people": "n", "mode": "m", "weekday": "w", "hour": "h"}), None, "f.csv")
    eight = h3.str_to_int(h3.cell_to_parent(fine, 8))
    assert flows[["origin_cell", "destination_cell"]].to_numpy().tolist() == [[eight, eight]]
    assert flows[["weekday", "hour", "mode", "trips", "quality", "withheld"]].to_numpy().tolist() == [[1, 8, "bus", 12.5, "measured", False]]


@pytest.mark.parametrize(
    ("column", "value", "sentence"),
    [
        ("from", "c", r"f\.csv, row 2, column from: 'c' is the key of no zone"),
        ("all", "-3", r"row 2, column all: '-3' is no number of people"),
        ("all", "19", r"row 2, column all: '19' is less than the sum of its modes"),
        ("walk", "many", r"row 2, column walk: 'many' is no number of people"),
    ],
)
def test_a_bad_value_is_named(column: str, value: str, sentence: str) -> None:
    table = _pairs(walk=["25", "20", "3"])
    table.loc[2, column] = value
    with pytest.raises(LayerError, match=sentence):
        movement(table, Columns(_FIELDS, {"foot": "walk"}), _ZONES, "f.csv")


def test_columns_that_do_not_fit() -> None:
    with pytest.raises(LayerError, match="There is no field 'start'"):
        movement(_pairs(), Columns({"start": "from"}), _ZONES, "f.csv")
    with pytest.raises(LayerError, match="Name the columns of origin, destination and people"):
        movement(_pairs(), Columns({"origin": "from", "destination": "to"}), _ZONES, "f.csv")
    with pytest.raises(LayerError, match=r"f\.csv has no column 'n'; it has from, to, all"):
        movement(_pairs(), Columns(_FIELDS | {"people": "n"}), _ZONES, "f.csv")
    with pytest.raises(LayerError, match="'a' is no H3 cell of level 8 or finer"):
        movement(_pairs(), Columns(_FIELDS), None, "f.csv")
    with pytest.raises(LayerError, match="'8' is no whole number between 1 and 7"):
        movement(_pairs(w=["8", "1", "1"]), Columns(_FIELDS | {"weekday": "w"}), _ZONES, "f.csv")
