"""Cubes: the facts leave the database in one state of it, and become a published version."""

from dataclasses import dataclass
from pathlib import Path

import geopandas as gpd

from gcrm.access.scope import Scope
from gcrm.config import settings
from gcrm.errors import CubeError
from gcrm.olap import analysis, query_log, store, versions
from gcrm.olap.analysis import ask
from gcrm.olap.answer import Answer, members
from gcrm.olap.build_engine import OpenEngine, duckdb_engine
from gcrm.olap.query import CubeQuery
from gcrm.olap.versions import Version
from gcrm.pipeline.extraction import remember, take_facts
from gcrm.pipeline.scenarios import ask_scenario
from gcrm.progress import Advance


@dataclass(frozen=True)
class Built:
    """What a build came to.

    Attributes:
        version: the one that readers see.
        new: whether it is new: facts that are published already make no new one.
        refreshed: whether only what changed since the version before was taken out of the database.
        gone: so many facts of that version hold no more, where it was.
        came: so many facts came, where it was.
    """

    version: Version
    new: bool
    refreshed: bool
    gone: int
    came: int


def build_cube(advance: Advance, engine: OpenEngine = duckdb_engine, *, full: bool = False) -> Built:
    """Takes the facts out of the database, builds the cuboids and publishes them.

    Where the database knows what changed since the version in force, and that is no large part, only this is taken out, and only the groups that it is about
    are rolled up again.

    Args:
        advance: told how many cuboids are built.
        engine: what builds the cuboids; the answers are the same with each.
        full: builds all of it anew.

    Raises:
        CubeError: GCRM_TIME_ZONE names no time zone, or the engine cannot be started or broke off.
    """
    folder = settings().cubes
    with store.building(folder) as work:
        taken = take_facts(work, None if full else _in_force(folder))
        remember(taken)
        version, new = store.publish(folder, work, taken.digest, taken.sources, taken.as_of, settings().cube_versions, advance, engine)
    return Built(version, new, taken.refreshed, taken.gone, taken.came)


def _in_force(folder: Path) -> Version | None:
    """The version in force, where it is whole."""
    try:
        return versions.current(folder)
    except CubeError:
        return None


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
    """Bytes of all versions; files that several of them share count once."""
    return sum({(found := path.stat()).st_ino: found.st_size for path in folder.glob("[0-9]*/*")}.values())


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
