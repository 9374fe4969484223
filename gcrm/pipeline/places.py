"""What is around a place, for a reader: a layer by cell, the flows between cells, and everything that is known of one cell."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import h3.api.basic_int as h3
import numpy as np
import pandas as pd
import psycopg
from numpy.typing import NDArray
from psycopg.rows import dict_row

from gcrm.access.scope import Scope
from gcrm.db.connection import scoped
from gcrm.db.load import read_frame
from gcrm.db.queries import queries
from gcrm.errors import AccessError
from gcrm.pipeline.geocoding import reverse
from gcrm.spatial.cells import descendants, level_of, parent
from gcrm.spatial.layer_measures import CELL_LAYERS, QUALITIES, THEMATIC, CellLayer, LayerMeasure, thematic_layer
from gcrm.spatial.surroundings import STREETS
from gcrm.units import FINEST_LEVEL, LEVELS, MOVEMENT_LEVEL

__all__ = [
    "CELL_LAYERS", "QUALITIES", "THEMATIC", "CellLayer", "LayerMeasure", "Place", "cell_layers", "flows", "layer_cells", "layers_in_force", "place",
    "street_flows",
]  # fmt: skip


@dataclass(frozen=True)
class Place:
    """Everything that is known of one cell.

    Attributes:
        cell: the cell, as H3 integer.
        longitude: of its middle, degrees, EPSG:4326.
        latitude: of its middle.
        address: what `gcrm.pipeline.geocoding.reverse` says of the middle.
        street: name, class, distance_m of the nearest street; empty where none is near.
        accounts: accounts by status; of the cell around it where the scope shows no cells as small as this, like all figures of the layers.
        residence: the measures of the census, of this cell or (where it tells of larger ones only) of that around it: `cell`; with level, quality,
            dataset, source_date, made_up; empty where no census tells.
        buildings: the measures of the buildings, with quality, dataset, source_date, made_up; empty where there are none.
        footfall: weekday (ISO), hour, people_per_hour, dataset, made_up.
        trade_areas: dataset, kind, name, site_name, band, band_unit.
        themes: what the layers of one's own tell of its middle: dataset, kind, unit, number, category, name, source_date, made_up.
        trips: hour, departures, arrivals of the cell of level 8 around it.
    """

    cell: int
    longitude: float
    latitude: float
    address: Mapping[str, Any]
    street: Mapping[str, Any]
    accounts: Mapping[str, int]
    residence: Mapping[str, Any]
    buildings: Mapping[str, Any]
    footfall: pd.DataFrame
    trade_areas: pd.DataFrame
    themes: pd.DataFrame
    trips: pd.DataFrame


def layers_in_force(scope: Scope) -> pd.DataFrame:
    """The versions of layers that are in force.

    Args:
        scope: who is looking.

    Returns:
        layer_version_id, layer, dataset, file_name, source_date, attribution, made_up, feature_count, loaded_at.
    """
    with scoped(scope) as connection:
        return read_frame(connection, queries("layers").versions.sql)


def cell_layers(scope: Scope) -> Mapping[str, CellLayer]:
    """The layers that are shown by cell, by name, with those of one's own where there are any.

    Args:
        scope: who is looking.
    """
    with scoped(scope) as connection:
        themes = [row[1:] for row in queries("thematic").in_force(connection)]
    return {**CELL_LAYERS, THEMATIC: thematic_layer(themes)} if themes else CELL_LAYERS


def layer_cells(layer: str, measure: str, level: int, scope: Scope, *, weekday: int | None = None, hour: int | None = None) -> pd.DataFrame:
    """A layer by cell.

    Args:
        layer: key of `cell_layers`.
        measure: key of its measures.
        level: H3 level of the cells, 5 to 10.
        scope: who is looking; no finer level than it allows is answered.
        weekday: ISO weekday, for a layer by hour; None for the mean of all.
        hour: of the day in the place's own time; None for the mean of all.

    Returns:
        cell (H3 integer), value (a number; text where the measure has categories), quality (one of `QUALITIES`); a cell that nothing is known of has
        no row.
    """
    statements, level = queries("places"), min(level, scope.finest_level)
    with scoped(scope) as connection:
        if layer == THEMATIC:
            found = read_frame(connection, queries("thematic").cells.sql, {"dataset": measure, "level": level})
            return found.assign(value=found["category"].where(found["category"].notna(), found["number"]))[["cell", "value", "quality"]]
        asked = CELL_LAYERS[layer].measures[measure]
        if layer == "footfall":
            return read_frame(connection, statements.footfall_cells.sql, {"level": level, "weekday": weekday, "hour": hour})
        query = getattr(statements, f"{layer}_cells").sql
        return read_frame(connection, query, {"measure": asked.name, "level": level, "additive": asked.additive})


def flows(scope: Scope, *, hour: int | None = None, most: int = 400) -> pd.DataFrame:
    """The strongest flows between cells.

    Args:
        scope: who is looking.
        hour: in which the trips begin; None for the whole day.
        most: how many.

    Returns:
        trips, and longitude and latitude of both ends (EPSG:4326): from_longitude, from_latitude, to_longitude, to_latitude; the strongest first.
    """
    with scoped(scope) as connection:
        found = read_frame(connection, queries("places").flows.sql, {"hour": hour, "most": most, "level": min(MOVEMENT_LEVEL, scope.finest_level)})
    for end, column in (("from", "origin_cell"), ("to", "destination_cell")):
        middles = [h3.cell_to_latlng(int(cell)) for cell in found[column]]
        found[f"{end}_longitude"] = [longitude for _, longitude in middles]
        found[f"{end}_latitude"] = [latitude for latitude, _ in middles]
    return found


def street_flows(scope: Scope, *, hour: int | None = None, most: int = 4_000) -> pd.DataFrame:
    """The streets that most trips of people pass, as recorded routes were matched to them.

    Args:
        scope: who is looking.
        hour: in which they are passed; None for the whole day.
        most: how many.

    Returns:
        trips (both directions together), class (OSM highway value), line (longitude and latitude of its corners, EPSG:4326); the strongest first.

    Raises:
        AccessError: the scope shows figures by wide cells only.
    """
    if scope.has_floor:
        raise AccessError(f"Your role is shown cells of H3 level {scope.finest_level}, and a street tells more of a place; look at the flows between cells.")
    with scoped(scope) as connection:
        found = read_frame(connection, queries("road_flows").on_streets.sql, {"hour": hour, "most": most})
    return found.assign(line=[json.loads(line)["coordinates"] for line in found["line"]])


def place(cell: int, scope: Scope) -> Place:
    """Everything that is known of one cell.

    Args:
        cell: H3 integer, level 5 to 10.
        scope: who is looking.
    """
    statements = queries("places")
    latitude, longitude = h3.cell_to_latlng(cell)
    shown = int(parent(np.array([cell], dtype=np.int64), min(level_of(cell), scope.finest_level))[0])
    low, high = descendants(shown, FINEST_LEVEL)
    finest = np.array([h3.latlng_to_cell(latitude, longitude, FINEST_LEVEL)], dtype=np.int64)
    middle = {"longitude": longitude, "latitude": latitude}
    with scoped(scope) as connection:
        return Place(
            cell, longitude, latitude, reverse(longitude, latitude),
            street=_row(connection, statements.street_at.sql, {**middle, "classes": list(STREETS)}),
            accounts=dict(statements.accounts_in(connection, low=low, high=high)),
            residence=_residence(connection, shown, finest),
            buildings=_row(connection, statements.buildings_in.sql, {"low": low, "high": high}),
            footfall=read_frame(connection, statements.footfall_at.sql, {"low": low, "high": high}),
            trade_areas=read_frame(connection, statements.trade_areas_at.sql, middle),
            themes=read_frame(connection, queries("thematic").at.sql, middle),
            trips=read_frame(connection, statements.trips_at.sql, _trips_at(finest, scope)),
        )  # fmt: skip


def _trips_at(finest: NDArray[np.int64], scope: Scope) -> dict[str, int]:
    """The cell of movement around a cell, or of that around it which the scope shows, as a range."""
    low, high = descendants(int(parent(finest, min(MOVEMENT_LEVEL, scope.finest_level))[0]), MOVEMENT_LEVEL)
    return {"low": low, "high": high}


def _residence(connection: psycopg.Connection[Any], cell: int, finest: NDArray[np.int64]) -> dict[str, Any]:
    """What the census says of a cell: the sum of the cells in it, else that of the finest cell around it that is known."""
    if found := _residence_of(connection, cell):
        return found
    around = [int(parent(finest, level)[0]) for level in LEVELS if level < level_of(cell)]
    wider = _row(connection, queries("places").residence_around.sql, {"cells": around})
    return _residence_of(connection, wider["cell"]) if wider else {}


def _residence_of(connection: psycopg.Connection[Any], cell: int) -> dict[str, Any]:
    """The sum of what the census says of the cells in a cell, and `cell` itself; empty where it says nothing."""
    lows, highs = zip(*(descendants(cell, level) for level in LEVELS if level >= level_of(cell)), strict=True)
    found = _row(connection, queries("places").residence_in.sql, {"lows": list(lows), "highs": list(highs)})
    return found | {"cell": cell} if found else {}


def _row(connection: psycopg.Connection[Any], query: str, parameters: Mapping[str, Any]) -> dict[str, Any]:
    """The first row of an answer; empty where there is none."""
    with connection.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(query, parameters).fetchone() or {}
