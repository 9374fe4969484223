"""Public transport: the timetable of a GTFS feed, and the flows of vehicles that follow from it."""

import datetime as dt
from dataclasses import dataclass
from pathlib import Path

from gcrm.db.connection import Role, driver, transaction
from gcrm.db.load import copy_frame
from gcrm.ingest.gtfs import read_gtfs
from gcrm.pipeline.layers.movement import store_movement
from gcrm.pipeline.layers.version import Version, Worked, own_attribution, store_features
from gcrm.progress import Advance
from gcrm.spatial.transit.timetable import movement, timetable


@dataclass(frozen=True)
class TransitReport:
    """What a feed became (counts).

    Attributes:
        week: Monday of the week whose timetable it is.
        stops: that are served.
        routes: of the feed.
        departures: vehicles that set out in that week.
        edges: pairs of stops by mode, weekday and hour.
        flows: pairs of cells by mode, weekday and hour.
        left_out: calls without a position or a time.
    """

    week: dt.date
    stops: int
    routes: int
    departures: int
    edges: int
    flows: int
    left_out: int

    def __str__(self) -> str:
        said = f"{self.stops:,} stops, {self.routes:,} routes, {self.departures:,} departures in the week from {self.week}; "
        said += f"{self.edges:,} edges between stops and {self.flows:,} flows between cells, by hour."
        return said + (f"\n{self.left_out:,} calls left out: no position of the stop, or no time." if self.left_out else "")


def load_transit(
    path: Path, dataset: str | None, advance: Advance, *, week: dt.date | None = None, attribution: str = "", made_up: bool = False
) -> TransitReport | None:
    """Loads a GTFS feed: stops, routes, departures by hour, vehicles between stops and between cells by hour, of one week.

    Args:
        path: as `gcrm.ingest.gtfs.read_gtfs` takes it.
        dataset: its name; the file's name without ending if left out.
        advance: told how many stops are stored.
        week: a day of the week; the busiest one of the feed if left out.
        attribution: what has to be shown with it.
        made_up: whether it is invented.

    Returns:
        What it became; None where this very file is loaded already, with this week.

    Raises:
        ReadError, LayerError: it cannot be read, or nothing runs in that week.
    """
    how = Worked(parameters={"week": week.isoformat() if week else None})
    with transaction(Role.WRITER) as connection:
        version = Version(connection, path, dataset or path.stem)
        if version.holds("transit", how) and version.holds("movement", how):
            return None
        table = timetable(read_gtfs(path), path.name, week)
        flows = movement(table)
        said = attribution or own_attribution(made_up=made_up)
        source_date = dt.datetime.combine(table.week, dt.time(), dt.UTC)
        key = version.replace("transit", len(table.stops), said, source_date=source_date, made_up=made_up, how=how)
        store_features(connection, "transit_stops", table.stops.assign(layer_version_id=key))
        store_features(connection, "transit_routes", table.routes.assign(layer_version_id=key))
        pg = driver(connection)
        copy_frame(pg, "transit_departures", table.departures.assign(layer_version_id=key))
        copy_frame(pg, "transit_edges", table.edges.assign(layer_version_id=key))
        key = version.replace("movement", len(flows), said, source_date=source_date, made_up=made_up, how=how)
        store_movement(pg, flows.assign(layer_version_id=key, counted="vehicles", quality="measured", withheld=False))
        advance(len(table.stops))
        return TransitReport(
            table.week, len(table.stops), len(table.routes), int(table.departures["trips"].sum()), len(table.edges), len(flows), table.left_out
        )
