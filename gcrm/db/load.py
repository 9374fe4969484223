"""Frames into PostGIS by COPY, and back."""

import io
from collections.abc import Collection, Mapping
from typing import Any

import numpy as np
import pandas as pd
import psycopg
import pyarrow as pa
import pyarrow.csv as pc
from numpy.typing import NDArray
from psycopg import sql
from psycopg.rows import dict_row

_BLOCK_BYTES = 64 << 20
"""No row is longer."""
_FLOATS = (700, 701)
_INTEGERS = (20, 21, 23)
"""Object identifiers of PostgreSQL's types, which never change (pg_type.dat)."""


def copy_frame(connection: psycopg.Connection[Any], table: str, frame: pd.DataFrame) -> None:
    """Adds the rows of a frame to a table by COPY.

    Args:
        connection: a connection in whose transaction it happens.
        table: name of the table; on the search path.
        frame: columns named as in the table; missing values become NULL; geometry as hexadecimal EWKB text.
    """
    rows = io.BytesIO()
    pc.write_csv(pa.Table.from_pandas(frame, preserve_index=False), rows, pc.WriteOptions(include_header=False))
    statement = sql.SQL("COPY {} ({}) FROM STDIN (FORMAT csv)").format(sql.Identifier(table), sql.SQL(", ").join(map(sql.Identifier, frame.columns)))
    with connection.cursor() as cursor, cursor.copy(statement) as copy:
        copy.write(rows.getbuffer())


def keys_array(keys: NDArray[np.int64]) -> str:
    """Keys as PostgreSQL writes an array of them; the driver takes many times as long over a list of numbers.

    Args:
        keys: of records.
    """
    return "{" + ",".join(map(str, keys.tolist())) + "}"


def copy_out(connection: psycopg.Connection[Any], query: str, whole_numbers: Collection[str] = ()) -> pd.DataFrame:
    """The answer of a query as a frame by COPY: for answers of a million rows.

    Args:
        connection: a connection.
        query: SQL without parameters, from sql/.
        whole_numbers: columns that are Int64; the others are text.

    Returns:
        One column per column of the answer; missing where it is NULL.
    """
    rows = io.BytesIO()
    statement = sql.SQL("COPY ({}) TO STDOUT (FORMAT csv, HEADER)").format(sql.SQL(query.strip().rstrip(";")))
    with connection.cursor() as cursor, cursor.copy(statement) as copy:
        for part in copy:
            rows.write(part)
    rows.seek(0)
    names = rows.readline().decode().strip().split(",")
    rows.seek(0)
    types = {name: pa.int64() if name in whole_numbers else pa.string() for name in names}
    convert = pc.ConvertOptions(column_types=types, null_values=[""], strings_can_be_null=True, quoted_strings_can_be_null=False)
    table = pc.read_csv(rows, pc.ReadOptions(block_size=_BLOCK_BYTES), pc.ParseOptions(newlines_in_values=True), convert)
    frame: pd.DataFrame = table.to_pandas(types_mapper={pa.int64(): pd.Int64Dtype(), pa.string(): pd.StringDtype()}.get)
    return frame


def read_frame(connection: psycopg.Connection[Any], query: str, parameters: Mapping[str, Any] | None = None) -> pd.DataFrame:
    """The answer of a query as a frame.

    Args:
        connection: a connection.
        query: SQL with %(name)s parameters, from sql/.
        parameters: their values.

    Returns:
        One column per column of the answer, also where it has no row.
    """
    with connection.cursor(row_factory=dict_row) as cursor:
        cursor.execute(query, parameters)
        columns = [column.name for column in cursor.description or ()]
        return pd.DataFrame(cursor.fetchall(), columns=columns)


def read_record(connection: psycopg.Connection[Any], query: str, parameters: Mapping[str, Any] | None = None) -> dict[str, Any] | None:
    """The first row of the answer of a query, by column; None where it has no row.

    Args:
        connection: a connection.
        query: SQL with %(name)s parameters, from sql/.
        parameters: their values.
    """
    with connection.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(query, parameters).fetchone()


def read_frame_by_copy(connection: psycopg.Connection[Any], query: str, parameters: Mapping[str, Any] | None = None) -> pd.DataFrame:
    """The answer of a query as a frame, by COPY: many times faster than row by row.

    Args:
        connection: a connection.
        query: SQL with %(name)s parameters, from sql/.
        parameters: their values.

    Returns:
        One column per column of the answer, also where it has no row; text stays text, numbers become floats or integers.
    """
    rows = io.BytesIO()
    with connection.cursor() as cursor:
        # The types are asked for first: a column of empty text would be taken for a number.
        cursor.execute(sql.SQL("SELECT * FROM ({}) AS asked LIMIT 0").format(sql.SQL(query.rstrip().rstrip(";"))), parameters)
        types = {
            column.name: pa.float64() if column.type_code in _FLOATS else pa.int64() if column.type_code in _INTEGERS else pa.string()
            for column in cursor.description or ()
        }
        with cursor.copy(sql.SQL("COPY ({}) TO STDOUT (FORMAT csv, HEADER)").format(sql.SQL(query.rstrip().rstrip(";"))), parameters) as copy:
            for part in copy:
                rows.write(part)
    rows.seek(0)
    options = pc.ConvertOptions(column_types=types, strings_can_be_null=True, quoted_strings_can_be_null=False, null_values=[""])
    table: pa.Table = pc.read_csv(rows, parse_options=pc.ParseOptions(newlines_in_values=True), convert_options=options)
    frame: pd.DataFrame = table.to_pandas()
    return frame
