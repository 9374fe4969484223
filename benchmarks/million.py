"""A million accounts with twenty columns: the whole import, and a bare COPY of the same ready rows into the same table."""

from pathlib import Path
from uuid import uuid4

import duckdb

from benchmarks.measure import Work
from gcrm.config import settings
from gcrm.db.connection import Role, connect
from gcrm.frames import ACCOUNTS
from gcrm.ingest.source import open_source
from gcrm.pipeline.imports import import_file

_BLOCK_BYTES = 1 << 20
_COLUMNS = (
    "source, source_key, kind, status, name, segment, street, house_number, postcode, city, country_code, phone, email, website, tax_number,"
    " position, cell, geocode_level, geocode_score, geocoded_at, territory_given, made_up, raw, import_id, created_import_id"
)
_CUSTOMERS = """
    COPY (
        SELECT
            'K' || i AS account_key, CASE WHEN i % 3 = 0 THEN 'household' ELSE 'company' END AS kind,
            CASE WHEN i % 4 = 0 THEN 'prospect' ELSE 'customer' END AS status, 'Kunde ' || i || ' GmbH' AS name, 'Segment ' || (i % 7) AS segment,
            'Hauptstraße ' || (i % 5000) AS street, (i % 200) || '' AS house_number, lpad((i % 90000 + 10000) || '', 5, '0') AS postcode,
            'Ort ' || (i % 3000) AS city, 'DE' AS country, '+49 30 ' || (2000000 + i % 7999999) AS phone, 'kunde' || i || '@example.org' AS email,
            'https://www.example.org/' || i AS website, round(6 + (i * 7919 % 900000) / 1e5, 6) AS longitude,
            round(47 + (i * 104729 % 700000) / 1e5, 6) AS latitude,
            'true' AS made_up, 'note ' || i AS note, strftime(DATE '2020-01-01' + (i % 2000)::int, '%d.%m.%Y') AS since, i % 100 AS employees, 'x' AS flag
        FROM range({count}) AS numbers (i)
    ) TO '{path}' (HEADER)
"""


def million_file(count: int) -> Path:
    """A CSV of made-up customers, of twenty columns."""
    path = settings().home / f"customers-{count}.csv"
    if not path.is_file():
        duckdb.sql(_CUSTOMERS.format(count=count, path=path))
    return path


def million_ours(count: int) -> Work:
    """The file into an empty table of accounts: read, mapped, cleaned, checked, merged, with its history on."""
    opened = open_source(million_file(count), ACCOUNTS, source=f"million-{uuid4()}")
    _empty()
    return lambda: import_file(opened, lambda _: None)


def million_copy(count: int) -> Work:
    """The same rows, typed and resolved already, into the same empty table with its indexes, references and triggers."""
    ready = settings().home / f"customers-{count}.copy"
    if not ready.is_file():
        with (
            connect(Role.OWNER) as connection,
            ready.open("wb") as file,
            connection.cursor().copy(f"COPY gcrm.accounts ({_COLUMNS}) TO STDOUT".encode()) as copy,
        ):
            for block in copy:
                file.write(block)
    _empty(forced=False)
    connection = connect(Role.OWNER)

    def work() -> None:
        with ready.open("rb") as file, connection.cursor().copy(f"COPY gcrm.accounts ({_COLUMNS}) FROM STDIN".encode()) as copy:
            while block := file.read(_BLOCK_BYTES):
                copy.write(block)
        connection.commit()

    return work


def _empty(*, forced: bool = True) -> None:
    """Empties the table; PostgreSQL takes no COPY into a table whose row security binds its owner too, so the rival goes without."""
    with connect(Role.OWNER) as connection:
        connection.execute("TRUNCATE gcrm.accounts CASCADE")
        connection.execute(f"ALTER TABLE gcrm.accounts {'' if forced else 'NO '}FORCE ROW LEVEL SECURITY".encode())
