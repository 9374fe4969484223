"""Counting stations: where each stood at a time."""

from collections.abc import Mapping
from itertools import pairwise

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from gcrm.errors import LayerError
from gcrm.spatial.cells import index_points
from gcrm.spatial.measures import haversine_m
from gcrm.units import WGS84

FIELDS = ("station", "name", "longitude", "latitude", "geometry", "valid_from", "valid_to")
_EVER, _NEVER = pd.Timestamp(1, 1, 1), pd.Timestamp(9999, 12, 31)
_SAME_M = 1.0
"""Positions so near are one: coordinates that were written anew."""


def station_positions(raw: pd.DataFrame, fields: Mapping[str, str], crs: int, file_name: str) -> pd.DataFrame:
    """The positions of a file of stations.

    Args:
        raw: text, index `row_number`; one row per position of a station, or of a part of it.
        fields: the column of each of FIELDS; a position is longitude and latitude, or geometry (a point as WKT). Days as 2026-09-07 or 20260907.
        crs: EPSG code of the geometry.
        file_name: named in errors.

    Returns:
        On the same rows: station, name (missing where not told), longitude, latitude (EPSG:4326), valid_from, valid_to (first day at the place, first day not
        any more; datetime64, far away where not bounded).

    Raises:
        LayerError: a column is missing, or a value cannot be read.
    """
    missing = [fields[name] for name in fields if fields[name] not in raw]
    if missing or "station" not in fields or not ({"longitude", "latitude"} <= set(fields) or "geometry" in fields):
        wanted = "station, and longitude and latitude or geometry"
        raise LayerError(f"{file_name} has no column {' and '.join(missing) or wanted}; name the columns of {wanted} with --station-map.")
    if "geometry" in fields:
        points = gpd.GeoSeries(shapely.from_wkt(raw[fields["geometry"]].to_numpy(dtype=object), on_invalid="ignore"), index=raw.index, crs=crs).to_crs(WGS84)
        points = points.where(points.geom_type == "Point", None)
        longitude, latitude = points.x, points.y
    else:
        longitude, latitude = (pd.to_numeric(raw[fields[axis]], errors="coerce").astype("float64") for axis in ("longitude", "latitude"))
    bad = ~(longitude.between(-180, 180) & latitude.between(-90, 90))
    if bad.any():
        raise LayerError(f"{file_name}, row {bad.idxmax()}: the position cannot be read; mend it, or name its reference system with --crs.")
    name = raw[fields["name"]].replace("", None) if "name" in fields else pd.Series(None, index=raw.index, dtype="string")
    return pd.DataFrame({
        "station": raw[fields["station"]].str.strip(),
        "name": name,
        "longitude": longitude,
        "latitude": latitude,
        "valid_from": _days(raw, fields.get("valid_from"), _EVER, file_name),
        "valid_to": _days(raw, fields.get("valid_to"), _NEVER, file_name),
    })  # fmt: skip


def _days(raw: pd.DataFrame, column: str | None, unbounded: pd.Timestamp, file_name: str) -> pd.Series:
    if column is None:
        return pd.Series(unbounded, index=raw.index)
    texts = raw[column].str.strip()
    digits = texts.str.replace("-", "").str.slice(0, 8)
    days = pd.to_datetime(digits, format="%Y%m%d", errors="coerce").astype("datetime64[s]")
    bad = days.isna() & (texts != "")
    if bad.any():
        row = bad.index[int(bad.to_numpy().argmax())]
        raise LayerError(f"{file_name}, row {row}, column {column}: {texts[row]!r} is no day such as 2026-09-07; mend it and load it again.")
    return days.fillna(unbounded)


