"""Cubes: the facts leave the database in one state of it, and become a published version."""

import hashlib
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import geopandas as gpd
import psycopg
from psycopg.rows import dict_row

from gcrm.access.scope import Scope
from gcrm.config import resource, settings
from gcrm.db.connection import Role, connect
from gcrm.db.queries import queries
from gcrm.errors import CubeError
from gcrm.olap import analysis, query_log, store, versions
from gcrm.olap.analysis import ask
from gcrm.olap.answer import Answer, members
from gcrm.olap.build_engine import OpenEngine, duckdb_engine
from gcrm.olap.catalogue import FACTS
from gcrm.olap.query import CubeQuery
from gcrm.olap.versions import Version
from gcrm.pipeline.scenarios import ask_scenario
from gcrm.progress import Advance


def build_cube(advance: Advance, engine: OpenEngine = duckdb_engine) -> tuple[Version, bool]:
    """Extracts the facts, builds the cuboids and publishes them.

    Args:
        advance: told how many cuboids are built.
        engine: what builds the cuboids; the answers are the same with each.

    Returns:
        The version that readers see, and whether it is new: facts that are published already make no new one.

    Raises:
        CubeError: GCRM_TIME_ZONE names no time zone, or the engine cannot be started or broke off.
    """
    folder = settings().cubes
    with store.building(folder) as work:
        taken = take_facts(work)
        return store.publish(folder, work, taken.digest, taken.sources, taken.as_of, settings().cube_versions, advance, engine)


@dataclass(frozen=True)
class Taken:
    """What was taken out of the database: when, the digest of all facts, the layers behind them, and by cube what its tables add up to."""

    as_of: datetime
    digest: str
    sources: list[dict[str, Any]]
    totals: dict[str, dict[str, Any]]


def take_facts(work: Path, *, with_totals: bool = False) -> Taken:
    """Takes the facts of every cube out of one state of the database.

    Args:
        work: the folder of `store.building`; the facts are stored in it.
        with_totals: also adds up the tables themselves.

    Raises:
        CubeError: GCRM_TIME_ZONE names no time zone.
    """
    digest = hashlib.sha256()
    totals = {}
    with connect(Role.WRITER) as connection:
        connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        as_of = _clock(connection)
        for name, facts in FACTS.items():
            if facts.derived_from:
                query = (resource("sql") / "cubes" / f"{name}.sql").read_text(encoding="utf-8")
                digest.update(query.encode())
                store.derive_facts(work, name, query)
            else:
                extract = work / f"{name}.csv"
                _extract(connection, name, extract, digest)
                store.store_facts(work, name, extract)
            if with_totals:
                totals[name] = _totals(connection, name)
        sources = [
            {"layer": layer, "dataset": dataset, "source_date": source_date and source_date.isoformat(), "loaded_at": loaded_at.isoformat()}
            for layer, dataset, source_date, loaded_at in queries("facts").sources(connection)
        ]
    return Taken(as_of, digest.hexdigest(), sources, totals)


def _totals(connection: psycopg.Connection[Any], name: str) -> dict[str, Any]:
    with connection.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(getattr(queries("facts"), f"{name}_source").sql, {"time_zone": settings().time_zone}).fetchone() or {}


def _clock(connection: psycopg.Connection[Any]) -> datetime:
    """The time of the transaction."""
    try:
        now, _ = queries("facts").clock(connection, time_zone=settings().time_zone)
    except psycopg.errors.InvalidParameterValue as error:
        raise CubeError(f"GCRM_TIME_ZONE is {settings().time_zone!r}, which is no time zone; write one such as Europe/Helsinki.") from error
    moment: datetime = now
    return moment


def published(as_of: str = "") -> Version:
    """The version of the cube that readers see, or that they saw.

    Args:
        as_of: as of `gcrm.olap.versions.as_of`.

    Raises:
        CubeError: none is published yet, or none of that time is kept.
    """
    version = versions.as_of(settings().cubes, as_of)
    if version is None:
        raise CubeError("No cube is published yet; import accounts and orders, then run `gcrm cube build`.")
    return version


def kept_versions() -> list[Version]:
    """The versions of the cube that can be asked, the one in force first.

    Raises:
        CubeError: the one in force is damaged.
    """
    return versions.versions(settings().cubes)


def remove_old_versions(keep: int) -> tuple[int, int]:
    """Removes all but the newest versions of the cube.

    Args:
        keep: so many stay; the one in force always does.

    Returns:
        How many are removed, and the bytes that are free again.

    Raises:
        CubeError: it is asked to keep none.
    """
    if keep < 1:
        raise CubeError("The version in force stays; write --keep 1 or more.")
    folder = settings().cubes
    before = _bytes_in(folder)
    removed = versions.remove_old(folder, keep)
    return len(removed), before - _bytes_in(folder)


def asked_questions() -> list[query_log.Asked]:
    """What the published cube was asked, by shape; see `gcrm.olap.query_log.asked`."""
    return query_log.asked(settings().cubes)


def forget_questions() -> None:
    """Empties the query log.

    Raises:
        CubeError: it cannot be removed.
    """
    query_log.clear(settings().cubes)


def _bytes_in(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.glob("[0-9]*/*"))


def ask_cube(query: CubeQuery, scope: Scope) -> Answer:
    """Answers a question from the published cube, or from that of a scenario; see `gcrm.olap.analysis.ask`.

    Raises:
        CubeError: none is published yet, or the question does not fit.
    """
    return ask_scenario(query, scope) if query.scenario else ask(published(query.as_of), query, scope)


def ask_outlines(query: CubeQuery, level: int, scope: Scope) -> tuple[Answer, gpd.GeoSeries]:
    """Answers a question from the published cube, with the outline of each row; see `gcrm.olap.analysis.ask_outlines`.

    Raises:
        CubeError: none is published yet, or the question does not fit.
    """
    return analysis.ask_outlines(published(query.as_of), query, level, scope)


def cube_members(dimension: str, scope: Scope) -> list[str]:
    """The members of a dimension in the published cube; see `gcrm.olap.answer.members`.

    Raises:
        CubeError: none is published yet, or there is no such dimension.
    """
    return members(published(), dimension, scope)


def _extract(connection: psycopg.Connection[Any], name: str, target: Path, digest: "hashlib._Hash") -> None:
    statement = getattr(queries("facts"), name).sql
    with connection.cursor() as cursor, target.open("wb") as file, cursor.copy(statement, {"time_zone": settings().time_zone}) as copy:
        for block in copy:
            file.write(block)
            digest.update(block)
