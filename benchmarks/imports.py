"""Imports: a file into the database, and a bare COPY of the same rows."""

from pathlib import Path
from uuid import uuid4

import pandas as pd
import pyarrow.parquet as pq

from benchmarks.measure import Work
from gcrm.db.connection import Role, connect
from gcrm.db.load import copy_frame
from gcrm.frames import OBJECTS
from gcrm.ingest.source import open_source
from gcrm.pipeline.imports import import_file


def import_ours(path: Path, source: str) -> Work:
    """A file into the database: read, mapped, cleaned, checked, merged."""
    opened = open_source(path, OBJECTS[path.stem], source=f"{source}-{uuid4()}" if path.stem == "accounts" else source)
    return lambda: import_file(opened, lambda _: None)


def import_copy(table: str, source: str) -> Work:
    """The same rows, typed and resolved already, by a bare COPY into a table with the same indexes."""
    columns = {
        "accounts": "source, kind, status, name, segment, street, house_number, postcode, city, country_code, phone, email, made_up, import_id",
        "orders": "source, source_key, order_key, account_id, product_id, ordered_at, channel, quantity, revenue, cost, currency, made_up, import_id",
    }[table]
    connection = connect(Role.OWNER)
    connection.execute(f"CREATE TEMPORARY TABLE bare (LIKE gcrm.{table} INCLUDING DEFAULTS INCLUDING IDENTITY INCLUDING CONSTRAINTS INCLUDING INDEXES)")
    key = "" if table == "orders" else ", source_key"
    rows = connection.execute(f"SELECT {columns}{key} FROM gcrm.{table} WHERE source = %s", [source]).fetchall()
    frame = pd.DataFrame(rows, columns=[*columns.split(", "), *(["source_key"] if key else [])])
    connection.commit()

    def work() -> None:
        copy_frame(connection, "bare", frame)
        connection.commit()

    return work


def rows_of(path: Path) -> int:
    """Records of one of the demo's files."""
    if path.suffix == ".parquet":
        return int(pq.ParquetFile(path).metadata.num_rows)
    with path.open("rb") as file:
        return sum(1 for _ in file) - 1
