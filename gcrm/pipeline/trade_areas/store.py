"""A set of trading areas becomes the version in force, with what lies in them, whole or not at all."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from sqlalchemy import Connection

from gcrm.db.connection import driver
from gcrm.db.load import copy_frame
from gcrm.db.queries import queries
from gcrm.pipeline.layers.version import Version, Worked, replace_derived
from gcrm.pipeline.trade_areas.members import assign
from gcrm.progress import Advance
from gcrm.spatial.measures import areas_m2
from gcrm.units import WGS84

_COLUMNS = ("feature_number", "name", "site_key", "site_name", "site_account_id", "site", "band", "band_unit", "parameters", "properties", "area_km2", "geom")


@dataclass(frozen=True)
class AreaSet:
    """What is the same for all areas of a set.

    Attributes:
        dataset: its name; the set of this name that is in force is replaced.
        kind: given, ring, isochrone, thiessen, customers or huff.
        parameters: how it was computed, as JSON takes it.
        attribution: what has to be shown with it.
    """

    dataset: str
    kind: str
    parameters: Mapping[str, Any]
    attribution: str = ""

    @property
    def how(self) -> Worked:
        """How the version of the layer came about."""
        return Worked(parameters={"kind": self.kind, **self.parameters})


def publish(connection: Connection, file: Path | None, wanted: AreaSet, areas: gpd.GeoDataFrame, advance: Advance, chances: pd.DataFrame | None = None) -> int:
    """Stores a set, and what lies in its areas.

    Args:
        connection: the transaction of the writer.
        file: that brings it; None where it is computed.
        wanted: what is the same for all areas.
        areas: MultiPolygons, EPSG:4326, columns as in the table but for area_km2; those that are missing are empty.
        advance: told how many accounts are looked at.
        chances: of a Huff model: cell, site_key, probability, travel.

    Returns:
        Key of the new version.
    """
    statements, pg = queries("trade_areas"), driver(connection)
    if file is None:
        key = replace_derived(pg, "trade_areas", wanted.dataset, len(areas), wanted.how)
    else:
        key = Version(connection, file, wanted.dataset).replace("trade_areas", len(areas), wanted.attribution, how=wanted.how)
    statements.create_areas_stage(pg)
    copy_frame(pg, "staged_areas", _rows(areas, wanted))
    statements.store_areas(pg, version=key, kind=wanted.kind)
    if chances is not None:
        copy_frame(pg, "site_probabilities", chances.assign(layer_version_id=key))
    assign(connection, key, advance)
    return key


def _rows(areas: gpd.GeoDataFrame, wanted: AreaSet) -> pd.DataFrame:
    own = areas.get("parameters", pd.Series([{}] * len(areas), index=areas.index))
    texts = [json.dumps({**wanted.parameters, **each}) for each in own]
    measured = {"parameters": texts, "area_km2": areas_m2(areas.geometry) / 1e6, "geom": _ewkb(areas.geometry.to_numpy())}
    rows = pd.DataFrame(areas.drop(columns=areas.geometry.name)).assign(**measured)
    if "feature_number" not in rows:
        rows["feature_number"] = np.arange(1, len(rows) + 1)
    if "site" in rows:
        rows["site"] = _ewkb(rows["site"].to_numpy())
    if "properties" not in rows:
        rows["properties"] = "{}"
    return rows.reindex(columns=list(_COLUMNS))


def _ewkb(shapes: Any) -> Any:  # noqa: ANN401 - arrays of shapes, and of text
    return shapely.to_wkb(shapely.set_srid(shapes, WGS84), hex=True, include_srid=True)
