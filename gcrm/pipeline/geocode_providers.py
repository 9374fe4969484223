"""What the reference does not know is asked of providers, once: their answers and failures are kept as long as their rules allow."""

from typing import Any

import pandas as pd
import psycopg

from gcrm.config import settings
from gcrm.db.queries import queries
from gcrm.ingest.geocoding.match import FIELDS, clean_fields
from gcrm.ingest.geocoding.providers import Geocoder, ProviderAnswer, parse_geocoders

_UNKNOWN = ("none", "place", "postcode")
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
    residue = answers.index[~answers["accepted"].astype(bool) & answers["geocode_level"].isin(_UNKNOWN) & (fields["street"].str.len() > 0)]
    answers = answers.copy()
    for row in residue:
        address = {name: str(fields.at[row, name]) for name in FIELDS}
        for provider in providers:
            found = _asked(connection, provider, str(answers.at[row, "address_key"]), address)
            if _RANK[found.level] < _RANK[str(answers.at[row, "geocode_level"])]:
                candidate = {
                    "label": found.label or provider.name,
                    "level": found.level,
                    "worth": 0.5,
                    "longitude": found.longitude,
                    "latitude": found.latitude,
                }
                answers.at[row, "candidates"] = [candidate, *(answers.at[row, "candidates"] or [])]
                answers.loc[row, ["longitude", "latitude"]] = [found.longitude, found.latitude]
                answers.loc[row, ["geocode_level", "geocode_reason"]] = [found.level, f"from {provider.name}"]
                answers.loc[row, "geocode_score"] = 0.5
                break
    return answers


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
