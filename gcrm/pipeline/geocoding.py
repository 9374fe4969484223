"""Geocoding: accounts without a position get one from the reference in the database."""

import gc
import json
from collections.abc import Callable, Iterator, Mapping
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
from gcrm.db.load import copy_frame, read_frame_by_copy
from gcrm.db.queries import queries
from gcrm.ingest.geocoding.folding.dictionary import dictionary
from gcrm.ingest.geocoding.match import MATCHER_VERSION, Matcher
from gcrm.ingest.geocoding.reference import Reference
from gcrm.pipeline.geocode_providers import ask_providers
from gcrm.progress import Advance
from gcrm.spatial.cells import index_points

_CHUNK_ROWS = 100_000
_STORED = ["account_id", "updated_at", "longitude", "latitude", "cell", "geocode_level", "geocode_score", "geocode_margin", "geocode_reason"]
_OPEN = ["account_id", "street", "house_number", "postcode", "city", "country_code", "updated_at"]
_RULE = "a person said that this address is always here"
"""As sql/queries/geocode_review.sql finds it again (mark_corrected)."""

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

    Args:
        advance: told how many accounts are done.

    Returns:
        Accounts by geocode_level, all of them.
    """
    statements = queries("geocode")
    with connect(Role.WRITER) as connection:
        reference_id = _settle_reference(connection)
        if statements.count_open(connection):
            matcher = Matcher(load_reference(connection))
            with _collected_by_chunk(_chunks(connection)) as chunks:
                _place(connection, matcher, reference_id, chunks, advance)
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


def geocode_account(account_id: int) -> None:
    """Places one account now, as `geocode_accounts` would; one that has a position already keeps it.

    Args:
        account_id: the account.
    """
    with connect(Role.WRITER) as connection:
        reference_id = _settle_reference(connection)
        rows = list(queries("geocode").open_address(connection, account_id=account_id))
        if rows:
            _place(connection, _kept_matcher(connection), reference_id, iter([pd.DataFrame(rows, columns=_OPEN)]), lambda _: None)
        connection.rollback()


def locate(address: Mapping[str, str | None]) -> dict[str, Any]:
    """Where an address is, by what persons said of it and by the reference; no provider is asked, and nothing is stored.

    Args:
        address: street, house_number, postcode, city, country_code; any may be missing.

    Returns:
        As a row of `gcrm.ingest.geocoding.match.Matcher.match`.
    """
    with connect(Role.WRITER) as connection:
        found = _known(_kept_matcher(connection), pd.DataFrame([address], dtype="object"), _corrections(connection))
    return {str(name): values.iloc[0] for name, values in found.items()}


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


def _place(connection: Connection, matcher: Matcher, reference_id: int, chunks: Iterator[pd.DataFrame], advance: Advance) -> None:
    """Places the accounts of chunks: PostgreSQL writes one chunk while the next is matched."""
    corrections = _corrections(connection)
    with ThreadPoolExecutor(1) as writer:
        _match_and_store(chunks, lambda chunk: _answers(connection, matcher, chunk, corrections), _Store(reference_id, writer), advance)


def _match_and_store(chunks: Iterator[pd.DataFrame], match: Callable[[pd.DataFrame], pd.DataFrame], store: "_Store", advance: Advance) -> None:
    """Matches a chunk while the one before it is written."""
    pending: list[Future[int]] = []
    for chunk in chunks:
        answers = match(chunk)
        for done in pending:
            advance(done.result())
        pending = [store(answers)]
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


def load_reference(connection: Connection) -> Reference:
    """The reference as the layers in the database are now.

    Args:
        connection: a connection of the writer or the reader.
    """
    statements = queries("geocode")
    names = ("reference_points", "reference_streets", "reference_areas")
    points, streets, areas = (read_frame_by_copy(connection, getattr(statements, name).sql) for name in names)
    return Reference(points, streets, areas, dictionary(settings().dictionaries))


def _corrections(connection: Connection) -> pd.DataFrame:
    frame = pd.DataFrame(queries("geocode").corrections(connection), columns=["address_key", "longitude", "latitude"])
    return frame.astype({"address_key": "str", "longitude": "float64", "latitude": "float64"}).set_index("address_key")


def _chunks(connection: Connection) -> Iterator[pd.DataFrame]:
    query = queries("geocode").open_addresses.sql
    after = 0
    while len(chunk := read_frame_by_copy(connection, query, {"after": after, "most": _CHUNK_ROWS})):
        after = int(chunk["account_id"].iloc[-1])
        yield chunk


def _answers(connection: Connection, matcher: Matcher, chunk: pd.DataFrame, corrections: pd.DataFrame) -> pd.DataFrame:
    """What is found for a chunk: persons' corrections first, then the reference, then providers for the rest."""
    answers = pd.concat([chunk[["account_id", "updated_at"]], _known(matcher, chunk, corrections)], axis=1)
    answers = ask_providers(connection, chunk, answers)
    return answers.assign(cell=index_points(answers["longitude"], answers["latitude"]))


def _known(matcher: Matcher, addresses: pd.DataFrame, corrections: pd.DataFrame) -> pd.DataFrame:
    """What is known of addresses without asking anybody: persons' corrections first, then the reference; columns as of `Matcher.match`."""
    answers = matcher.match(addresses)
    said = answers["address_key"].isin(corrections.index)
    if said.any():
        where = corrections.loc[answers.loc[said, "address_key"], ["longitude", "latitude"]]
        answers.loc[said, ["longitude", "latitude"]] = where.to_numpy()
        answers.loc[said, ["geocode_level", "geocode_reason"]] = ["confirmed", _RULE]
        answers.loc[said, ["geocode_score", "accepted"]] = [1.0, True]
        answers.loc[said, "geocode_margin"] = float("nan")
    return answers


class _Store:
    """Writes the answers of a chunk in one transaction, in a thread of its own."""

    def __init__(self, reference_id: int, writer: ThreadPoolExecutor) -> None:
        self._reference_id = reference_id
        self._writer = writer

    def __call__(self, answers: pd.DataFrame) -> Future[int]:
        return self._writer.submit(self._write, answers)

    def _write(self, answers: pd.DataFrame) -> int:
        statements = queries("geocode")
        review = answers.loc[~answers["accepted"].astype(bool), ["account_id", "address_key", "candidates"]]
        span = {"first": int(answers["account_id"].min()), "last": int(answers["account_id"].max())}
        with connect(Role.WRITER) as connection:
            queries("imports").derive(connection)
            statements.create_answers_stage(connection)
            copy_frame(connection, "staged_answers", answers[_STORED])
            copy_frame(connection, "staged_reviews", review.assign(candidates=[json.dumps(each or []) for each in review["candidates"]]))
            statements.store_answers(connection, reference_id=self._reference_id, **span)
            statements.close_reviews(connection, **span)
            statements.open_reviews(connection, **span)
        return len(answers)


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
