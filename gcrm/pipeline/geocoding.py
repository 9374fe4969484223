"""Geocoding: accounts without a position get one from the reference in the database."""

import gc
import os
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import Any

import pandas as pd
import psycopg
from psycopg.rows import TupleRow

from gcrm.config import settings
from gcrm.db.connection import Role, connect
from gcrm.db.load import read_frame_by_copy
from gcrm.db.queries import queries
from gcrm.ingest.geocoding.match import MATCHER_VERSION, Matcher
from gcrm.pipeline.geocode_placing import Placer, write_answers
from gcrm.pipeline.geocode_processes import place_in_processes
from gcrm.pipeline.geocode_reference import load_reference
from gcrm.progress import Advance
from gcrm.spatial.cells import index_points

_CHUNK_ROWS = 100_000
_ROWS_PER_PROCESS = 200_000
_MOST_PROCESSES = 4
_OPEN = ["account_id", "street", "house_number", "postcode", "city", "country_code", "updated_at"]

Connection = psycopg.Connection[TupleRow]


def count_open(*, again: bool = False) -> int:
    """How many accounts are to be placed; what a newer reference touches is among them.

    Args:
        again: look for all positions once more that were found; given and confirmed ones stay.
    """
    statements = queries("geocode")
    with connect(Role.WRITER) as connection:
        queries("imports").derive(connection)
        _current_reference(connection)
        if again:
            statements.mark_all(connection)
        count: int = statements.count_open(connection)
        return count


def geocode_accounts(advance: Advance) -> dict[str, int]:
    """Places every account that nobody has tried to place yet, and those that a newer reference touches; a chunk is a transaction.

    Many of them are shared out to processes, one for each core; providers are asked by one process alone, since each has a rate that it allows.

    Args:
        advance: told how many accounts are done.

    Returns:
        Accounts by geocode_level, all of them.
    """
    statements = queries("geocode")
    with connect(Role.WRITER) as connection:
        reference_id = _settle_reference(connection)
        processes = _processes(statements.count_open(connection))
        if processes > 1:
            place_in_processes(_chunks(connection), reference_id, processes, advance)
        elif processes:
            placer = Placer(connection, Matcher(load_reference(connection)))
            with _collected_by_chunk(_chunks(connection)) as chunks:
                _place(placer, reference_id, chunks, advance)
        connection.rollback()
        return dict(statements.levels(connection))


@contextmanager
def _collected_by_chunk(chunks: Iterator[pd.DataFrame]) -> Iterator[Iterator[pd.DataFrame]]:
    """Chunks between which, and only there, Python looks for cycles of objects: a chunk makes millions of texts, whose every thousand would start a search."""

    def collecting() -> Iterator[pd.DataFrame]:
        for chunk in chunks:
            gc.collect()
            yield chunk

    gc.freeze()
    gc.disable()
    try:
        yield collecting()
    finally:
        gc.enable()
        gc.unfreeze()


