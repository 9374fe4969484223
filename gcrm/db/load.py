"""Frames into PostGIS by COPY, and back."""

import io
from collections.abc import Mapping
from typing import Any

import pandas as pd
import psycopg
import pyarrow as pa
import pyarrow.csv as pc
from psycopg import sql
from psycopg.rows import dict_row


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
