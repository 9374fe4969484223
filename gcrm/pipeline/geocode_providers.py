"""What the reference does not know is asked of providers, once: their answers and failures are kept as long as their rules allow."""

from collections.abc import Hashable
from typing import Any

import pandas as pd
import psycopg

from gcrm.config import settings
from gcrm.db.queries import queries
from gcrm.ingest.geocoding.match import clean_fields
from gcrm.ingest.geocoding.providers import Geocoder, ProviderAnswer, parse_geocoders

_UNKNOWN = ("none", "place", "postcode")
_UNMEASURED = 0.5
"""The score of a provider's answer: nobody has measured it here."""

_RANK = {"rooftop": 0, "interpolated": 1, "street": 2, "postcode": 3, "place": 4, "none": 5}


def ask_providers(connection: psycopg.Connection[Any], addresses: pd.DataFrame, answers: pd.DataFrame) -> pd.DataFrame:
    """Better answers for those addresses that are not known to a street, where providers are set.

    Args:
        connection: a connection of the writer; committed after each question, so that none is asked twice.
        addresses: street, house_number, postcode, city, country_code.
        answers: on the same index, as `Matcher.match` gives them.

    Returns:
        The answers; those of a provider wait for a person, since their reliability is not known here.
    """
    providers = parse_geocoders(settings().geocoders)
    if not providers:
        return answers
    queries("geocode_answers").forget_expired(connection)
    fields = clean_fields(addresses).set_axis(addresses.index)
    residue = ~answers["accepted"].astype(bool) & answers["geocode_level"].isin(_UNKNOWN) & (fields["street"].str.len() > 0)
    better = {}
    for row, key, level, address in zip(
        answers.index[residue], answers.loc[residue, "address_key"], answers.loc[residue, "geocode_level"], fields[residue].to_dict("records"), strict=True
    ):
        for provider in providers:
            found = _asked(connection, provider, str(key), {str(name): str(value) for name, value in address.items()})
            if _RANK[found.level] < _RANK[level]:
                better[row] = (provider.name, found)
                break
    return _bettered(answers, better)


def _bettered(answers: pd.DataFrame, better: dict[Hashable, tuple[str, ProviderAnswer]]) -> pd.DataFrame:
    """The answers with those of providers in place of what they better; each is the first candidate of its review."""
    if not better:
        return answers
    told = pd.DataFrame(
        [(found.longitude, found.latitude, found.level, _UNMEASURED, f"from {name}") for name, found in better.values()],
        index=pd.Index(list(better)), columns=["longitude", "latitude", "geocode_level", "geocode_score", "geocode_reason"],
    )  # fmt: skip
    answers = answers.copy()
    answers.loc[told.index, told.columns] = told
    first = {
        row: {"label": found.label or name, "level": found.level, "worth": _UNMEASURED, "longitude": found.longitude, "latitude": found.latitude}
        for row, (name, found) in better.items()
    }
    candidates = [[first[row], *(known or [])] if row in first else known for row, known in answers["candidates"].items()]
    return answers.assign(candidates=pd.Series(candidates, index=answers.index, dtype=object))


def _asked(connection: psycopg.Connection[Any], provider: Geocoder, key: str, address: dict[str, str]) -> ProviderAnswer:
    """The answer that is kept, or else a new one."""
    statements = queries("geocode_answers")
    kept = statements.kept(connection, provider=provider.name, address_key=key)
    if kept is not None:
        return ProviderAnswer(*kept)
    found = provider.geocode(address)
    statements.keep(
        connection, provider=provider.name, address_key=key, longitude=found.longitude, latitude=found.latitude, level=found.level, label=found.label,
        failure=found.failure, days=provider.retention_days,
    )  # fmt: skip
    connection.commit()
    return found
