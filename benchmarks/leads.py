"""A hundred thousand leads: imported with rules and history and given to reps, and a bare COPY of the same ready rows into the same table."""

from pathlib import Path
from uuid import uuid4

import duckdb

from benchmarks.measure import Work
from gcrm.config import settings
from gcrm.db.connection import Role, connect
from gcrm.frames import LEADS
from gcrm.ingest.source import open_source
from gcrm.pipeline.imports import import_file

_BLOCK_BYTES = 1 << 20
_COLUMNS = (
    "source, source_key, company, given_name, family_name, role, phone, email, website, street, house_number, postcode, city, country_code, position, cell,"
    " geocode_level, geocode_score, segment, interest, amount, currency, origin, rating, status, received_at, territory_id, territory_given, rep_id,"
    " assigned_at, assigned_by, assigned_because, made_up, raw, import_id, created_import_id"
)
_LEADS = """
    COPY (
        SELECT
            'L' || i AS lead_key, 'Kunde ' || i || ' GmbH' AS company, 'Vorname ' || (i % 900) AS given_name, 'Name ' || (i % 7000) AS family_name,
            'Einkauf' AS role, '+49 30 ' || (2000000 + i % 7999999) AS phone, 'kunde' || i || '@example.org' AS email,
            'Hauptstraße ' || (i % 5000) AS street, (i % 200) || '' AS house_number, lpad((i % 90000 + 10000) || '', 5, '0') AS postcode,
            'Ort ' || (i % 3000) AS city, 'DE' AS country, 'Segment ' || (i % 7) AS segment, 'bike ' || (i % 40) AS interest, i % 9000 AS amount,
            CASE i % 3 WHEN 0 THEN 'hot' WHEN 1 THEN 'warm' ELSE 'cold' END AS rating, 'fair' AS origin,
            strftime(DATE '2025-01-01' + (i % 300)::int, '%Y-%m-%d') AS received_at,
            round({west} + (i * 7919 % 100003) / 100003.0 * ({east} - {west}), 6) AS longitude,
            round({south} + (i * 104729 % 100019) / 100019.0 * ({north} - {south}), 6) AS latitude, 'true' AS made_up
        FROM range({count}) AS numbers (i)
    ) TO '{path}' (HEADER)
"""


def leads_file(count: int) -> Path:
    """A CSV of made-up leads of twenty-one columns, all over the box of the territories."""
    path = settings().home / f"leads-{count}.csv"
    if not path.is_file():
        with connect(Role.OWNER) as connection:
            box = connection.execute(
                "SELECT ST_XMin(e), ST_XMax(e), ST_YMin(e), ST_YMax(e) FROM (SELECT ST_Extent(boundary) AS e FROM gcrm.territories) AS all_of_them"
            ).fetchone()
        west, east, south, north = box or (0, 1, 0, 1)
        duckdb.sql(_LEADS.format(count=count, path=path, west=west, east=east, south=south, north=north))
    return path


def leads_ours(count: int) -> Work:
    """The file into an empty table of leads: read, mapped, cleaned, checked, given to the reps of its territory in turn, merged, with its history on."""
    opened = open_source(leads_file(count), LEADS, source=f"leads-{uuid4()}").assigning()
    _empty()
    return lambda: import_file(opened, lambda _: None)


def leads_copy(count: int) -> Work:
    """The same rows, placed and assigned already, into the same empty table with its indexes, references and triggers."""
    ready = settings().home / f"leads-{count}.copy"
    if not ready.is_file():
        with (
            connect(Role.OWNER) as connection,
            ready.open("wb") as file,
            connection.cursor().copy(f"COPY (SELECT {_COLUMNS} FROM gcrm.leads ORDER BY lead_id) TO STDOUT".encode()) as copy,
        ):
            for block in copy:
                file.write(block)
    _empty(forced=False)
    connection = connect(Role.OWNER)

    def work() -> None:
        with ready.open("rb") as file, connection.cursor().copy(f"COPY gcrm.leads ({_COLUMNS}) FROM STDIN".encode()) as copy:
            while block := file.read(_BLOCK_BYTES):
                copy.write(block)
        connection.commit()

    return work


def _empty(*, forced: bool = True) -> None:
    """Empties the table; PostgreSQL takes no COPY into a table whose row security binds its owner too, so the rival goes without."""
    with connect(Role.OWNER) as connection:
        connection.execute("TRUNCATE gcrm.leads")
        connection.execute(f"ALTER TABLE gcrm.leads {'' if forced else 'NO '}FORCE ROW LEVEL SECURITY".encode())
