"""Refreshes: what of the facts changed since a version comes to lie beside that version's files, and only the groups that it is about are rolled up again.

A group is rolled up out of all that is in it now, so that a sum is what it would be in a build, and a group without facts is gone.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import duckdb
import pyarrow as pa

from gcrm.olap import cuboids, delta
from gcrm.olap.build_engine import ORIGIN, build_database, write_parquet
from gcrm.olap.catalogue import Facts
from gcrm.olap.content import Content, content_of
from gcrm.olap.versions import Version
from gcrm.spatial.cells import parent_expression

_LARGEST_PART = 10
"""A version whose differences are more than this part of what it differs from is not worth it: it is built anew."""


@dataclass(frozen=True)
class Change:
    """What of the facts of a cube changed: their content now, how many are gone and how many came, of which accounts."""

    content: Content
    gone: int = 0
    came: int = 0
    accounts: frozenset[int] = field(default_factory=frozenset)


def is_large_part(count: int, facts: Facts, before: Version) -> bool:
    """Whether a number is a large part of the facts of a version: where so many changed, building them anew is no more work."""
    return count * _LARGEST_PART > before.rows[f"{facts.name}-facts"]


def refresh(work: Path, before: Version, facts: Facts, fresh: str, touched: Sequence[int] | None = None, views: Sequence[str] = ()) -> Change | None:
    """Makes the files of a cube out of those of an earlier version and what changed since.

    Args:
        work: the folder of `gcrm.olap.store.building`; the facts and cuboids come to lie in it.
        before: the earlier version.
        facts: of the cube.
        fresh: what stands behind FROM to read the facts as they are now, with the columns that are declared.
        touched: values of the facts' key; all facts that have them, then and now, are meant. None: all facts.
        views: statements to run before `fresh` is read; the values of the key stand in the table `touched`.

    Returns:
        What changed; None where it is so much that the cube has to be built anew, and nothing is in the folder.
    """
    with build_database() as database:
        if touched is not None:
            database.register("keys", pa.table({facts.key: pa.array(touched, pa.int64())}))
            database.execute("CREATE TABLE touched AS SELECT DISTINCT * FROM keys")
        for view in views:
            database.execute(view)
        among = "" if touched is None else f"SEMI JOIN touched USING ({facts.key})"
        _read(database, before, facts, fresh, among)
        change = _change(database, before, facts, whole=touched is None)
        if not (change.gone or change.came):
            take_over(work, before, facts)
            return change
        file = cuboids.facts_file(facts)
        base = delta.base(before.folder / file)
        rows = _differ(database, facts, whole=touched is None)
        if rows * _LARGEST_PART > delta.row_count(database, base):
            return None
        if not rows:  # all is as it was when the base was built
            delta.link(base, work / file)
            _link_bases(work, before, facts)
        else:
            added = f"SELECT * FROM added ORDER BY {', '.join(facts.columns)}"  # noqa: S608 - declared names only
            _write_parts(database, base, work / file, "SELECT * FROM removed", added)
            _refresh_cuboids(database, work, before, facts)
        return change


def take_over(work: Path, before: Version, facts: Facts) -> None:
    """Makes all files of a cube that did not change those of the new version, too."""
    for name in (cuboids.facts_file(facts), *(f"{cuboid.name}.parquet" for cuboid in before.cuboids if cuboid.facts == facts.name)):
        delta.take_over(before.folder / name, work / name)


def _read(database: duckdb.DuckDBPyConnection, before: Version, facts: Facts, fresh: str, among: str) -> None:
    """Tables of the facts that are meant: `fresh`, as they are; `old`, as they stand in the base, with their positions; `live`, as the version has them.

    `among` keeps those that are meant. Facts that are the same are numbered (`nth`), so that each stands for itself. `was_removed` and `was_added` are
    what the version differs from its base by.
    """
    columns = ", ".join(facts.columns)
    file = before.folder / cuboids.facts_file(facts)
    nth = f"row_number() OVER (PARTITION BY {columns}"
    # Every name is declared in gcrm/olap/cubes/.
    database.execute(f"CREATE TABLE fresh AS SELECT {columns}, {nth}) AS nth FROM {fresh}")  # noqa: S608 - declared names only
    based = f"{delta.positioned(delta.base(file))} {among}"
    database.execute(f"CREATE TABLE old AS SELECT {columns}, file_row_number AS position, {nth} ORDER BY file_row_number) AS nth FROM {based}")  # noqa: S608 - declared names only
    changed = delta.is_changed(file)
    removed = f"read_parquet({delta.quoted(delta.part(file, delta.REMOVED))})" if changed else "(SELECT 0::BIGINT AS position WHERE false)"
    added = f"read_parquet({delta.quoted(delta.part(file, delta.ADDED))})" if changed else "(SELECT * FROM fresh LIMIT 0)"
    database.execute(f"CREATE TABLE was_removed AS SELECT position FROM {removed}")  # noqa: S608 - declared names only
    database.execute(f"CREATE TABLE was_added AS SELECT {columns} FROM {added}")  # noqa: S608 - declared names only
    kept = f"SELECT {columns} FROM old ANTI JOIN was_removed USING (position)"  # noqa: S608 - declared names only
    database.execute(f"CREATE TABLE live AS {kept} UNION ALL SELECT {columns} FROM was_added {among}")  # noqa: S608 - declared names only


def _change(database: duckdb.DuckDBPyConnection, before: Version, facts: Facts, *, whole: bool) -> Change:
    """What differs between the version and now."""
    columns = ", ".join(facts.columns)
    now, then = content_of(database, "fresh", facts), content_of(database, "live", facts)
    content = now if whole else before.contents[facts.name].without(then).together(now)
    if now == then:
        return Change(content)
    database.execute(f"CREATE TABLE gone AS SELECT * FROM live EXCEPT ALL SELECT {columns} FROM fresh")  # noqa: S608 - declared names only
    database.execute(f"CREATE TABLE came AS SELECT {columns} FROM fresh EXCEPT ALL SELECT * FROM live")  # noqa: S608 - declared names only
    ((gone, came),) = database.execute("SELECT (SELECT count(*) FROM gone), (SELECT count(*) FROM came)").fetchall()
    accounts = database.execute("SELECT account_id FROM gone UNION SELECT account_id FROM came").fetchall() if facts.by_account else []
    return Change(content, gone, came, frozenset(account for (account,) in accounts))


def _differ(database: duckdb.DuckDBPyConnection, facts: Facts, *, whole: bool) -> int:
    """Tables of what the new version differs from the base by: `removed`, positions in it; `added`, facts. Returns the rows of the larger one."""
    columns = ", ".join(facts.columns)
    same = " AND ".join(f"old.{name} IS NOT DISTINCT FROM fresh.{name}" for name in (*facts.columns, "nth"))
    removed = f"SELECT position FROM old ANTI JOIN fresh ON {same}"  # noqa: S608 - declared names only
    added = f"SELECT {columns} FROM fresh ANTI JOIN old ON {same}"  # noqa: S608 - declared names only
    if not whole:
        removed += " UNION ALL SELECT position FROM was_removed ANTI JOIN old USING (position)"
        added += f" UNION ALL SELECT {columns} FROM was_added ANTI JOIN touched USING ({facts.key})"  # noqa: S608 - declared names only
    database.execute(f"CREATE TABLE removed AS SELECT position FROM ({removed}) ORDER BY position")  # noqa: S608 - declared names only
    database.execute(f"CREATE TABLE added AS {added}")
    ((rows,),) = database.execute("SELECT greatest((SELECT count(*) FROM removed), (SELECT count(*) FROM added))").fetchall()
    return int(rows)


def _link_bases(work: Path, before: Version, facts: Facts) -> None:
    """The cuboids that differed from one of the base, which is what they are again; those that were built later are left to be built anew."""
    for cuboid in before.cuboids:
        file = f"{cuboid.name}.parquet"
        if cuboid.facts == facts.name and delta.is_changed(before.folder / file):
            delta.link(delta.base(before.folder / file), work / file)


def _refresh_cuboids(database: duckdb.DuckDBPyConnection, work: Path, before: Version, facts: Facts) -> None:
    """The cuboids of a cube: in each the groups of the facts that differ from the base are rolled up again, out of all that are in them now.

    A cuboid that is small beside the facts is left to be built anew out of the finer one, which has to be read in any case. So is one that was built later than
    the base of the facts: what went back to the base since would be missing among the groups.
    """
    columns, file = ", ".join(facts.columns), before.folder / cuboids.facts_file(facts)
    database.execute(
        f"CREATE TABLE differing AS SELECT {columns} FROM {delta.positioned(delta.base(file))} AS base "  # noqa: S608 - declared names only
        f"SEMI JOIN removed ON base.file_row_number = removed.position UNION ALL SELECT {columns} FROM added"
    )
    for cuboid in before.cuboids:
        if cuboid.facts != facts.name or not is_large_part(before.rows[cuboid.name], facts, before):
            continue
        as_old = delta.is_changed(before.folder / f"{cuboid.name}.parquet") == delta.is_changed(file)
        if as_old and delta.base(work / f"{cuboids.origin_of(cuboid)[0]}.parquet").is_file():
            _refresh_cuboid(database, work, before, cuboid)


def _refresh_cuboid(database: duckdb.DuckDBPyConnection, work: Path, before: Version, cuboid: cuboids.Cuboid) -> None:
    base, target = delta.base(before.folder / f"{cuboid.name}.parquet"), work / f"{cuboid.name}.parquet"
    from_origin = cuboids.keys(cuboid)
    from_facts = from_origin | ({"cell": parent_expression("cell", cuboid.level)} if cuboid.level is not None else {})
    named = [f"{expression} AS of_{key}" for key, expression in from_facts.items()] or ["1 AS every"]
    database.execute(f"CREATE OR REPLACE TABLE groups AS SELECT DISTINCT {', '.join(named)} FROM differing")  # noqa: S608 - declared names only
    among_base = " AND ".join(f"{key} IS NOT DISTINCT FROM of_{key}" for key in from_origin) or "true"
    among_origin = " AND ".join(f"{expression} IS NOT DISTINCT FROM of_{key}" for key, expression in from_origin.items()) or "true"
    origin = delta.source(work / f"{cuboids.origin_of(cuboid)[0]}.parquet")
    database.execute(f"CREATE OR REPLACE VIEW {ORIGIN} AS SELECT * FROM {origin} SEMI JOIN groups ON {among_origin}")  # noqa: S608 - declared names only
    removed = f"SELECT file_row_number AS position FROM {delta.positioned(base)} SEMI JOIN groups ON {among_base} ORDER BY position"  # noqa: S608 - declared names only
    _write_parts(database, base, target, removed, cuboids.statement(cuboid))


def _write_parts(database: duckdb.DuckDBPyConnection, base: Path, target: Path, removed: str, added: str) -> None:
    write_parquet(database, removed, delta.part(target, delta.REMOVED))
    write_parquet(database, added, delta.part(target, delta.ADDED))
    delta.link(base, delta.part(target, delta.BASE))
