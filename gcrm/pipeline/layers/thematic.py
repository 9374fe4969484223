"""Thematic layers: a number or a category of areas that a user brings becomes known of cells and accounts."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
from sqlalchemy import Connection

from gcrm.db.connection import Role, driver, transaction
from gcrm.db.load import copy_frame
from gcrm.db.queries import queries
from gcrm.errors import LayerError
from gcrm.pipeline.layers.version import Version, Worked, own_attribution, read_records, store_features
from gcrm.progress import Advance
from gcrm.spatial.area_tables import Grid, areas_of, h3_cells, numbers_of
from gcrm.spatial.polygons import multipolygons
from gcrm.spatial.thematic import KINDS, Kind, Themes, cells_of

_LARGEST = 1e15
_CHUNK_ROWS = 200_000


@dataclass(frozen=True)
class Theme:
    """How the file of a thematic layer is read.

    Attributes:
        column: the column with the values.
        kind: what they are; categories where one is no number, else rates, if left out.
        unit: of the numbers.
        grid: what x and y are, where the areas are given so.
        name: column with the name or code of an area.
        missing: texts that mean that a value is not known.
        level: H3 level of the cells; what the size of the areas allows if left out.
        attribution: what has to be shown with it.
        source_date: of the data.
        made_up: whether it is invented.
    """

    column: str
    kind: Kind | None = None
    unit: str = ""
    grid: Grid | None = None
    name: str | None = None
    missing: frozenset[str] = frozenset()
    level: int | None = None
    attribution: str = ""
    source_date: datetime | None = None
    made_up: bool = False

    def parameters(self, kind: Kind) -> dict[str, Any]:
        """What decides about the values, as JSON takes it.

        Args:
            kind: what the values are.
        """
        grid = asdict(self.grid) if self.grid else None
        asked = {"column": self.column, "kind": kind, "unit": self.unit, "name": self.name, "missing": sorted(self.missing), "level": self.level}
        return asked | {"grid": grid}


@dataclass(frozen=True)
class Stored:
    """What became of a thematic layer: areas and cells (counts), the level of the cells, records left out (count), and what the values are."""

    areas: int
    cells: int
    level: int
    left_out: int
    kind: Kind


def load_thematic(path: Path, dataset: str | None, how: Theme, advance: Advance) -> Stored | None:
    """Loads a thematic layer, and joins it with cells and accounts.

    Args:
        path: polygons of any format and CRS, or a table of H3 cells, INSPIRE cells or x and y.
        dataset: its name; the file's name without ending if left out.
        how: how it is read.
        advance: told how many accounts are looked at.

    Returns:
        What was stored; None where this very file is loaded already.

    Raises:
        ReadError, LayerError: the file cannot be read, has no such column, or names no areas.
    """
    with transaction(Role.WRITER) as connection:
        version = Version(connection, path, dataset or path.stem)
        raw = read_records(path).fillna("")
        kind, values = _values(raw, how, path.name)
        worked = Worked(parameters=how.parameters(kind))
        if version.holds("thematic_areas", worked):
            return None
        areas = _areas(raw, values, how, path.name)
        cells = cells_of(areas, kind, how.level)
        attribution = how.attribution or own_attribution(made_up=how.made_up)
        key = version.replace("thematic_areas", len(areas), attribution, source_date=how.source_date, made_up=how.made_up, how=worked)
        store_features(connection, "thematic_areas", _stored(areas, kind, key))
        copy_frame(driver(connection), "cell_thematic", cells.assign(layer_version_id=key))
        _assign(connection, key, advance)
        return Stored(len(areas), len(cells), int(cells["level"].iloc[0]), len(raw) - len(areas), kind)


def _values(raw: pd.DataFrame, how: Theme, file_name: str) -> tuple[Kind, pd.Series]:
    """What the values are, and each; missing where it is not known."""
    if how.column not in raw:
        raise LayerError(f"{file_name} has no column {how.column}; it has {', '.join(map(str, raw.columns))}.")
    texts = raw[how.column].str.strip()
    if how.kind not in (None, *KINDS):
        raise LayerError(f"{how.kind!r} is no kind of value; there are {', '.join(KINDS)}.")
    known = texts.mask(texts.isin(how.missing | {""}))
    numeric = pd.to_numeric(known.dropna(), errors="coerce").notna()
    kind: Kind = how.kind or ("rate" if len(numeric) and numeric.all() else "category")
    if kind == "category":
        return kind, known
    return kind, numbers_of(raw[how.column], how.missing, file_name, least=0 if kind == "count" else -_LARGEST, most=_LARGEST)


def _areas(raw: pd.DataFrame, values: pd.Series, how: Theme, file_name: str) -> gpd.GeoDataFrame:
    if how.name is not None and how.name not in raw:
        raise LayerError(f"{file_name} has no column {how.name}; it has {', '.join(map(str, raw.columns))}.")
    shapes, cells = areas_of(raw, how.grid, file_name), h3_cells(raw)
    shapes = multipolygons(shapes[shapes.notna()]).reindex(raw.index)
    told = values.notna() & shapes.notna() & ~shapes.is_empty
    if not told.any():
        raise LayerError(f"{file_name} tells nothing of any area; look at --value and --missing.")
    named = raw[how.name] if how.name else pd.Series(pd.NA, index=raw.index, dtype="string")
    areas = gpd.GeoDataFrame({"value": values, "name": named}, geometry=shapes)
    return (areas if cells is None else areas.assign(cell=cells))[told]


def _stored(areas: gpd.GeoDataFrame, kind: Kind, key: int) -> gpd.GeoDataFrame:
    """The areas as gcrm.thematic_areas keeps them."""
    value = "category" if kind == "category" else "number"
    stored = areas[["value", "name", "geometry"]].rename(columns={"value": value})
    return stored.rename_axis("row_number").reset_index().assign(layer_version_id=key)


def assign_themes(connection: Connection, advance: Advance) -> None:
    """Brings up to date what the thematic layers in force tell of accounts: of those that are new or have moved.

    Args:
        connection: the transaction of the writer.
        advance: told how many accounts are looked at.
    """
    statements, pg = queries("thematic"), driver(connection)
    statements.forget_unplaced(pg)
    for version, *_ in list(statements.in_force(pg)):
        _assign(connection, version, advance)


def _assign(connection: Connection, version: int, advance: Advance) -> None:
    statements, pg = queries("thematic"), driver(connection)
    todo = list(_unassigned(connection, version))
    if not todo:
        return
    themes = Themes(gpd.read_postgis(statements.areas_of.sql, connection, params={"version": version}, geom_col="geom"))
    statements.create_stage(pg)
    for keys, points in todo:
        found = themes.of(*np.ascontiguousarray(points.T))
        statements.clear_stage(pg)
        copy_frame(pg, "staged_thematic", found.assign(account_id=keys))
        statements.store_accounts(pg, version=version)
        advance(len(keys))
    pg.execute("DROP TABLE staged_thematic")


def _unassigned(connection: Connection, version: int) -> Iterator[tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]]:
    """Accounts to look at, chunk by chunk: their ids, and longitude and latitude."""
    with driver(connection).cursor(name="unassigned_accounts") as cursor:
        cursor.execute(queries("thematic").unassigned.sql, {"version": version})
        while rows := cursor.fetchmany(_CHUNK_ROWS):
            keys, *axes = zip(*rows, strict=True)
            yield np.array(keys, dtype=np.int64), np.column_stack(axes).astype(np.float64)
