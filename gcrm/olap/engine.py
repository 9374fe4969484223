"""The process's DuckDB, in memory: answers are read from files by it, and worked further in it."""

from collections.abc import Mapping, Sequence
from functools import cache
from threading import local

import duckdb
import pyarrow as pa

_threads = local()


@cache
def _process_engine() -> duckdb.DuckDBPyConnection:
    duck = duckdb.connect(config={"memory_limit": "2GB"})
    duck.execute("SET parquet_metadata_cache = true")  # files of versions never change
    return duck


def engine() -> duckdb.DuckDBPyConnection:
    """This thread's cursor of the process's DuckDB."""
    if not hasattr(_threads, "cursor"):
        _threads.cursor = _process_engine().cursor()
    cursor: duckdb.DuckDBPyConnection = _threads.cursor
    return cursor


def select(columns: str, source: str, values: Sequence[object] = (), **tables: pa.Table) -> pa.Table:
    """Columns out of files, or of tables in memory.

    Args:
        columns: an SQL select list.
        source: what stands behind FROM. Every name in both texts is declared in gcrm/olap/cubes/, every number was read as one.
        values: what stands at the question marks of both.
        tables: by the names that they have in the texts.
    """
    return answered(f"SELECT {columns} FROM {source}", values, tables)  # noqa: S608 - declared names only


def answered(statement: str, values: Sequence[object], tables: Mapping[str, pa.Table]) -> pa.Table:
    """What a statement gives.

    Args:
        statement: SQL; every name in it is declared in gcrm/olap/cubes/, every number was read as one.
        values: what stands at its question marks.
        tables: in memory, by the names that they have in it.
    """
    duck = engine()
    for name, table in tables.items():
        duck.register(name, table)
    try:
        return duck.sql(statement, params=list(values) or None).to_arrow_table()
    finally:
        for name in tables:
            duck.unregister(name)
