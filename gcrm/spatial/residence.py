"""Types of residence: who lives where, and in what, from census grids and polygons, or from buildings where no census is given."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

import geopandas as gpd
import h3
import numpy as np
import pandas as pd
import shapely

from gcrm.errors import LayerError
from gcrm.spatial.areal import average, cell_shapes, fitting_level, shares, spread
from gcrm.spatial.cells import index_points, level_of
from gcrm.units import FINEST_LEVEL, WGS84


@dataclass(frozen=True)
class Measure:
    """What is known of an area.

    Attributes:
        name: of its column in gcrm.residence and gcrm.cell_residence.
        text: what it is, with its unit.
        of: for a rate the measure that it is a rate of; None for a count, which is spread over the cells and adds up.
    """

    name: str
    text: str
    of: str | None = None


MEASURES = (
    Measure("population", "Inhabitants (count)"),
    Measure("households", "Households (count)"),
    Measure("dwellings", "Dwellings (count)"),
    Measure("dwellings_detached", "Dwellings in detached houses (count)"),
    Measure("dwellings_terraced", "Dwellings in terraced and semi-detached houses (count)"),
    Measure("dwellings_flats_low", "Flats in buildings of up to 3 storeys (count)"),
    Measure("dwellings_flats_high", "Flats in buildings of 4 storeys and more (count)"),
    Measure("dwellings_other", "Dwellings elsewhere (count)"),
    Measure("dwellings_vacant", "Vacant dwellings (count)"),
    Measure("households_owner", "Households that own their dwelling (count)"),
    Measure("households_tenant", "Households that rent their dwelling (count)"),
    Measure("age_0_17", "Inhabitants of 0 to 17 years (count)"),
    Measure("age_18_64", "Inhabitants of 18 to 64 years (count)"),
    Measure("age_65_up", "Inhabitants of 65 years and more (count)"),
    Measure("jobs", "Places of work (count)"),
    Measure("vacancy_share", "Vacant dwellings per dwelling, 0 to 1 (no unit)", of="population"),
    Measure("living_area_m2_per_person", "Living area per inhabitant, square metres", of="population"),
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
_INSPIRE = re.compile(r"(?:CRS3035RES)?(?P<size>\d+)(?P<unit>k?m)N(?P<north>\d+)E(?P<east>\d+)")
_H3 = re.compile("8[0-9a-f]{14}")
_EUROPE = 3035
_LARGEST = 1e12
_STOREYS_OF_LOW_FLATS = 3


@dataclass(frozen=True)
class Grid:
    """Cells that a table names by coordinates.

    Attributes:
        crs: EPSG code of the coordinates x and y.
        size_m: side of a cell, in the unit of that system (metres).
        anchor: what the coordinates are of: the middle of a cell, or its corner in the south-west.
    """

    crs: int
    size_m: float
    anchor: Literal["middle", "corner"] = "middle"


def areas_of(raw: pd.DataFrame, grid: Grid | None, file_name: str) -> gpd.GeoSeries:
    """The areas that the records of a census speak of.

    Args:
        raw: text; geometry (WKT, EPSG:4326, as the readers give it), or a column with H3 cells, or with INSPIRE cell codes such as
            1kmN2684E4334, or x and y.
        grid: what x and y are, where the areas are given so.
        file_name: named in errors.

    Returns:
        Polygons, EPSG:4326, valid, on the index of `raw`; missing where a record names none.

    Raises:
        LayerError: no column names an area.
    """
    if {"x", "y"} <= set(raw) and grid is not None:
        return _squares(_numbers(raw["x"]), _numbers(raw["y"]), grid)
    cells = h3_cells(raw)
    if cells is not None:
        return cell_shapes(cells)
    for column in raw.columns:
        codes = raw[column].str.strip()
        if len(codes) and codes.str.fullmatch(_INSPIRE).all():
            return _inspire(codes)
    if "geometry" in raw:
        shapes = gpd.GeoSeries(shapely.from_wkt(raw["geometry"].replace("", None).to_numpy(), on_invalid="ignore"), index=raw.index, crs=WGS84)
        polygons = shapes.geom_type.isin(["Polygon", "MultiPolygon"])
        if polygons.any():
            return shapes.where(polygons, None).make_valid()
    raise LayerError(f"{file_name} names no areas; it needs polygons, a column of H3 cells or of INSPIRE cell codes, or x and y with --crs and --cell-size.")


def _squares(x: pd.Series, y: pd.Series, grid: Grid) -> gpd.GeoSeries:
    before = grid.size_m / 2 if grid.anchor == "middle" else 0.0
    west, south = (x - before).to_numpy(float), (y - before).to_numpy(float)
    squares = gpd.GeoSeries(shapely.box(west, south, west + grid.size_m, south + grid.size_m), index=x.index, crs=grid.crs)
    return squares.where(x.notna() & y.notna(), None).to_crs(WGS84)


def _inspire(codes: pd.Series) -> gpd.GeoSeries:
    """INSPIRE grid cells (Regulation (EU) No 1089/2010, Annex II): the corner in units of the cell's size, which all codes of a file share."""
    parts = codes.str.extract(_INSPIRE)
    size = _numbers(parts["size"]) * parts["unit"].map({"m": 1, "km": 1000})
    full = parts["north"].str.len() == 7  # noqa: PLR2004 - in metres, as some offices write it
    scale = size.where(~full, 1.0)
    typical = float(size.median())
    corners = (_numbers(parts["east"]) * scale).where(size == typical), (_numbers(parts["north"]) * scale).where(size == typical)
    return _squares(*corners, Grid(_EUROPE, typical, "corner"))


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
    given = pd.DataFrame({measure: _measured(raw[column], missing, file_name) for measure, column in columns.items()}, index=raw.index)
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


def _measured(texts: pd.Series, missing: frozenset[str], file_name: str) -> pd.Series:
    clean = texts.str.strip()
    unknown = clean.isin(missing | {""})
    values = _numbers(clean.where(~unknown))
    bad = ~unknown & ~values.between(0, _LARGEST)
    if bad.any():
        row = bad.index[int(bad.to_numpy().argmax())]
        raise LayerError(
            f"{file_name}, row {row}, column {texts.name}: {texts[row]!r} is no number from 0 on; mend it, or name what means unknown with --missing."
        )
    return values


def _numbers(texts: pd.Series) -> pd.Series:
    return pd.to_numeric(texts, errors="coerce").astype("float64")


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
    whole = _given_cells(areas)
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


def _given_cells(areas: gpd.GeoDataFrame) -> pd.Series | None:
    """The cells that the areas are, where every one is an H3 cell of one level."""
    if "cell" not in areas or areas["cell"].isna().any() or areas["cell"].duplicated().any():
        return None
    cells: pd.Series = areas["cell"].astype("int64")
    return cells if (cells.map(level_of) == level_of(int(cells.iloc[0]))).all() else None


def h3_cells(raw: pd.DataFrame) -> pd.Series | None:
    """The H3 cells that the records of a table name.

    Args:
        raw: text.

    Returns:
        int64 cells on the index of `raw`, of the first column that holds nothing else; None where there is no such column.
    """
    for column in raw.columns:
        texts = raw[column].str.strip()
        if len(texts) and texts.str.fullmatch(_H3).all() and texts.map(h3.is_valid_cell).all():
            return texts.map(h3.str_to_int).astype("int64").rename("cell")
    return None


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