def placements(stations: pd.Series, positions: pd.DataFrame) -> pd.DataFrame:
    """Where the stations of some counts stood, and when.

    A key that ends in `*` and is not in the file stands for all stations whose keys begin so: counts that were put together. Where several parts count at a
    time, the middle of them is the place.

    Args:
        stations: keys of the counts.
        positions: as from `station_positions`.

    Returns:
        One row per station and stay at a place, by station and time: station, name, valid_from, valid_to, longitude, latitude, cell (int64, H3 level 10),
        moved_m (metres from the stay before; 0 for the first, and where the coordinates were only written anew).
    """
    rows = [row for station in sorted(stations.unique()) for row in _stays(station, _parts(station, positions))]
    placed = pd.DataFrame(rows, columns=["station", "name", "valid_from", "valid_to", "longitude", "latitude", "moved_m"])
    placed = placed.astype({"station": "string", "name": "string", "valid_from": "datetime64[s]", "valid_to": "datetime64[s]", "moved_m": "float64"})
    return placed.assign(cell=index_points(placed["longitude"], placed["latitude"]).astype("int64"))


def _parts(station: str, positions: pd.DataFrame) -> pd.DataFrame:
    own = positions[positions["station"] == station]
    return positions[positions["station"].str.startswith(station[:-1])] if own.empty and station.endswith("*") else own


def _stays(station: str, parts: pd.DataFrame) -> list[tuple[object, ...]]:
    """The stays of one station, those at one place without a break put together."""
    edges = np.unique(np.concatenate([parts["valid_from"].to_numpy(), parts["valid_to"].to_numpy()]))
    stays: list[list[object]] = []
    here: np.ndarray[tuple[int], np.dtype[np.float64]] | None = None
    for begin, end in pairwise(edges):
        there = parts[(parts["valid_from"] <= begin) & (parts["valid_to"] >= end)]
        if there.empty:
            continue
        place = there[["longitude", "latitude"]].mean().to_numpy()
        moved = float(haversine_m(here, place)) if here is not None else 0.0
        if stays and moved < _SAME_M and stays[-1][3] == begin:
            stays[-1][3] = end
            continue
        stays.append([station, there["name"].iloc[0], begin, end, *place, moved if moved >= _SAME_M else 0.0])
        here = place
    return [tuple(stay) for stay in stays]


def at_day(days: pd.DataFrame, placed: pd.DataFrame) -> pd.Series:
    """The stay of each station and day.

    Args:
        days: station, day (datetime64).
        placed: as from `placements`.

    Returns:
        Row number in `placed`, on the index of `days`; missing where the station was nowhere on that day.
    """
    stays = placed.reset_index(drop=True).rename_axis("stay").reset_index()[["station", "valid_from", "valid_to", "stay"]]
    asked = days[["station", "day"]].assign(row=np.arange(len(days))).sort_values("day")
    found = pd.merge_asof(asked, stays.sort_values("valid_from"), left_on="day", right_on="valid_from", by="station").sort_values("row")
    return pd.Series(found["stay"].where(found["day"] < found["valid_to"]).to_numpy(), index=days.index, dtype="Int64")


def stays_of(days: pd.DataFrame, placed: pd.DataFrame) -> gpd.GeoDataFrame:
    """The stays in which something was counted, as a layer.

    Args:
        days: as from `gcrm.spatial.footfall.counters.station_days`.
        placed: as from `placements`.

    Returns:
        station, name, valid_from, valid_to (missing where not bounded), moved_m (0 for the first of them), cell, geometry (EPSG:4326).
    """
    stays = placed.iloc[np.sort(days["stay"].dropna().unique().astype(np.int64))].reset_index(drop=True)
    stays["moved_m"] = stays["moved_m"].where(stays["station"].duplicated(), 0.0)
    bounded = {"valid_from": stays["valid_from"].where(stays["valid_from"] != _EVER), "valid_to": stays["valid_to"].where(stays["valid_to"] != _NEVER)}
    points = gpd.points_from_xy(stays["longitude"], stays["latitude"], crs=WGS84)
    return gpd.GeoDataFrame(stays.drop(columns=["longitude", "latitude"]).assign(**bounded), geometry=points)
