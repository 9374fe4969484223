"""What builds cuboids: DuckDB in bounded memory, on this machine. The other engine, for many machines, is Spark (gcrm/olap/spark.py)."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Protocol

import duckdb

from gcrm.olap.delta import source

ORIGIN = "origin"
"""The name that a statement has for the file it reads."""

ROWS_A_GROUP = 122_880
"""Rows of a file whose least and greatest values are kept, by which readers skip them: as many as DuckDB works on in one thread."""

_MEMORY_LIMIT = "2GB"


class BuildEngine(Protocol):
    """Runs a statement over one file of Parquet into another."""

    def roll_up(self, statement: str, origin: Path, target: Path, rows_a_group: int = ROWS_A_GROUP) -> int:
        """Writes what a statement gives, in the order that it gives.

        Args:
            statement: SQL that every engine takes; it reads from ORIGIN.
            origin: the file behind ORIGIN.
            target: the file to write.
            rows_a_group: see ROWS_A_GROUP.

        Returns:
            Its rows.
        """
        ...


type OpenEngine = Callable[[], AbstractContextManager[BuildEngine]]
"""Starts an engine, and ends it behind the block."""


class DuckDBEngine:
    """DuckDB as the engine of a build."""

    def __init__(self, database: duckdb.DuckDBPyConnection) -> None:
        self._database = database

    def roll_up(self, statement: str, origin: Path, target: Path, rows_a_group: int = ROWS_A_GROUP) -> int:
        """See `BuildEngine`."""
        self._database.execute(f"CREATE OR REPLACE VIEW {ORIGIN} AS SELECT * FROM {source(origin)}")  # noqa: S608 - the name of a file
        return write_parquet(self._database, statement, target, rows_a_group)


@contextmanager
def duckdb_engine() -> Iterator[DuckDBEngine]:
    """DuckDB as the engine of a build, on this machine."""
    with build_database() as database:
        yield DuckDBEngine(database)


def build_database() -> duckdb.DuckDBPyConnection:
    """A DuckDB in bounded memory that keeps the order of what it reads."""
    return duckdb.connect(config={"memory_limit": _MEMORY_LIMIT, "preserve_insertion_order": "true"})


def write_parquet(database: duckdb.DuckDBPyConnection, statement: str, target: Path, rows_a_group: int = ROWS_A_GROUP) -> int:
    """Writes what a statement gives as Parquet, and returns its rows.

    Args:
        database: what runs the statement.
        statement: of names that are declared in gcrm/olap/cubes/.
        target: the file to write.
        rows_a_group: see ROWS_A_GROUP.
    """
    quoted = str(target).replace("'", "''")  # COPY takes no parameter for its target
    options = f"FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE {rows_a_group}"
    ((rows,),) = database.execute(f"COPY ({statement}) TO '{quoted}' ({options})").fetchall()
    return int(rows)
