"""Placing a chunk of accounts: their answers are found, by persons first, then by the reference, then by providers, and are written."""

import json

import pandas as pd
import psycopg
from psycopg.rows import TupleRow

from gcrm.db.connection import Role, connect
from gcrm.db.load import copy_frame
from gcrm.db.queries import queries
from gcrm.ingest.geocoding.match import Matcher
from gcrm.pipeline.geocode_providers import ask_providers
from gcrm.spatial.cells import index_points

_STORED = ["account_id", "updated_at", "longitude", "latitude", "cell", "geocode_level", "geocode_score", "geocode_margin", "geocode_reason"]
_RULE = "a person said that this address is always here"
"""As sql/queries/geocode_review.sql finds it again (mark_corrected)."""


class Placer:
    """Finds and writes the positions of accounts.

    Args:
        connection: a connection of the writer; it is asked for corrections, and keeps the answers of providers.
        matcher: on the reference.
    """

    def __init__(self, connection: psycopg.Connection[TupleRow], matcher: Matcher) -> None:
        self._connection = connection
        self._matcher = matcher
        said = pd.DataFrame(queries("geocode").corrections(connection), columns=["address_key", "longitude", "latitude"])
        self._corrections = said.astype({"address_key": "str", "longitude": "float64", "latitude": "float64"}).set_index("address_key")

    def known(self, addresses: pd.DataFrame) -> pd.DataFrame:
        """What is known of addresses without asking anybody: persons' corrections first, then the reference.

        Args:
            addresses: street, house_number, postcode, city, country_code; any may be missing.

        Returns:
            As `Matcher.match`.
        """
        answers = self._matcher.match(addresses)
        said = answers["address_key"].isin(self._corrections.index)
        if said.any():
            where = self._corrections.loc[answers.loc[said, "address_key"], ["longitude", "latitude"]]
            answers.loc[said, ["longitude", "latitude"]] = where.to_numpy()
            answers.loc[said, ["geocode_level", "geocode_reason"]] = ["confirmed", _RULE]
            answers.loc[said, ["geocode_score", "accepted"]] = [1.0, True]
            answers.loc[said, "geocode_margin"] = float("nan")
        return answers

    def answers(self, chunk: pd.DataFrame) -> pd.DataFrame:
        """What is found for a chunk: what is known, then what providers say of the rest.

        Args:
            chunk: account_id, updated_at and the columns of an address.

        Returns:
            As `Matcher.match`, with account_id, updated_at and the cell (H3 level 10).
        """
        answers = pd.concat([chunk[["account_id", "updated_at"]], self.known(chunk)], axis=1)
        answers = ask_providers(self._connection, chunk, answers)
        return answers.assign(cell=index_points(answers["longitude"], answers["latitude"]))


def write_answers(answers: pd.DataFrame, reference_id: int) -> int:
    """Writes the answers of a chunk in one transaction; an account that has changed meanwhile is left to the next run.

    Args:
        answers: as `Placer.answers` gives them.
        reference_id: the reference they were found with.

    Returns:
        How many there are.
    """
    statements = queries("geocode")
    review = answers.loc[~answers["accepted"].astype(bool), ["account_id", "address_key", "candidates"]]
    span = {"first": int(answers["account_id"].min()), "last": int(answers["account_id"].max())}
    with connect(Role.WRITER) as connection:
        queries("imports").derive(connection)
        statements.create_answers_stage(connection)
        copy_frame(connection, "staged_answers", answers[_STORED])
        copy_frame(connection, "staged_reviews", review.assign(candidates=[json.dumps(each or []) for each in review["candidates"]]))
        statements.store_answers(connection, reference_id=reference_id, **span)
        statements.close_reviews(connection, **span)
        statements.open_reviews(connection, **span)
    return len(answers)