def _processes(count: int) -> int:
    """How many processes so many accounts are worth: each has to read the reference first."""
    if settings().geocoders:
        return min(count, 1)
    return max(min(os.cpu_count() or 1, _MOST_PROCESSES, count // _ROWS_PER_PROCESS), min(count, 1))


def geocode_account(account_id: int) -> None:
    """Places one account now, as `geocode_accounts` would; one that has a position already keeps it.

    Args:
        account_id: the account.
    """
    with connect(Role.WRITER) as connection:
        reference_id = _settle_reference(connection)
        rows = list(queries("geocode").open_address(connection, account_id=account_id))
        if rows:
            _place(kept_placer(connection), reference_id, [pd.DataFrame(rows, columns=_OPEN)], lambda _: None)
        connection.rollback()


def locate(address: Mapping[str, str | None]) -> dict[str, Any]:
    """Where an address is, by what persons said of it and by the reference; no provider is asked, and nothing is stored.

    Args:
        address: street, house_number, postcode, city, country_code; any may be missing.

    Returns:
        As a row of `gcrm.ingest.geocoding.match.Matcher.match`.
    """
    with connect(Role.WRITER) as connection:
        found = kept_placer(connection).known(pd.DataFrame([address], dtype="object"))
    return {str(name): values.iloc[0] for name, values in found.items()}


def kept_placer(connection: Connection) -> Placer:
    """What finds addresses by what persons said and by the reference as the layers are now; a process keeps the reference until they change.

    Args:
        connection: of the writer.
    """
    return Placer(connection, _kept_matcher(connection))


def _kept_matcher(connection: Connection) -> Matcher:
    """The matcher on the reference as the layers are now; a process that looks for single addresses keeps it until they change."""
    return _matcher_on(queries("geocode").layers_in_force(connection), settings().dictionaries)


@lru_cache(maxsize=1)
def _matcher_on(layers: str, dictionaries: Path | None) -> Matcher:
    del layers, dictionaries
    with connect(Role.WRITER) as connection:
        return Matcher(load_reference(connection))


def _settle_reference(connection: Connection) -> int:
    """The key of the current reference; what it touches is marked for good."""
    queries("imports").derive(connection)
    reference_id = _current_reference(connection)
    connection.commit()
    return reference_id


def _place(placer: Placer, reference_id: int, chunks: Iterable[pd.DataFrame], advance: Advance) -> None:
    """Places the accounts of chunks: PostgreSQL writes one chunk while the next is matched."""
    with ThreadPoolExecutor(1) as writer:
        pending: list[Future[int]] = []
        for chunk in chunks:
            answers = placer.answers(chunk)
            for done in pending:
                advance(done.result())
            pending = [writer.submit(write_answers, answers, reference_id)]
        for done in pending:
            advance(done.result())


def _current_reference(connection: Connection) -> int:
    """The key of the reference as the layers are now; where it is new, what it touches is marked in the same transaction."""
    statements = queries("geocode")
    statements.lock_reference(connection)
    versions = statements.versions(connection)
    newest = statements.newest_reference(connection)
    if newest is not None and newest[1:] == (MATCHER_VERSION, versions):
        return int(newest[0])
    reference_id: int = statements.add_reference(connection, matcher=MATCHER_VERSION, versions=versions)
    if newest is None or newest[1] != MATCHER_VERSION:
        statements.mark_all(connection)
    else:
        statements.mark_touched(connection, added=sorted(set(versions) - set(newest[2])))
    return reference_id


def _chunks(connection: Connection) -> Iterator[pd.DataFrame]:
    query = queries("geocode").open_addresses.sql
    after = 0
    while len(chunk := read_frame_by_copy(connection, query, {"after": after, "most": _CHUNK_ROWS})):
        after = int(chunk["account_id"].iloc[-1])
        yield chunk


def geocode_addresses(addresses: pd.DataFrame) -> pd.DataFrame:
    """Where addresses are that need not be of an account: a look-up for a page or a script.

    Args:
        addresses: columns street, house_number, postcode, city, country_code; any may be missing.

    Returns:
        As `gcrm.ingest.geocoding.match.Matcher.match`.
    """
    with connect(Role.READER) as connection:
        return Matcher(load_reference(connection)).match(addresses)


def reverse(longitude: float, latitude: float) -> dict[str, Any]:
    """What is at a point.

    Args:
        longitude: degrees, EPSG:4326.
        latitude: degrees, EPSG:4326.

    Returns:
        address, distance_m (to it), municipality, postcode, city, cell (H3 level 10, as text); None where nothing is known within 1 km.
    """
    with connect(Role.READER) as connection:
        row = queries("reverse").at_point(connection, longitude=longitude, latitude=latitude)
    cell = int(index_points(pd.Series([longitude]), pd.Series([latitude])).iloc[0])
    names = ("address", "distance_m", "municipality", "postcode", "city")
    return dict(zip(names, row or (None,) * len(names), strict=True)) | {"cell": f"{cell:x}"}
