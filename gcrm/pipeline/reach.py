"""How far one gets from a place at an hour, with what is closed and slowed and without; streets that a person closes or slows."""

import json
import threading
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import lru_cache
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from psycopg.rows import dict_row

from gcrm.access.scope import Scope
from gcrm.db.connection import Role, connect, driver, scoped, transaction
from gcrm.db.load import copy_frame, read_frame
from gcrm.db.queries import queries
from gcrm.errors import RoadsError
from gcrm.pipeline.geocoding import locate
from gcrm.pipeline.layers.version import Worked, own_attribution, replace_derived
from gcrm.pipeline.roads import Asked, current_network, roads
from gcrm.pipeline.search import LOOKED_AT
from gcrm.spatial.measures import areas_m2
from gcrm.spatial.roads.conditions import Kind
from gcrm.spatial.roads.engines import NetworkRoads
from gcrm.spatial.roads.protocol import Basis, Mode, Route
from gcrm.spatial.surroundings import STREETS

BY_HAND = "by hand"
"""The dataset of the conditions that persons set on a page."""

_LAYER = "road_conditions"
_ONE_AT_A_TIME = threading.Lock()
"""Valhalla's actors may not be asked by two threads at once."""
_COLUMNS = ["kind", "value", "modes", "weekdays", "from_hour", "to_hour", "valid_from", "valid_until", "way_id", "geom"]


@dataclass(frozen=True)
class Reach:
    """How far one gets.

    Attributes:
        areas: minutes, area_km2 (on the ellipsoid), accounts (those within) and geometry (MultiPolygon, EPSG:4326), the widest first; no row where
            no road is near.
        basis: what it holds for.
    """

    areas: gpd.GeoDataFrame
    basis: Basis


@dataclass(frozen=True)
class Origin:
    """A place to begin at: its name, longitude and latitude (degrees, EPSG:4326)."""

    name: str
    longitude: float
    latitude: float


@dataclass(frozen=True)
class Street:
    """A street of the loaded extracts, an OSM way."""

    way_id: int
    name: str
    road_class: str
    surface: str
    length_m: float
    maxspeed_kmh: float | None


def reach(place: tuple[float, float], minutes: tuple[float, ...], asked: Asked, scope: Scope, *, with_conditions: bool = True) -> Reach:
    """How far one gets from a place.

    Args:
        place: longitude and latitude, degrees, EPSG:4326.
        minutes: contours.
        asked: how and when.
        scope: who is looking; says which accounts are counted.
        with_conditions: whether closures, slow zones and measured speeds count.

    Raises:
        RoadsError: no network is published yet, or it is damaged.
        DatabaseError: the database cannot be reached.
    """
    with _ONE_AT_A_TIME:
        engine = _engine(_versions(), with_conditions=with_conditions)
        found = engine.isochrones(np.array([place]), minutes, asked.mode, asked.moment)
    areas = gpd.GeoDataFrame(found.areas[["minutes", "geometry"]]).sort_values("minutes", ascending=False, ignore_index=True)
    with scoped(scope) as connection:
        accounts = [queries("reach").accounts_within(connection, area=shapely.to_wkb(area)) for area in areas.geometry]
    return Reach(areas.assign(area_km2=areas_m2(areas.geometry) / 1e6, accounts=accounts), found.basis)


def has_network(scope: Scope) -> bool:
    """Whether a road network is in force.

    Args:
        scope: who is looking.
    """
    with scoped(scope) as connection:
        found: bool = queries("roads").has_network(connection)
        return found


def way(start: tuple[float, float], end: tuple[float, float], asked: Asked, *, with_conditions: bool = True) -> Route | None:
    """The fastest way between two places.

    Args:
        start: longitude and latitude, degrees, EPSG:4326.
        end: the same.
        asked: how and when.
        with_conditions: whether closures, slow zones and measured speeds count.

    Returns:
        None where there is no road near, or no way.

    Raises:
        RoadsError: no network is published yet, or it is damaged.
        DatabaseError: the database cannot be reached.
    """
    with _ONE_AT_A_TIME:
        engine = _engine(_versions(), with_conditions=with_conditions)
        try:
            return engine.route(np.array(start), np.array(end), asked.mode, asked.moment)
        except RoadsError:
            return None


def origin(text: str, scope: Scope) -> Origin | None:
    """A place by what a person writes: the name or key of an account, an address, or longitude and latitude.

    Args:
        text: what was written; empty for a place to begin with.
        scope: who is looking.

    Returns:
        None where nothing is found.
    """
    written = text.strip()
    with scoped(scope) as connection, connection.cursor(row_factory=dict_row) as cursor:
        if not written:
            row = cursor.execute(queries("reach").first_site.sql).fetchone()
            return None if row is None else Origin(**row)
        if (degrees := _degrees(written)) is not None:
            return Origin(written, *degrees)
        row = cursor.execute(queries("reach").account_named.sql, {"text": written, "looked_at": LOOKED_AT}).fetchone()
    if row is not None:
        return Origin(**row)
    found = locate({"street": written})
    return None if not found["accepted"] or pd.isna(found["longitude"]) else Origin(written, float(found["longitude"]), float(found["latitude"]))


def _degrees(text: str) -> tuple[float, float] | None:
    parts = text.split(",")
    try:
        longitude, latitude = (float(part) for part in parts)
    except ValueError:
        return None
    return (longitude, latitude) if abs(longitude) <= 180 and abs(latitude) <= 90 else None  # noqa: PLR2004 - degrees


