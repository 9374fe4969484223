"""Building formations of the real centre of Helsinki, by cell."""

import geopandas as gpd
import pandas as pd
import pytest

from gcrm.spatial.buildings import USES, cell_buildings, entropy, inhabited
from gcrm.spatial.extracts import helsinki
from gcrm.spatial.osm import read_extract
from gcrm.units import EQUAL_AREA


@pytest.fixture(scope="module")
def buildings() -> gpd.GeoDataFrame:
    return read_extract(helsinki()).buildings


def test_no_footprint_and_no_building_is_lost(buildings: gpd.GeoDataFrame) -> None:
    cells = cell_buildings(buildings)
    assert cells["footprint_m2"].sum() == pytest.approx(buildings.to_crs(EQUAL_AREA).area.sum(), rel=1e-9)
    assert cells["buildings"].sum() == len(buildings)
    assert cells["footprint_share"].between(0, 1).all()
    for kind in ("detached", "terraced", "flats", "other_residence"):
        assert cells[kind].sum() == (buildings["residence_type"] == kind).sum()


def test_only_what_is_tagged_is_told(buildings: gpd.GeoDataFrame) -> None:
    cells = cell_buildings(buildings)
    assert cells["height_known"].sum() == buildings["height_m"].notna().sum() < len(buildings)
    assert (cells["mean_height_m"].notna() == (cells["height_known"] > 0)).all()
    assert cells["floor_area_m2"].sum() == pytest.approx(buildings["floor_area_m2"].sum())
    assert (cells["floor_area_m2"].notna() == (cells["floor_area_known"] > 0)).all()
    assert cells["year_known"].sum() == buildings["year_built"].notna().sum() > 0
    known = buildings[buildings["use"].notna()].to_crs(EQUAL_AREA).area.sum()
    assert cells[[f"{use}_m2" for use in USES]].sum().sum() == pytest.approx(known)


def test_mixture_of_uses() -> None:
    found = entropy(pd.DataFrame({"a": [1.0, 5.0, 0.0], "b": [1.0, 0.0, 0.0]}))
    assert found.iloc[:2].tolist() == [1, 0]
    assert pd.isna(found.iloc[2])


def test_homes_are_weighed_by_floor_area_and_known_offices_are_none(buildings: gpd.GeoDataFrame) -> None:
    homes = inhabited(buildings)
    assert len(homes) == (buildings["residence_type"] != "non_residential").fillna(value=True).sum()
    assert homes["floor_area_m2"].gt(0).all()
