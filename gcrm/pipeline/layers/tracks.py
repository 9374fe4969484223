"""Routes of movement, and the flows that follow from them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd
import psycopg
from sqlalchemy import Connection

from gcrm.config import settings
from gcrm.db.connection import Role, driver, transaction
from gcrm.db.load import copy_frame
from gcrm.db.queries import queries
from gcrm.errors import LayerError
from gcrm.ingest.track_files import read_positions
from gcrm.pipeline.layers.movement import store_movement
from gcrm.pipeline.layers.version import Version, Worked, load_file, own_attribution
from gcrm.progress import Advance
from gcrm.spatial.cells import parents_of_points
from gcrm.spatial.time_zones import check_time_zone, time_zone_at
from gcrm.spatial.tracks.clean import Cleaned, clean
from gcrm.spatial.tracks.flows import cell_stops, movement, trip_cells
from gcrm.spatial.tracks.positions import MODES, positions
from gcrm.spatial.tracks.trips import Split, split
from gcrm.units import MOVEMENT_LEVEL

_TRIP_COLUMNS = [
    "trip",
    "track_key",
    "number",
    "contact_id",
    "origin_cell",
    "destination_cell",
    "zone",
    "mode",
    "mode_given",
    "timed",
    "started_at",
    "ended_at",
    "length_m",
]
_STOP_COLUMNS = ["track_key", "contact_id", "zone", "cell", "timed", "arrived_at", "left_at", "longitude", "latitude"]


@dataclass
class TracksReport:
    """What became of the positions of a file (counts).

    Attributes:
        stored: positions on trips.
        trips: of how many trips.
        stops: beside them.
        left_out: positions left out, by reason.
        reordered: positions that stood behind a later one of their track.
        gaps: trips that a silence ended.
        untimed: trips whose clock is assumed, since the file tells no times.
        withheld: flows between cells that readers do not see, of how many.
        zone: the time zone that hours are told in.
    """

    stored: int = 0
    trips: int = 0
    stops: int = 0
    left_out: Mapping[str, int] = field(default_factory=dict)
    reordered: int = 0
    gaps: int = 0
    untimed: int = 0
    withheld: tuple[int, int] = (0, 0)
    zone: str = ""

    def __str__(self) -> str:
        said = [f"{self.stored:,} positions of {self.trips:,} trips, {self.stops:,} stops; hours are those of {self.zone}."]
        said += [f"{count:,} positions left out: {reason}." for reason, count in self.left_out.items() if count]
        said += [f"{self.reordered:,} positions put in order."] if self.reordered else []
        said += [f"{self.gaps:,} silences ended a trip."] if self.gaps else []
        said += [f"{self.untimed:,} trips tell no times: their clock is assumed, and they have no hour."] if self.untimed else []
        hidden, flows = self.withheld
        said += [f"{hidden:,} of {flows:,} flows between cells are of too few people and withheld from readers."] if hidden else []
        return "\n".join(said)


def load_tracks(
    path: Path, dataset: str | None, advance: Advance, *, mode: str | None = None, zone: str | None = None, source: str | None = None, made_up: bool = False
) -> TracksReport | None:
    """Loads routes of movement: cleaned, split into trips and stops, and the flows between cells and stays by cell that follow from them.

    Positions with a contact_key are left out where that contact does not consent to the purpose movement, or is unknown. Tracks that are kept for longer than
    GCRM_TRACKS_DAYS are forgotten in the same transaction.

    Args:
        path: as `gcrm.ingest.track_files.read_positions` takes it.
        dataset: its name; the file's name without ending if left out.
        advance: told how many positions are stored.
        mode: foot, bicycle or car, for every track; else as the file says, or as the mean speed suggests.
        zone: IANA name of the time zone in which hours are told; that at the middle of the positions if left out.
        source: the system whose keys the contact keys are; any if left out.
        made_up: whether the routes are invented.

    Returns:
        What became of them; None where this very file is loaded already, with these options.

    Raises:
        ReadError, LayerError: it cannot be read, or an option is wrong.
    """
    if mode is not None and mode not in MODES:
        raise LayerError(f"{mode!r} is no mode of travel; name one of {', '.join(MODES)}.")
    named = check_time_zone(zone) if zone is not None else None
    how = Worked.chosen(mode=mode, zone=named, source=source)
    report = TracksReport()

    def store(connection: Connection, version: Version) -> int:
        pg = driver(connection)
        _forget(pg, settings().tracks_days, None)
        given, contacts, strangers = _of_consenting(pg, positions(read_positions(path), path.name, mode), source, path.name)
        cleaned = clean(given)
        parts = split(cleaned.positions)
        where = cleaned.positions
        report.zone = named or time_zone_at(float(where["longitude"].median()), float(where["latitude"].median()))
        _tell(report, cleaned, parts, strangers)
        key = version.replace("tracks", parts.trips["track_key"].nunique(), own_attribution(made_up=made_up), made_up=made_up, how=how)
        _store_tracks(pg, key, parts, contacts, report.zone)
        flows, stays = movement(parts.trips, report.zone), cell_stops(parts.stops, report.zone)
        report.withheld = int(flows["withheld"].sum()), len(flows)
        key = version.replace("movement", len(flows), own_attribution(made_up=made_up), made_up=made_up, how=how)
        store_movement(pg, flows.assign(layer_version_id=key, counted="tracks", quality="measured"))
        copy_frame(pg, "staged_cell_stops", stays.assign(layer_version_id=key, quality="measured"))
        queries("tracks").store_cell_stops(pg)
        return report.stored

    return None if load_file(path, dataset, ("tracks", "movement"), store, advance, how) is None else report


def forget_tracks(dataset: str | None = None) -> list[str]:
    """Deletes recorded routes with their stops, and the flows that were withheld; the flows that are shown stay.

    Args:
        dataset: whose; every dataset that is kept for longer than GCRM_TRACKS_DAYS if left out.

    Returns:
        The datasets whose tracks are gone.

    Raises:
        LayerError: the named dataset has no tracks.
    """
    with transaction(Role.WRITER) as connection:
        gone = _forget(driver(connection), settings().tracks_days, dataset)
    if dataset is not None and not gone:
        raise LayerError(f"There are no tracks named {dataset!r}; they are gone already, or the name is another one.")
    return gone


def _forget(pg: psycopg.Connection[Any], days: int, dataset: str | None) -> list[str]:
    layers, tracks = queries("layers"), queries("tracks")
    tracks.forget_withdrawn(pg)
    gone = list(tracks.to_forget(pg, days=days, dataset=dataset))
    for version, name, movement_version in gone:
        layers.clear_tracks(pg, version=version)
        layers.retire(pg, layer="tracks", dataset=name)
        if movement_version is not None:
            tracks.forget_withheld(pg, version=movement_version)
        queries("road_flows").forget_withheld(pg, dataset=name)
    return [name for _, name, _ in gone]


def _of_consenting(pg: psycopg.Connection[Any], given: pd.DataFrame, source: str | None, file_name: str) -> tuple[pd.DataFrame, dict[str, int], int]:
    """The positions of nobody known and of contacts who consent; the contacts by their key; how many positions are left out."""
    keys = given["contact_key"].dropna().unique().tolist()
    known = pd.DataFrame(queries("tracks").contacts_of(pg, keys=keys, source=source), columns=["key", "contact_id", "consents"])
    if known["key"].duplicated().any():
        again = known.loc[known["key"].duplicated(), "key"].iloc[0]
        raise LayerError(f"{file_name}: the contact key {again!r} is one of several systems; name the one it is of with --source.")
    contacts = {str(key): int(contact) for key, contact, consents in known.itertuples(index=False) if consents}
    kept = given[given["contact_key"].isna() | given["contact_key"].isin(contacts.keys())]
    if kept.empty:
        raise LayerError(f"{file_name} holds no position of a contact who consents to the purpose movement; import the consents first, or look at --source.")
    return kept, contacts, len(given) - len(kept)


def _tell(report: TracksReport, cleaned: Cleaned, parts: Split, strangers: int) -> None:
    report.stored, report.trips, report.stops = len(parts.positions), len(parts.trips), len(parts.stops)
    report.left_out = {"of contacts who do not consent, or are unknown": strangers, **cleaned.left_out, **parts.left_out}
    report.reordered, report.gaps = cleaned.reordered, parts.gaps
    report.untimed = int((~parts.trips["timed"]).sum())


def _store_tracks(pg: psycopg.Connection[Any], version: int, parts: Split, contacts: Mapping[str, int], zone: str) -> None:
    statements = queries("tracks")
    statements.create_stages(pg)
    copy_frame(pg, "staged_positions", parts.positions[["trip", "recorded_at", "longitude", "latitude"]])
    trips = _with_ids(parts.trips, contacts).assign(zone=zone, **trip_cells(parts.trips))
    copy_frame(pg, "staged_trips", trips.reset_index()[_TRIP_COLUMNS])
    stops = _with_ids(parts.stops, contacts).assign(zone=zone, cell=parents_of_points(parts.stops["longitude"], parts.stops["latitude"], MOVEMENT_LEVEL))
    copy_frame(pg, "staged_stops", stops[_STOP_COLUMNS])
    statements.store_trips(pg, version=version)
    statements.store_stops(pg, version=version)


def _with_ids(table: pd.DataFrame, contacts: Mapping[str, int]) -> pd.DataFrame:
    return table.assign(contact_id=table["contact_key"].map(contacts).astype("Int64"))