def streets_in(window: tuple[float, float, float, float], scope: Scope, most: int = 3_000) -> pd.DataFrame:
    """The streets of a window, the longest first.

    Args:
        window: west, south, east, north, degrees.
        scope: who is looking.
        most: how many.

    Returns:
        way_id, name, road_class, path (list of [longitude, latitude]).
    """
    box = dict(zip(("west", "south", "east", "north"), window, strict=True))
    with scoped(scope) as connection:
        found = read_frame(connection, queries("reach").streets_in.sql, {**box, "classes": list(STREETS), "most": most})
    return found.assign(path=[json.loads(shape)["coordinates"] for shape in found["shape"]]).drop(columns="shape")


def _versions() -> tuple[str, int, date]:
    """The network, the conditions that are in force, and the day, on which some begin or end: an engine is kept until one of them changes."""
    with connect(Role.READER) as connection:
        version: int = queries("roads").conditions_version(connection)
    return current_network().name, version, datetime.now(UTC).date()


@lru_cache(maxsize=2)
def _engine(versions: tuple[str, int, date], *, with_conditions: bool) -> NetworkRoads:
    del versions
    return roads() if with_conditions else NetworkRoads(current_network(), None)


def street(way_id: int) -> Street:
    """A street by its OSM way.

    Args:
        way_id: of the way.

    Raises:
        RoadsError: no loaded extract has it.
    """
    with connect(Role.READER) as connection, connection.cursor(row_factory=dict_row) as cursor:
        row = cursor.execute(queries("reach").street.sql, {"way_id": way_id}).fetchone()
    if row is None:
        raise RoadsError(f"No loaded extract has the street {way_id}; load one with `gcrm load osm FILE`, or click another.")
    return Street(**row)


def set_by_hand(scope: Scope) -> pd.DataFrame:
    """What persons closed and slowed.

    Args:
        scope: who is looking.

    Returns:
        way_id, name, kind, value, modes (text), weekdays, from_hour, to_hour, paths (list of lists of [longitude, latitude]).
    """
    with scoped(scope) as connection:
        found = read_frame(connection, queries("reach").set_by_hand.sql, {"dataset": BY_HAND})
    paths = pd.Series([[part["coordinates"] for part in _parts(shape)] for shape in found["shape"]], index=found.index, dtype="object")
    return found.assign(paths=paths).drop(columns="shape")


def _parts(shape: str | None) -> list[dict[str, Any]]:
    """The lines of a GeoJSON geometry; none where the way is in no loaded extract any more."""
    if shape is None:
        return []
    geometry = json.loads(shape)
    if geometry["type"] == "LineString":
        return [geometry]
    return [{"coordinates": line} for line in geometry["coordinates"]]


def may_set(scope: Scope) -> bool:
    """Whether somebody may close and slow streets: what is set holds for everybody, so only who sees every account may.

    Args:
        scope: who is looking.
    """
    return scope.sees_everything


def close_street(way_id: int, scope: Scope) -> None:
    """Closes a street for every mode, until it is opened again.

    Args:
        way_id: OSM way.
        scope: who closes it.

    Raises:
        RoadsError: no loaded extract has it, or the scope is not everything.
    """
    _change(way_id, scope, {"kind": str(Kind.CLOSURE), "value": None, "modes": ",".join(Mode)})


def slow_street(way_id: int, factor: float, scope: Scope) -> None:
    """Lets cars go slower on a street, until that is ended.

    Args:
        way_id: OSM way.
        factor: that its speed is multiplied with, above 0 and below 1.
        scope: who slows it.

    Raises:
        RoadsError: no loaded extract has it, the factor is none, or the scope is not everything.
    """
    if not 0 < factor < 1:
        raise RoadsError(f"A street cannot be slowed to {factor:g} of its speed; give a number between 0 and 1.")
    _change(way_id, scope, {"kind": str(Kind.SPEED_FACTOR), "value": factor, "modes": str(Mode.CAR)})


def free_street(way_id: int, scope: Scope) -> None:
    """Ends what was set on a street by hand.

    Args:
        way_id: OSM way.
        scope: who opens it again.

    Raises:
        RoadsError: the scope is not everything.
    """
    _change(way_id, scope, None)


def _change(way_id: int, scope: Scope, condition: dict[str, object] | None) -> None:
    """Puts a condition in the place of what was set on a street by hand; None only takes that away."""
    if not may_set(scope):
        raise RoadsError("Streets are closed and slowed for everybody, by those who see every account; ask one of them.")
    if condition is not None:
        street(way_id)
    with transaction(Role.WRITER) as connection:
        pg, statements = driver(connection), queries("reach")
        queries("layers").lock_dataset(pg, dataset=BY_HAND)
        kept = read_frame(pg, statements.conditions_by_hand.sql, {"dataset": BY_HAND})
        kept = kept[kept["way_id"] != way_id]
        if condition is not None:
            always = {"weekdays": "all", "from_hour": 0.0, "to_hour": 24.0, "valid_from": None, "valid_until": None, "way_id": way_id, "geom": None}
            kept = pd.DataFrame([*kept.to_dict("records"), condition | always])
        key = replace_derived(pg, _LAYER, BY_HAND, len(kept), Worked(), attribution=own_attribution(made_up=False))
        if len(kept):
            queries("roads").create_conditions_stage(pg)
            rows = kept[_COLUMNS].astype({"way_id": "Int64"}).assign(feature_number=range(1, len(kept) + 1))
            copy_frame(pg, "staged_conditions", rows)
            queries("roads").store_conditions(pg, version=key)
