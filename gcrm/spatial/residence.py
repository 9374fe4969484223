"""Types of residence: who lives where, and in what, from census grids and polygons, or from buildings where no census is given."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

import geopandas as gpd
import numpy as np
import pandas as pd

from gcrm.errors import LayerError
from gcrm.spatial.area_tables import given_cells, numbers_of
from gcrm.spatial.areal import average, fitting_level, shares, spread
from gcrm.spatial.cells import index_points, level_of
from gcrm.units import FINEST_LEVEL


@dataclass(frozen=True)
class Measure:
    """What is known of an area.

    Attributes:
        name: of its column in gcrm.residence and gcrm.cell_residence.
        label: in words.
        unit: of its values; empty for a share.
        of: for a rate the measure that it is a rate of; None for a count, which is spread over the cells and adds up.
    """

    name: str
    label: str
    unit: str
    of: str | None = None


MEASURES = (
    Measure("population", "Inhabitants", "people"),
    Measure("households", "Households", "households"),
    Measure("dwellings", "Dwellings", "dwellings"),
    Measure("dwellings_detached", "Dwellings in detached houses", "dwellings"),
    Measure("dwellings_terraced", "Dwellings in terraced and semi-detached houses", "dwellings"),
    Measure("dwellings_flats_low", "Flats in buildings of up to 3 storeys", "dwellings"),
    Measure("dwellings_flats_high", "Flats in buildings of 4 storeys and more", "dwellings"),
    Measure("dwellings_other", "Dwellings elsewhere", "dwellings"),
    Measure("dwellings_vacant", "Vacant dwellings", "dwellings"),
    Measure("households_owner", "Households that own their dwelling", "households"),
    Measure("households_tenant", "Households that rent their dwelling", "households"),
    Measure("age_0_17", "Inhabitants of 0 to 17 years", "people"),
    Measure("age_18_64", "Inhabitants of 18 to 64 years", "people"),
    Measure("age_65_up", "Inhabitants of 65 years and more", "people"),
    Measure("jobs", "Places of work", "jobs"),
    Measure("vacancy_share", "Vacant dwellings per dwelling, 0 to 1", "", of="population"),
    Measure("living_area_m2_per_person", "Living area per inhabitant", "m² per person", of="population"),
)
"""What a census may tell, as gcrm.residence keeps it."""

COUNTS = tuple(each.name for each in MEASURES if each.of is None)
RATES: Mapping[str, str] = MappingProxyType({each.name: each.of for each in MEASURES if each.of is not None})

DERIVED: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "household_size": ("households", "inhabitants per household; becomes households"),
        "age_65_up_share": ("age_65_up", "share of inhabitants of 65 years and more, 0 to 1; becomes age_65_up"),
        "age_0_17_share": ("age_0_17", "share of inhabitants of 0 to 17 years, 0 to 1; becomes age_0_17"),
    }
)
"""Rates that a census may give in place of a count: the count it becomes, and its text."""

_PERCENT = ("vacancy_share", "age_65_up_share", "age_0_17_share")
_LARGEST = 1e12
_STOREYS_OF_LOW_FLATS = 3


def census(raw: pd.DataFrame, columns: Mapping[str, str], missing: frozenset[str], file_name: str) -> pd.DataFrame:
    """What a census says of its areas.

    Args:
        raw: text, index `row_number`.
        columns: the column of each measure, of MEASURES or DERIVED.
        missing: texts that mean that a value is not known, such as -1.
        file_name: named in errors.

    Returns:
        The columns of MEASURES that are given, as float64; missing where they are not known.

    Raises:
        LayerError: a column is missing, or a value is no number or negative.
    """
    known = {each.name for each in MEASURES} | set(DERIVED)
    for measure, column in columns.items():
        if measure not in known:
            raise LayerError(f"There is no measure {measure}; choose from {', '.join(sorted(known))}.")
        if column not in raw:
            raise LayerError(f"{file_name} has no column {column} for {measure}; it has {', '.join(map(str, raw.columns))}.")
    given = pd.DataFrame({measure: numbers_of(raw[column], missing, file_name, least=0, most=_LARGEST) for measure, column in columns.items()}, index=raw.index)
    for measure in set(_PERCENT) & set(given):
        if given[measure].max() > 1:
            given[measure] /= 100
    for rate, (count, _) in DERIVED.items():
        if rate in given:
            if "population" not in given:
                raise LayerError(f"{file_name}: {rate} says nothing without population; name its column too.")
            people, value = given["population"], given.pop(rate)
            found = people / value.where(value > 0) if rate == "household_size" else people * value
            given[count] = given[count].fillna(found) if count in given else found
    return given


def cells_of(areas: gpd.GeoDataFrame, inhabited: pd.DataFrame | None = None, level: int | None = None) -> pd.DataFrame:
    """What areas tell, of H3 cells; the sum of a count stays what it was.

    Args:
        areas: columns of MEASURES, geometry in EPSG:4326, on an index without doubles.
        inhabited: buildings that people live in, as `gcrm.spatial.areal.shares` takes them.
        level: H3 level; the finest that does not pretend to more detail than the areas have if left out.

    Returns:
        One row per cell, ascending: cell (int64), level, the columns of MEASURES that the areas have, quality (measured where an area is just
        that cell, else interpolated).
    """
    whole = given_cells(areas)
    level = level if level is not None else (level_of(int(whole.iloc[0])) if whole is not None else fitting_level(areas.geometry))
    if whole is not None and level == level_of(int(whole.iloc[0])):
        to_cells, quality = pd.DataFrame({"area": areas.index, "cell": whole.to_numpy(), "share": 1.0}), "measured"
    else:
        to_cells, quality = shares(areas.geometry, level, inhabited), "interpolated"
    counts = [name for name in COUNTS if name in areas]
    rates = [name for name in RATES if name in areas]
    found = spread(pd.DataFrame(areas[counts]), to_cells)
    if rates:
        weight = areas["population"] if "population" in areas else pd.Series(1.0, index=areas.index)
        found = found.join(average(pd.DataFrame(areas[rates]), weight, to_cells), how="outer")
    found = found.dropna(how="all").reset_index()
    return found.assign(level=level, quality=quality)


def from_buildings(buildings: pd.DataFrame, floor_area_m2_per_person: float, dwelling_m2: float) -> pd.DataFrame:
    """Inhabitants and dwellings as the buildings suggest them, for cells of which no census tells: a model, not a count.

    Args:
        buildings: longitude, latitude (EPSG:4326), residence_type (detached, terraced, flats, other_residence), levels (may be missing),
            floor_area_m2.
        floor_area_m2_per_person: of a residential building, square metres.
        dwelling_m2: floor area per dwelling in buildings of flats, square metres; a house is one dwelling.

    Returns:
        One row per H3 cell of level 10, ascending: cell, level, population, dwellings by type, quality (modelled).
    """
    homes = buildings[buildings["residence_type"].isin(["detached", "terraced", "flats", "other_residence"]) & (buildings["floor_area_m2"] > 0)]
    flats = homes["residence_type"] == "flats"
    dwellings = pd.Series(1.0, index=homes.index).where(~flats, np.maximum(homes["floor_area_m2"] / dwelling_m2, 1.0))
    low = homes["levels"].fillna(_STOREYS_OF_LOW_FLATS + 1) <= _STOREYS_OF_LOW_FLATS
    kinds = {
        "dwellings_detached": homes["residence_type"] == "detached",
        "dwellings_terraced": homes["residence_type"] == "terraced",
        "dwellings_flats_low": flats & low,
        "dwellings_flats_high": flats & ~low,
        "dwellings_other": homes["residence_type"] == "other_residence",
    }
    found = pd.DataFrame({name: dwellings.where(kind, 0.0) for name, kind in kinds.items()})
    found["dwellings"] = dwellings
    found["population"] = homes["floor_area_m2"] / floor_area_m2_per_person
    found["cell"] = index_points(homes["longitude"], homes["latitude"]).astype("int64")
    return found.groupby("cell", as_index=False).sum().assign(level=FINEST_LEVEL, quality="modelled")
