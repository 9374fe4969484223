"""Censuses in the forms that offices give them."""

import h3
import numpy as np
import pandas as pd
import pytest

from gcrm.errors import LayerError
from gcrm.spatial.area_tables import Grid, areas_of, h3_cells
from gcrm.spatial.residence import cells_of, census, from_buildings


def _text(**columns: list[str]) -> pd.DataFrame:
    frame = pd.DataFrame(columns, dtype="string")
    return frame.set_axis(pd.RangeIndex(1, len(frame) + 1, name="row_number"))


def test_squares_by_their_middle_and_by_their_corner() -> None:
    middle = areas_of(_text(x=["4321500"], y=["3210500"]), Grid(3035, 1000), "a.csv")
    corner = areas_of(_text(x=["4321000"], y=["3210000"]), Grid(3035, 1000, "corner"), "a.csv")
    assert middle.geom_equals_exact(corner, 1e-12).all()
    assert middle.to_crs(3035).area.iloc[0] == pytest.approx(1e6, rel=1e-6)


@pytest.mark.parametrize("code", ["1kmN3210E4321", "CRS3035RES1000mN3210000E4321000"])
def test_codes_of_the_european_grid(code: str) -> None:
    found = areas_of(_text(code=[code]), None, "a.csv")
    assert found.to_crs(3035).total_bounds.tolist() == pytest.approx([4321000, 3210000, 4322000, 3211000], abs=0.01)


def test_h3_cells_are_taken_as_they_are() -> None:
    cells = [h3.latlng_to_cell(60.17, 24.94, 9), h3.latlng_to_cell(60.18, 24.95, 9)]
    raw = _text(id=cells, people=["10", "20"])
    areas = areas_of(raw, None, "a.csv").to_frame("geometry").set_geometry("geometry").assign(cell=h3_cells(raw), population=[10.0, 20.0])
    found = cells_of(areas)
    assert dict(zip(found["cell"], found["population"], strict=True)) == {h3.str_to_int(cells[0]): 10, h3.str_to_int(cells[1]): 20}
    assert set(found["level"]) == {9}
    assert set(found["quality"]) == {"measured"}


def test_rates_become_counts_and_percent_becomes_shares() -> None:
    raw = _text(people=["100", "50", "-1"], size=["2", "2.5", "-1"], old=["20", "0", "-1"], empty=["5.5", "", "-1"])
    columns = {"population": "people", "household_size": "size", "age_65_up_share": "old", "vacancy_share": "empty"}
    found = census(raw, columns, frozenset({"-1"}), "a.csv")
    assert found["households"].tolist()[:2] == [50, 20]
    assert found["age_65_up"].tolist()[:2] == [20, 0]
    assert found["vacancy_share"].iloc[0] == pytest.approx(0.055)
    assert np.isnan(found["vacancy_share"].iloc[1])
    assert found.iloc[2].isna().all()


@pytest.mark.parametrize(
    ("raw", "columns", "sentence"),
    [
        (_text(a=["1", "-1"]), {"population": "a"}, "row 2, column a: '-1' is no number from 0 on"),
        (_text(a=["many"]), {"population": "a"}, "row 1, column a: 'many'"),
        (_text(a=["1"]), {"population": "b"}, "has no column b for population; it has a"),
        (_text(a=["1"]), {"people": "a"}, "There is no measure people; choose from age_0_17"),
        (_text(a=["1"]), {"household_size": "a"}, "household_size says nothing without population"),
    ],
)
def test_a_bad_census_is_named_by_row_and_column(raw: pd.DataFrame, columns: dict[str, str], sentence: str) -> None:
    with pytest.raises(LayerError, match=sentence):
        census(raw, columns, frozenset(), "a.csv")


def test_a_table_without_areas() -> None:
    with pytest.raises(LayerError, match=r"a\.csv names no areas; it needs polygons"):
        areas_of(_text(people=["1"]), None, "a.csv")


def test_buildings_suggest_who_lives_in_them() -> None:
    buildings = pd.DataFrame({
        "longitude": [24.94] * 5, "latitude": [60.17] * 5, "residence_type": ["detached", "flats", "flats", "non_residential", None],
        "levels": [np.nan, 3, 6, 2, 2], "floor_area_m2": [120.0, 400.0, 1200.0, 999.0, 999.0],
    })  # fmt: skip
    found = from_buildings(buildings, 40, 80).iloc[0]
    assert found["population"] == pytest.approx(1720 / 40)
    assert (found["dwellings_detached"], found["dwellings_flats_low"], found["dwellings_flats_high"], found["dwellings"]) == (1, 5, 15, 21)
    assert found["quality"] == "modelled"
