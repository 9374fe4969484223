"""What builds cuboids: DuckDB in bounded memory, on this machine. The other engine, for many machines, is Spark (gcrm/olap/spark.py)."""

import re
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Protocol

import duckdb

from gcrm.config import settings
from gcrm.olap.catalogue import DIMENSIONS
from gcrm.olap.delta import source

ORIGIN = "origin"
"""The name that a statement has for the file it reads."""

ROWS_A_GROUP = 122_880
"""Rows of a file whose least and greatest values are kept, by which readers skip them: as many as DuckDB works on in one thread."""

_MEMORY_LIMIT = "2GB"
_TEXTS = frozenset(each.column for each in DIMENSIONS.values() if each.kind == "text")


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
        self._types: dict[tuple[Path, str], str] = {}

    def roll_up(self, statement: str, origin: Path, target: Path, rows_a_group: int = ROWS_A_GROUP) -> int:
        """See `BuildEngine`. Texts are numbered while they are grouped and sorted, which takes less memory and time; the file has them as texts."""
        described = self._database.execute(f"DESCRIBE SELECT * FROM {source(origin)}").fetchall()  # noqa: S608 - the name of a file
        named = set(re.findall(r"\w+", statement))
        numbered = [name for name, kind, *_ in described if kind == "VARCHAR" and name in named and name in _TEXTS]
        texts = ", ".join(f"{name}::{self._type(origin, name)} AS {name}" for name in numbered)
        replaced = f"REPLACE ({texts})" if texts else ""
        self._database.execute(f"CREATE OR REPLACE VIEW {ORIGIN} AS SELECT * {replaced} FROM {source(origin)}")  # noqa: S608 - declared names
        return write_parquet(self._database, statement, target, rows_a_group)

    def _type(self, origin: Path, column: str) -> str:
        """The type whose values are the members of a column, in their order, as the facts behind a file have them."""
        facts = origin.with_name(f"{origin.name.split('-')[0]}-facts.parquet")
        if (facts, column) not in self._types:
            name = f"members_{len(self._types)}"
            members = f"SELECT DISTINCT {column} FROM {source(facts)} WHERE {column} IS NOT NULL ORDER BY 1"  # noqa: S608 - declared names
            self._database.execute(f"CREATE TYPE {name} AS ENUM ({members})")
            self._types[facts, column] = name
        return self._types[facts, column]


@contextmanager
def duckdb_engine() -> Iterator[DuckDBEngine]:
    """DuckDB as the engine of a build, on this machine."""
    with build_database() as database:
        yield DuckDBEngine(database)


def build_database() -> duckdb.DuckDBPyConnection:
    """A DuckDB in bounded memory that keeps the order of what it reads; what does not fit goes below GCRM_HOME."""
    spilled = settings().home / "spool"
    return duckdb.connect(config={"memory_limit": _MEMORY_LIMIT, "preserve_insertion_order": "true", "temp_directory": str(spilled)})


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
