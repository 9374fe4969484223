"""Questions to the road network, answered into files: routes, tables of minutes, isochrones, matched positions."""

from dataclasses import dataclass
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd

from gcrm.config import settings
from gcrm.errors import RoadsError
from gcrm.ingest.track_files import read_positions
from gcrm.pipeline.exports import write_frame
from gcrm.pipeline.roads import Asked, roads, told_of
from gcrm.pipeline.sites import points_of, sites_of_file
from gcrm.spatial.roads.protocol import Basis, Points
from gcrm.spatial.tracks.clean import clean
from gcrm.spatial.tracks.positions import COLUMNS, positions
from gcrm.units import WGS84


@dataclass(frozen=True)
class Answered:
    """An answer.

    Attributes:
        found: in one line.
        holds_for: the mode, the moment and the versions that it holds for.
    """

    found: str
    holds_for: str


def answer_route(origin: str, destination: str, asked: Asked, target: Path | None) -> Answered:
    """The fastest way between two points.

    Args:
        origin: `longitude,latitude`, degrees.
        destination: the same.
        asked: how and when.
        target: .geojson: one line with minutes, metres, and what they hold for; None for none.

    Raises:
        RoadsError: a point is none, no road is near, or there is no way.
        ExportError: the target cannot be written.
    """
    found = roads().route(_point(origin), _point(destination), asked.mode, asked.moment)
    if target is not None:
        told = {"minutes": [round(found.minutes, 2)], "metres": [round(found.metres)], **told_of(found.basis)}
        write_frame(gpd.GeoDataFrame(told, geometry=[found.geometry], crs=WGS84), target)
    return Answered(f"{found.minutes:,.1f} min, {found.metres / 1000:,.2f} km.", _holds_for(found.basis))


def answer_matrix(origins: Path, destinations: Path, asked: Asked, target: Path, limit: float | None, *, metres: bool) -> Answered:
    """Minutes from each origin to each destination.

    Args:
        origins: file of sites, see `gcrm.pipeline.sites.sites_of_file`.
        destinations: the same.
        asked: how and when.
        target: .csv, .xlsx or .parquet: origin, destination, minutes (empty where there is no way), and what they hold for.
        limit: minutes; pairs further from each other are left out.
        metres: whether the length of the fastest way is told too.

    Raises:
        RoadsError, ReadError, MappingError, ExportError: a file cannot be read or written.
    """
    here, there = sites_of_file(origins), sites_of_file(destinations)
    found = roads().many_to_many(points_of(here), points_of(there), asked.mode, asked.moment, np.inf if limit is None else limit, metres=metres)
    pairs = {"origin": np.repeat(here["site_key"].to_numpy(), len(there)), "destination": np.tile(there["site_key"].to_numpy(), len(here))}
    rows = pd.DataFrame({**pairs, "minutes": found.minutes.ravel().round(2)})
    if found.metres is not None:
        rows["metres"] = found.metres.ravel().round()
    if limit is not None:
        rows = rows.dropna(subset=["minutes"])
    count = write_frame(rows.assign(**told_of(found.basis)), target)
    without = int(rows["minutes"].isna().sum())
    return Answered(f"{count:,} pairs to {target}{f'; {without:,} have no way' if without else ''}.", _holds_for(found.basis))


def answer_isochrones(sites: Path, minutes: list[float], asked: Asked, target: Path, level: int | None) -> Answered:
    """How far one gets from sites.

    Args:
        sites: file of sites, see `gcrm.pipeline.sites.sites_of_file`.
        minutes: contours, at most four.
        asked: how and when.
        target: .geojson with an area for each site and contour; with a level .csv, .xlsx or .parquet with cells: site, cell (H3, hexadecimal), minutes.
        level: H3 level; None for areas.

    Raises:
        RoadsError, ReadError, MappingError, ExportError: a file cannot be read or written, or the minutes do not fit.
    """
    around = sites_of_file(sites)
    keys = around["site_key"].to_numpy()
    if level is None:
        found = roads().isochrones(points_of(around), minutes, asked.mode, asked.moment)
        areas = found.areas.assign(site=keys[found.areas["origin"].to_numpy(dtype=np.int64)], **told_of(found.basis)).drop(columns="origin")
        return Answered(f"{write_frame(areas, target):,} areas to {target}.", _holds_for(found.basis))
    reached = roads().isochrone_cells(points_of(around), max(minutes), asked.mode, asked.moment, level)
    cells = [f"{cell:x}" for cell in reached.cells["cell"]]
    rows = pd.DataFrame({"site": keys[reached.cells["origin"].to_numpy()], "cell": cells, "minutes": reached.cells["minutes"].round(2)})
    return Answered(f"{write_frame(rows.assign(**told_of(reached.basis)), target):,} cells to {target}.", _holds_for(reached.basis))


def answer_match(recorded: Path, mode: str, accuracy_m: float, target: Path) -> Answered:
    """The roads that recorded positions were on.

    Args:
        recorded: as `gcrm.ingest.track_files.read_positions` takes it; duplicates and jumps are left out.
        mode: car, bicycle or foot.
        accuracy_m: standard deviation of the positions, metres.
        target: .geojson with a line for each edge of the way of each track, in order; .csv, .xlsx or .parquet with the positions on the roads.

    Raises:
        RoadsError, LayerError, ReadError, ExportError: the mode is none, or a file cannot be read or written.
    """
    travel = Asked.parse(mode, "Mon 00:00").mode
    read = clean(positions(read_positions(recorded), recorded.name, travel)).positions[[*COLUMNS]].rename(columns={"track_key": "trip"})
    local = read.assign(recorded_at=read["recorded_at"].dt.tz_convert(settings().time_zone))
    network = roads()
    found = network.match(local, travel, accuracy_m)
    if target.suffix.lower() == ".geojson":
        lines = network.edges(found.edges["edge"].to_numpy())
        told = found.edges.assign(**{"class": lines["class"].to_numpy(), "surface": lines["surface"].to_numpy(), "network": found.basis.network})
        write_frame(gpd.GeoDataFrame(told, geometry=lines.geometry.to_numpy(), crs=WGS84), target)
    else:
        placed = found.positions.rename(columns={"longitude": "road_longitude", "latitude": "road_latitude"})
        write_frame(read.join(placed).assign(network=found.basis.network), target)
    matched = int(found.positions["edge"].notna().sum())
    length_km = found.edges["length_m"].sum() / 1000
    return Answered(f"{matched:,} of {len(read):,} positions matched, a way of {length_km:,.2f} km to {target}.", _holds_for(found.basis))


def _point(text: str) -> Points:
    try:
        longitude, latitude = (float(part) for part in text.split(","))
    except ValueError as error:
        raise RoadsError(f"{text!r} is no point; write longitude,latitude in degrees, such as 24.94,60.17.") from error
    if not (-180 <= longitude <= 180 and -90 <= latitude <= 90):  # noqa: PLR2004 - degrees
        raise RoadsError(f"{text!r} lies outside of the degrees; write the longitude first, such as 24.94,60.17.")
    return np.array([[longitude, latitude]])


def _holds_for(basis: Basis) -> str:
    conditions = f"road conditions {basis.conditions}" if basis.conditions else "no road conditions"
    return f"By {basis.mode}, {basis.moment}; road network {basis.network}, {conditions}."
