"""Types of residence: a census, or what the buildings suggest, as the version in force of the layer."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd
from sqlalchemy import Connection

from gcrm.db.connection import Role, driver, transaction
from gcrm.db.load import copy_frame
from gcrm.db.queries import queries
from gcrm.errors import LayerError
from gcrm.pipeline.layers.version import Version, Worked, own_attribution, read_records, replace_derived, store_features
from gcrm.progress import Advance
from gcrm.spatial.area_tables import Grid, areas_of, h3_cells
from gcrm.spatial.buildings import inhabited
from gcrm.spatial.cells import parent
from gcrm.spatial.polygons import multipolygons
from gcrm.spatial.residence import MEASURES, cells_of, census, from_buildings
from gcrm.units import LEVELS

_FROM_BUILDINGS = "from buildings"


@dataclass(frozen=True)
class Census:
    """How the files of a census are read.

    Attributes:
        columns: the column of each measure, as `gcrm.spatial.residence.census` takes it.
        grid: what x and y are, where the areas are given so.
        key: columns by which several files belong together; those that name the areas if left out.
        name: column with the name or code of an area.
        missing: texts that mean that a value is not known.
        level: H3 level of the cells; what the size of the areas allows if left out.
        attribution: what has to be shown with it.
        source_date: day of the census.
        made_up: whether it is invented.
    """

    columns: Mapping[str, str]
    grid: Grid | None = None
    key: tuple[str, ...] = ()
    name: str | None = None
    missing: frozenset[str] = frozenset()
    level: int | None = None
    attribution: str = ""
    source_date: datetime | None = None
    made_up: bool = False

    @property
    def parameters(self) -> dict[str, Any]:
        """What decides about the values, as JSON takes it."""
        grid = asdict(self.grid) if self.grid else None
        return {"columns": dict(self.columns), "grid": grid, "name": self.name, "missing": sorted(self.missing), "level": self.level}


@dataclass(frozen=True)
class Stored:
    """What became of a census.

    Attributes:
        areas: with at least one value (count).
        cells: (count).
        level: H3 level of the cells.
        left_out: records without an area or a value (count).
        totals: sum of each count that was given, which the cells have too.
    """

    areas: int
    cells: int
    level: int
    left_out: int
    totals: dict[str, float]


def load_residence(paths: list[Path], dataset: str | None, how: Census, advance: Advance) -> Stored | None:
    """Loads a census: its areas, and the H3 cells they are spread over by the floor area of buildings, or by area.

    Args:
        paths: the file, or several with the same areas.
        dataset: its name; the first file's name without ending if left out.
        how: how they are read.
        advance: told how many areas are stored.

    Returns:
        What was stored; None where these very files are loaded already, with these buildings.

    Raises:
        ReadError, LayerError: a file cannot be read, or does not fit.
    """
    with transaction(Role.WRITER) as connection:
        worked = Worked(queries("layers").keys_in_force(driver(connection), layers=["buildings"]), how.parameters)
        version = Version(connection, paths[0], dataset or paths[0].stem, beside=paths[1:])
        if version.holds("residence", worked):
            return None
        raw = _joined(paths, how)
        areas = _areas(raw, how, paths[0].name)
        cells = cells_of(areas, _homes(connection, areas), how.level)
        attribution = how.attribution or own_attribution(made_up=how.made_up)
        key = version.replace("residence", len(areas), attribution, source_date=how.source_date, made_up=how.made_up, how=worked)
        store_features(connection, "residence", _stored(areas, key))
        copy_frame(driver(connection), "cell_residence", cells.assign(layer_version_id=key))
        advance(len(areas))
        counts = [each.name for each in MEASURES if each.of is None and each.name in areas]
        return Stored(len(areas), len(cells), int(cells["level"].iloc[0]), len(raw) - len(areas), {name: float(areas[name].sum()) for name in counts})


def model_residence(floor_area_m2_per_person: float, dwelling_m2: float) -> int:
    """Works out inhabitants and dwellings from buildings, for the cells of which no census tells.

    Args:
        floor_area_m2_per_person: of residential buildings, square metres.
        dwelling_m2: floor area per dwelling in buildings of flats, square metres.

    Returns:
        Cells stored, marked as modelled.

    Raises:
        LayerError: there is no residential building whose storeys or height are known.
    """
    with transaction(Role.WRITER) as connection:
        pg, statements = driver(connection), queries("layers")
        buildings = inhabited(gpd.read_postgis(queries("residence").homes.sql, connection, geom_col="geom"))
        cells = from_buildings(buildings, floor_area_m2_per_person, dwelling_m2)
        cells = cells[~_told(connection, cells["cell"])]
        if cells.empty:
            raise LayerError("No residential building lies where no census tells; load an extract with `gcrm load osm` first.")
        parameters = {"floor_area_m2_per_person": floor_area_m2_per_person, "dwelling_m2": dwelling_m2}
        worked = Worked(statements.keys_in_force(pg, layers=["buildings", "residence"]), parameters)
        key = replace_derived(pg, "residence", _FROM_BUILDINGS, len(cells), worked)
        copy_frame(pg, "cell_residence", cells.assign(layer_version_id=key))
        return len(cells)


def _told(connection: Connection, cells: pd.Series) -> pd.Series:
    """Whether a census tells of a cell, at whatever level."""
    told = pd.DataFrame(queries("residence").told_cells(driver(connection)), columns=["cell", "level"]).astype("int64")
    found = pd.Series(data=False, index=cells.index)
    for level in set(LEVELS) & set(told["level"]):
        found |= pd.Series(parent(cells.to_numpy(), level), index=cells.index).isin(told.loc[told["level"] == level, "cell"])
    return found


def _joined(paths: list[Path], how: Census) -> pd.DataFrame:
    """The records of the files, side by side by their key."""
    first, *others = (read_records(path) for path in paths)
    key = list(how.key or [name for name in ("x", "y") if name in first])
    for path, other in zip(paths[1:], others, strict=True):
        if not key or not set(key) <= set(other) & set(first):
            raise LayerError(f"{path.name} and {paths[0].name} share no key; name the columns that tell the areas apart with --key.")
        index = first.index
        first = first.merge(other[[*key, *other.columns.difference(first.columns)]], on=key, how="left", validate="1:1").set_axis(index)
    return first.fillna("")


def _areas(raw: pd.DataFrame, how: Census, file_name: str) -> gpd.GeoDataFrame:
    measures = census(raw, how.columns, how.missing, file_name)
    shapes = areas_of(raw, how.grid, file_name)
    cells = h3_cells(raw)
    told = measures.notna().any(axis=1) & shapes.notna() & ~shapes.is_empty
    if not told.any():
        raise LayerError(f"{file_name} tells nothing of any area; look at --map and --missing.")
    named = raw[how.name] if how.name else pd.Series(pd.NA, index=raw.index, dtype="string")
    areas = gpd.GeoDataFrame(measures.assign(name=named), geometry=shapes)
    return (areas if cells is None else areas.assign(cell=cells))[told]


def _homes(connection: Connection, areas: gpd.GeoDataFrame) -> pd.DataFrame:
    west, south, east, north = map(float, areas.total_bounds)
    window = {"west": west, "south": south, "east": east, "north": north}
    return inhabited(gpd.read_postgis(queries("residence").homes_within.sql, connection, params=window, geom_col="geom"))


def _stored(areas: gpd.GeoDataFrame, key: int) -> gpd.GeoDataFrame:
    """The areas as gcrm.residence keeps them."""
    columns = ["name", *(each.name for each in MEASURES if each.name in areas)]
    stored = areas[[*columns, "geometry"]].rename_axis("row_number").reset_index().assign(layer_version_id=key)
    return stored.set_geometry(multipolygons(stored.geometry))
