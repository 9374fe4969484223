"""Published cubes: a folder per version, never changed once it is there, and one pointer that moves by rename."""

import hashlib
import json
import os
import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb
from filelock import FileLock

from gcrm.config import settings
from gcrm.errors import CubeError
from gcrm.olap import cuboids, query_log
from gcrm.olap.build_engine import BuildEngine, OpenEngine, build_database, duckdb_engine
from gcrm.olap.catalogue import FACTS, QUERIES
from gcrm.olap.choice import Chosen, chosen_for
from gcrm.olap.versions import LOCK, MANIFEST, POINTER, Version, columns, current, remove_all_but


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
    target = str(work / cuboids.facts_file(facts)).replace("'", "''")
    order = ", ".join(column for column in facts.columns)
    with build_database() as engine:
        csv = "read_csv(?, header = false, columns = ?, auto_detect = false, delim = ',', quote = '\"', escape = '\"')"
        # The order is declared in gcrm/olap/cubes/; COPY takes no parameter for its target.
        statement = f"COPY (SELECT * FROM {csv} ORDER BY {order}) TO '{target}' (FORMAT parquet, COMPRESSION zstd)"  # noqa: S608
        engine.execute(statement, [str(extract), dict(facts.columns)])
    extract.unlink()


def derive_facts(work: Path, name: str, query: str) -> None:
    """Makes the facts of a cube out of those of others, sorted by cell.

    Args:
        work: the folder of `building`, with the facts of the other cubes in it.
        name: the facts.
        query: of sql/cubes/; its parameters are the files of the facts that it reads, by the names of their cubes.
    """
    facts = FACTS[name]
    target = str(work / cuboids.facts_file(facts)).replace("'", "''")
    files = {each: str(work / cuboids.facts_file(FACTS[each])) for each in facts.derived_from}
    with build_database() as engine:
        # The columns are declared in gcrm/olap/cubes/, the query is one of sql/cubes/; COPY takes no parameter for its target.
        statement = f"COPY (SELECT {', '.join(facts.columns)} FROM ({query}) ORDER BY ALL) TO '{target}' (FORMAT parquet, COMPRESSION zstd)"  # noqa: S608
        engine.execute(statement, files)


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
    """Builds the cuboids and moves the pointer; facts that are published already are left as they are.

    Besides the cuboids of every version those are built that serve the declared queries and what the query log of the folder tells.

    Args:
        folder: the folder of the cubes.
        work: the folder of `building`, with the facts in it.
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
    digest = hashlib.sha256(f"{digest} {cuboids.declared()} {QUERIES} {budget}".encode()).hexdigest()
    if before is not None and before.manifest["digest"] == digest:
        _date(folder / POINTER, as_of)
        return before, False
    with engine() as builder, build_database() as database:
        rows = {f"{facts.name}-facts": _count(database, work / cuboids.facts_file(facts)) for facts in FACTS.values()}
        rows |= {cuboid.name: _built(builder, work, cuboid, advance) for cuboid in cuboids.declared()}
        chosen = chosen_for(database, work, query_log.asked(folder), rows, budget)
        rows |= _build_chosen(builder, work, chosen, budget)
        currencies = _currencies(database, [work / f"{facts.name}-all-full.parquet" for facts in FACTS.values() if "currency" in facts.columns])
    built_at = datetime.now(UTC)
    manifest = {
        "built_at": built_at.isoformat(), "digest": digest, "rows": rows, "chosen": [each.told for each in chosen if each.cuboid.name in rows],
        "currencies": currencies, "sources": sources, "columns": columns(),
    }  # fmt: skip
    (work / MANIFEST).write_text(json.dumps(manifest, indent=2), encoding="utf-8")
    name = f"{built_at:%Y%m%dT%H%M%S.%fZ}-{digest[:8]}"
    _sync(work)
    work.rename(folder / name)
    _move_pointer(folder, name, as_of)
    remove_all_but(folder, name, keep)
    return Version(name, folder / name, manifest), True


def _built(engine: BuildEngine, work: Path, cuboid: cuboids.Cuboid, advance: Callable[[int], None]) -> int:
    rows = cuboids.build(engine, work, cuboid)
    advance(1)
    return rows


def _build_chosen(engine: BuildEngine, work: Path, chosen: Sequence[Chosen], budget: int) -> dict[str, int]:
    """Builds what was chosen, the best for its bytes first, as long as the files are within the budget: their bytes were estimated only."""
    rows = {}
    for each in chosen:
        count = cuboids.build(engine, work, each.cuboid)
        file = work / f"{each.cuboid.name}.parquet"
        if file.stat().st_size > budget:
            file.unlink()
            break
        budget -= file.stat().st_size
        rows[each.cuboid.name] = count
    return rows


def _count(engine: duckdb.DuckDBPyConnection, file: Path) -> int:
    rows: list[tuple[int]] = engine.execute("SELECT count(*) FROM read_parquet(?)", [str(file)]).fetchall()
    return rows[0][0]


def _currencies(engine: duckdb.DuckDBPyConnection, files: list[Path]) -> list[str]:
    query = "SELECT DISTINCT currency FROM read_parquet(?, union_by_name = true) ORDER BY currency"
    rows: list[tuple[str]] = engine.execute(query, [list(map(str, files))]).fetchall()
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
