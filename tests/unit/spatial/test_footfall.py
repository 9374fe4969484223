"""Footfall out of text."""

import h3
import pandas as pd
import pytest

from gcrm.errors import LayerError
from gcrm.spatial.footfall.profiles import footfall

_CELL = h3.latlng_to_cell(60.17, 24.94, 10)


def _text(**columns: list[str]) -> pd.DataFrame:
    frame = pd.DataFrame(columns, dtype="string")
    return frame.set_axis(pd.RangeIndex(1, len(frame) + 1, name="row_number"))


def test_counts_of_one_cell_and_hour_are_averaged() -> None:
    found = footfall(_text(cell=[_CELL, _CELL, _CELL], weekday=["1", "1", "2"], hour=["8", "8", "8"], people_per_hour=["10", "20", "7.5"]), "a.csv")
    assert found["cell"].tolist() == [h3.str_to_int(_CELL)] * 2
    assert found[["weekday", "hour", "people_per_hour"]].to_numpy().tolist() == [[1, 8, 15], [2, 8, 7.5]]
    assert not found["withheld"].any()


def test_small_figures_are_withheld_where_that_is_asked_for() -> None:
    found = footfall(_text(cell=[_CELL, _CELL], weekday=["1", "2"], hour=["8", "8"], people_per_hour=["15", "7.5"]), "a.csv", 10)
    assert found["withheld"].tolist() == [True, True]  # the second alone could be told from the mean of the week


def test_ages_of_too_few_people_are_withheld_with_what_would_tell_them() -> None:
    ages, people = ["0-17", "18-64", "65+"], ["4", "80", "30"]
    found = footfall(_text(cell=[_CELL] * 3, weekday=["1"] * 3, hour=["8"] * 3, age_group=ages, people_per_hour=people), "a.csv")
    assert found.set_index("age_group")["withheld"].to_dict() == {"0-17": True, "18-64": False, "65+": True}
    with pytest.raises(LayerError, match=r"a\.csv, row 2, column age_group: '' is no age group"):
        footfall(_text(cell=[_CELL] * 2, weekday=["1"] * 2, hour=["8"] * 2, age_group=["0-17", ""], people_per_hour=["20", "90"]), "a.csv")


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
