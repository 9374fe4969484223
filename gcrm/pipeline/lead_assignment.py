"""Leads are placed, get the territory of their point, and are given to reps by the rules of `gcrm.crm.assignment`."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import starmap
from typing import Any

import geopandas as gpd
import pandas as pd
import psycopg
from psycopg.rows import TupleRow
from shapely import from_wkb

from gcrm.access.scope import Scope
from gcrm.config import settings
from gcrm.crm.assignment import WAYS, Rep, Territory, Waiting, Way, assign
from gcrm.db.load import copy_frame, read_frame, read_frame_by_copy
from gcrm.db.queries import queries
from gcrm.errors import CrmError
from gcrm.pipeline.changes import Through, acting
from gcrm.pipeline.geocoding import kept_placer
from gcrm.progress import Advance
from gcrm.spatial.cells import index_points
from gcrm.spatial.near import covering
from gcrm.units import WGS84

__all__ = ["WAYS", "Assigned", "Way", "assign_leads", "assign_staged", "assign_within", "take_back"]

_CHUNK_ROWS = 50_000
_ADDRESS = ["street", "house_number", "postcode", "city", "country_code"]


@dataclass(frozen=True)
class Assigned:
    """What a run of the rules did (counts of leads).

    Attributes:
        at: when; names the run, for its undo.
        assigned: given to a rep.
        left: looked at and left without one; each says why.
    """

    at: datetime
    assigned: int
    left: int


def assign_leads(scope: Scope, *, actor: str, through: Through, way: Way | None = None, again: bool = False, advance: Advance = lambda _: None) -> Assigned:
    """Places every lead that nobody placed yet, finds its territory, and gives those without a rep to one.

    Args:
        scope: who asks; it has to show every lead, since the rules look at all of them.
        actor: who runs the rules.
        through: page, command or import.
        way: whose turn it is, or who has the least load; that of the settings if left out.
        again: look also for addresses that were not found before.
        advance: told how many leads are done.

    Raises:
        CrmError: the scope does not show every lead.
    """
    _check_everything(scope)
    with acting(actor, through) as connection:
        return assign_within(connection, actor, way=way, again=again, advance=advance)


def assign_within(
    connection: psycopg.Connection[TupleRow], actor: str, *, way: Way | None = None, again: bool = False, lead_ids: Sequence[int] | None = None,
    advance: Advance = lambda _: None,
) -> Assigned:  # fmt: skip
    """The same within a transaction that is there already.

    Args:
        connection: of `gcrm.pipeline.changes.acting`.
        actor: who runs the rules.
        way: as of `assign_leads`.
        again: as of `assign_leads`.
        lead_ids: only these; None for all.
        advance: told how many leads are done.
    """
    statements = queries("leads")
    statements.lock_assignment(connection)
    # Where a lead lies and who gets it first follows from rules; what a person changes later is its history.
    queries("imports").derive(connection)
    keys = None if lead_ids is None else list(lead_ids)
    _place(connection, keys, again=again)
    waiting = read_frame_by_copy(connection, statements.waiting.sql, {"lead_ids": keys})
    at = datetime.now(UTC)
    found = _assignments(connection, waiting, way or settings().lead_assignment)
    statements.create_assignments_stage(connection)
    copy_frame(connection, "staged_assignments", found)
    statements.store_assignments(connection, actor=actor, at=at)
    queries("imports").underive(connection)
    advance(len(waiting))
    given = int(found["rep_id"].notna().sum())
    return Assigned(at, given, int((waiting["assigned"] == 0).sum()) - given)


def assign_staged(connection: psycopg.Connection[Any], source: str) -> None:
    """The same for the new leads of a file while they are still in their stage: those with a given position or territory, so that each is written once.

    Args:
        connection: of the import, with the stage of leads filled.
        source: the system of the file.
    """
    queries("leads").lock_assignment(connection)
    waiting = read_frame_by_copy(connection, queries("import_leads").to_assign.sql, {"source": source})
    if len(waiting):
        found = _assignments(connection, waiting, settings().lead_assignment)
        copy_frame(connection, "staged_leads_assigned", found.rename(columns={"lead_id": "row_number"}))


def take_back(at: datetime, scope: Scope, *, actor: str, through: Through) -> int:
    """Takes back what the rules gave in one run; leads that somebody has begun with stay.

    Args:
        at: of `Assigned`.
        scope: who asks; it has to show every lead.
        actor: who undoes it.
        through: page or command.

    Returns:
        How many leads wait again.

    Raises:
        CrmError: the scope does not show every lead.
    """
    _check_everything(scope)
    with acting(actor, through) as connection:
        taken: int = queries("leads").take_back(connection, at=at)
        return taken


def _check_everything(scope: Scope) -> None:
    if not scope.sees_everything:
        raise CrmError("The rules give leads to the reps of every territory; ask somebody who sees them all to run them.")


def _place(connection: psycopg.Connection[TupleRow], lead_ids: Sequence[int] | None, *, again: bool) -> None:
    """Looks for the addresses of leads that have no position yet, in chunks."""
    statements = queries("leads")
    after, placer = 0, None
    while True:
        asked = {"after": after, "most": _CHUNK_ROWS, "again": again, "lead_ids": lead_ids}
        chunk = read_frame_by_copy(connection, statements.open_addresses.sql, asked)
        if chunk.empty:
            return
        after = int(chunk["lead_id"].iloc[-1])
        placer = placer or kept_placer(connection)
        answers = placer.known(chunk[_ADDRESS])
        places = pd.DataFrame({
            "lead_id": chunk["lead_id"], "updated_at": chunk["updated_at"], "longitude": answers["longitude"], "latitude": answers["latitude"],
            "cell": index_points(answers["longitude"], answers["latitude"]), "geocode_level": answers["geocode_level"],
            "geocode_score": answers["geocode_score"], "geocode_reason": answers["geocode_reason"],
        })  # fmt: skip
        statements.create_places_stage(connection)
        copy_frame(connection, "staged_places", places)
        statements.store_places(connection)
        statements.drop_places_stage(connection)


def _assignments(connection: psycopg.Connection[Any], waiting: pd.DataFrame, way: Way) -> pd.DataFrame:
    """What is to be written: lead_id, territory_id, rep_id, because; the last two are missing for leads that only lacked their territory."""
    territory = _territories_of(connection, waiting)
    given = (waiting["territory_given"] == "t").to_numpy()
    open_ = (waiting["assigned"] == 0).to_numpy()
    areas = {each.territory_id: each for each in starmap(Territory, queries("leads").territories(connection))}
    reps = list(starmap(Rep, queries("leads").able(connection)))
    lies_in = [None if missing else int(key) for key, missing in zip(territory.fillna(0), territory.isna(), strict=True)]
    leads = [
        Waiting(int(key), where, bool(named)) for key, where, named, wanted in zip(waiting["lead_id"], lies_in, given, open_, strict=True) if wanted
    ]  # fmt: skip
    done = assign(leads, reps, areas, way)
    found = pd.DataFrame({"lead_id": waiting["lead_id"], "territory_id": territory.astype("Int64")})
    chosen = pd.DataFrame(done, columns=["lead_id", "rep_id", "because"]).astype({"lead_id": "int64", "rep_id": "Int64", "because": "string"})
    return found.merge(chosen, on="lead_id", how="left")


def _territories_of(connection: psycopg.Connection[Any], waiting: pd.DataFrame) -> pd.Series:
    """The territory of each lead: the one that it was given, else the one that its point lies in."""
    shapes = read_frame(connection, queries("leads").boundaries.sql)
    boundaries = gpd.GeoDataFrame(shapes[["territory_id"]], geometry=from_wkb(shapes["boundary"].map(bytes)), crs=WGS84)
    known = waiting["territory_id"].astype("Float64").astype("Int64")
    lacking = waiting.index[known.isna() & waiting["longitude"].notna()]
    points = gpd.GeoSeries(gpd.points_from_xy(waiting.loc[lacking, "longitude"], waiting.loc[lacking, "latitude"]), index=lacking, crs=WGS84)
    return known.fillna(covering(points, boundaries, "territory_id").astype("Int64"))
