"""Published cubes: a folder per version, never changed once it is there, and one pointer that moves by rename."""

import hashlib
import json
import os
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb
from filelock import FileLock

from gcrm.config import settings
from gcrm.errors import CubeError
from gcrm.olap import cuboids, delta, query_log
from gcrm.olap.build_engine import BuildEngine, OpenEngine, build_database, duckdb_engine, write_parquet
from gcrm.olap.catalogue import FACTS, QUERIES, UNKNOWN, Facts
from gcrm.olap.choice import Chosen, chosen_for
from gcrm.olap.content import Content, content_of
from gcrm.olap.versions import CONTENTS, LOCK, MANIFEST, POINTER, Version, columns, current, remove_all_but

CUSTOM_MEMBERS = "custom_members.csv"
"""File beside the extracts: the members of accounts in dimensions that are custom fields."""


@contextmanager
def building(folder: Path) -> Iterator[Path]:
    """An empty folder to build the next version in; one builder at a time, and what killed builders left is removed.

    Args:
        folder: the folder of the cubes.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with FileLock(folder / LOCK):
        _remove_orphans(folder)
        work = folder / f".building-{os.getpid()}"
        work.mkdir()
        try:
            yield work
        finally:
            shutil.rmtree(work, ignore_errors=True)


def store_facts(work: Path, name: str, extract: Path) -> None:
    """Turns an extract of facts into Parquet, sorted by cell.

    Args:
        work: the folder of `building`.
        name: the facts.
        extract: CSV without header, columns as declared in gcrm/olap/cubes/; it is removed.
    """
    facts = FACTS[name]
    with build_database() as database:
        # The order is declared in gcrm/olap/cubes/.
        ordered = f"SELECT * FROM {extracted(facts, extract)} ORDER BY {', '.join(facts.columns)}"  # noqa: S608 - declared names only
        write_parquet(database, ordered, work / cuboids.facts_file(facts))
    extract.unlink()


def extracted(facts: Facts, extract: Path) -> str:
    """What stands behind FROM to read an extract of facts, with their custom fields.

    Args:
        facts: their columns, in the order of the extract.
        extract: CSV without header; members of custom fields stand beside it in CUSTOM_MEMBERS: account_id, field, member.
    """
    own = _csv(extract, {name: kind for name, kind in facts.columns.items() if name not in facts.custom})
    if not facts.custom:
        return own
    given = _csv(extract.with_name(CUSTOM_MEMBERS), {"account_id": "BIGINT", "field": "VARCHAR", "member": "VARCHAR"})
    # Names of custom fields are small letters, digits and _ (gcrm/custom_fields.py).
    columns = ", ".join(f"max(member) FILTER (field = '{name}') AS {name}" for name in facts.custom)
    custom = f"(SELECT account_id, {columns} FROM {given} GROUP BY account_id)"  # noqa: S608 - declared names only
    known = ", ".join(f"coalesce(custom.{name}, '{UNKNOWN}') AS {name}" for name in facts.custom)
    return f"(SELECT own.*, {known} FROM {own} AS own LEFT JOIN {custom} AS custom USING (account_id))"  # noqa: S608 - declared names only


def _csv(file: Path, columns: Mapping[str, str]) -> str:
    """What stands behind FROM to read a CSV without header."""
    kinds = ", ".join(f"'{name}': '{kind}'" for name, kind in columns.items())
    return f"read_csv({delta.quoted(file)}, header = false, columns = {{{kinds}}}, auto_detect = false, delim = ',', quote = '\"', escape = '\"')"


def derive_facts(work: Path, name: str, query: str) -> None:
    """Makes the facts of a cube out of those of others, sorted by cell.

    Args:
        work: the folder of `building`, with the facts of the other cubes in it.
        name: the facts.
        query: of sql/cubes/; it reads the facts of other cubes by the names of these.
    """
    facts = FACTS[name]
    with build_database() as database:
        for each in facts.derived_from:
            database.execute(facts_view(work, each))
        # The columns are declared in gcrm/olap/cubes/, the query is one of sql/cubes/.
        write_parquet(database, f"SELECT {', '.join(facts.columns)} FROM ({query}) ORDER BY ALL", work / cuboids.facts_file(facts))  # noqa: S608 - declared names only


def facts_view(folder: Path, name: str, among: str = "") -> str:
    """The statement that lets a query of sql/cubes/ read facts by the name of their cube.

    Args:
        folder: with the facts in it.
        name: the facts.
        among: what keeps some of them.
    """
    return f"CREATE VIEW {name} AS SELECT * FROM {delta.source(folder / cuboids.facts_file(FACTS[name]))} {among}"  # noqa: S608 - declared names only


def keep_contents(work: Path, contents: Mapping[str, Content]) -> None:
    """Writes down the content of the facts, for a later refresh.

    Args:
        work: the folder of `building`.
        contents: by the names of the facts.
    """
    (work / CONTENTS).write_text(json.dumps({name: str(content) for name, content in contents.items()}), encoding="utf-8")


def stored_content(work: Path, name: str) -> Content:
    """The content of facts that are stored.

    Args:
        work: the folder of `building`, with the facts in it.
        name: the facts.
    """
    with build_database() as database:
        return content_of(database, delta.source(work / cuboids.facts_file(FACTS[name])), FACTS[name])


def publish(
    folder: Path,
    work: Path,
    digest: str,
    sources: list[dict[str, Any]],
    as_of: datetime,
    keep: int,
    advance: Callable[[int], None],
    engine: OpenEngine = duckdb_engine,
) -> tuple[Version, bool]:
    """Builds the cuboids that are not there yet and moves the pointer; facts that are published already are left as they are, unless plain files replace parts.

    Besides the cuboids of every version those are built that serve the declared queries and what the query log of the folder tells; a refresh keeps those
    that were chosen for the version before.

    Args:
        folder: the folder of the cubes.
        work: the folder of `building`, with the facts in it; cuboids that a refresh made are left as they are.
        digest: of the facts; names the version together with the time.
        sources: the layers behind the facts.
        as_of: when the facts were read; the pointer bears this time, whether it moves or not.
        keep: so many versions stay, the new one among them.
        advance: told how many cuboids are built.
        engine: what builds the cuboids; it is started only where there is something to build.

    Returns:
        The version that readers see now, and whether it is new.

    Raises:
        CubeError: the engine cannot be started, or broke off.
    """
    try:
        before = current(folder)
    except CubeError:  # it is damaged: what is built now takes its place
        before = None
    budget = settings().cube_budget_mb * 2**20
    facts_digest, digest = digest, hashlib.sha256(f"{digest} {cuboids.declared()} {QUERIES} {budget}".encode()).hexdigest()
    if before is not None and before.manifest["digest"] == digest and (_in_parts(work) or not _in_parts(before.folder)):
        _date(folder / POINTER, as_of)
        return before, False
    goes_on = before is not None and any(_is_made(work, cuboid) for cuboid in cuboids.declared())
    with engine() as builder, build_database() as database:
        rows = {f"{facts.name}-facts": delta.row_count(database, work / cuboids.facts_file(facts)) for facts in FACTS.values()}
        there: list[cuboids.Cuboid] = []
        for cuboid in cuboids.declared():
            rows[cuboid.name] = _made(builder, database, work, cuboid, there)
            advance(1)
        if before is not None and goes_on:
            chosen = before.chosen
            kept = cuboids.parents_first(map(cuboids.Cuboid.read, chosen))
            rows |= {cuboid.name: _made(builder, database, work, cuboid, there) for cuboid in kept}
        else:
            candidates = chosen_for(database, work, query_log.asked(folder), rows, budget)
            rows |= _build_chosen(builder, database, work, candidates, there, budget)
            chosen = [each.told for each in candidates if each.cuboid.name in rows]
        currencies = _currencies(database, [work / f"{facts.name}-all-full.parquet" for facts in FACTS.values() if "currency" in facts.columns])
    built_at = datetime.now(UTC)
    manifest = {
        "built_at": built_at.isoformat(), "digest": digest, "facts": facts_digest, "rows": rows, "chosen": chosen, "currencies": currencies,
        "sources": sources, "columns": columns(),
    }  # fmt: skip
    (work / MANIFEST).write_text(json.dumps(manifest, indent=2), encoding="utf-8")
    name = f"{built_at:%Y%m%dT%H%M%S.%fZ}-{digest[:8]}"
    _sync(work)
    work.rename(folder / name)
    _move_pointer(folder, name, as_of)
    remove_all_but(folder, name, keep)
    return Version(name, folder / name, manifest), True


def _is_made(work: Path, cuboid: cuboids.Cuboid) -> bool:
    return delta.base(work / f"{cuboid.name}.parquet").is_file()


def _made(engine: BuildEngine, database: duckdb.DuckDBPyConnection, work: Path, cuboid: cuboids.Cuboid, there: list[cuboids.Cuboid]) -> int:
    """Builds a cuboid out of those that are there, unless a refresh made it; adds it to them, and returns its rows."""
    rows = delta.row_count(database, work / f"{cuboid.name}.parquet") if _is_made(work, cuboid) else cuboids.build(engine, work, cuboid, there)
    there.append(cuboid)
    return rows


def _in_parts(folder: Path) -> bool:
    """Whether some file in a folder differs from one of an earlier version."""
    return any(delta.is_changed(folder / cuboids.facts_file(facts)) for facts in FACTS.values())


def _build_chosen(
    engine: BuildEngine, database: duckdb.DuckDBPyConnection, work: Path, chosen: Sequence[Chosen], there: list[cuboids.Cuboid], budget: int
) -> dict[str, int]:
    """Builds what was chosen, and leaves the best for their bytes as long as the files are within the budget: their bytes were estimated only."""
    rows = {each.name: _made(engine, database, work, each, there) for each in cuboids.parents_first(each.cuboid for each in chosen)}
    for each in chosen:
        file = work / f"{each.cuboid.name}.parquet"
        budget -= file.stat().st_size
        if budget < 0:
            file.unlink()
            del rows[each.cuboid.name]
    return rows


def _currencies(engine: duckdb.DuckDBPyConnection, files: list[Path]) -> list[str]:
    query = " UNION ".join(f"SELECT currency FROM {delta.source(file)}" for file in files)  # noqa: S608 - declared names only
    rows: list[tuple[str]] = engine.execute(f"{query} ORDER BY currency").fetchall()
    return [row[0] for row in rows]


def _sync(folder: Path) -> None:
    for path in [*folder.iterdir(), folder]:
        _sync_file(path)


def _move_pointer(folder: Path, name: str, as_of: datetime) -> None:
    waiting = folder / f".{POINTER}"
    waiting.write_text(name, encoding="utf-8")
    _date(waiting, as_of)
    _sync_file(waiting)
    waiting.replace(folder / POINTER)
    _sync_file(folder)


def _date(path: Path, moment: datetime) -> None:
    os.utime(path, (moment.timestamp(), moment.timestamp()))


def _sync_file(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    os.fsync(handle)
    os.close(handle)


def _remove_orphans(folder: Path) -> None:
    """Removes what killed builders left: work, versions that were never pointed to, versions that are not whole."""
    pointer = folder / POINTER
    pointed = pointer.read_text(encoding="utf-8").strip() if pointer.is_file() else ""
    versions = [version for version in folder.glob("[0-9]*") if version.name > pointed or not (version / MANIFEST).is_file()]
    for orphan in [*folder.glob(".building-*"), *versions]:
        shutil.rmtree(orphan)
