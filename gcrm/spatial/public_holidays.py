"""Public holidays of a country or a part of it (vacanza's holidays)."""

import datetime as dt
from collections.abc import Iterable
from functools import cache
from importlib.resources import files

import holidays

from gcrm.errors import LayerError


def public_holidays(region: str, years: Iterable[int]) -> dict[dt.date, str]:
    """Name of each public holiday, in a language of the place.

    Args:
        region: ISO 3166 code of a country (CH) or of a part of it (CH-ZH).
        years: calendar years.

    Raises:
        LayerError: the library does not know the region.
    """
    country, _, part = region.partition("-")
    try:
        found = holidays.country_holidays(country, subdiv=part or None, years=list(years))
    except NotImplementedError as error:
        raise LayerError(f"No holidays are known of {region!r}; name a country or a part of it with its ISO 3166 code, such as CH or CH-ZH.") from error
    return {day: str(name) for day, name in found.items()}


@cache
def country_of(zone: str) -> str | None:
    """ISO 3166 code of the country of a time zone (zone.tab of the tz database); None at sea.

    Args:
        zone: IANA name.
    """
    table = files("tzdata").joinpath("zoneinfo", "zone.tab").read_text(encoding="utf-8")
    rows = [line.split("\t") for line in table.splitlines() if not line.startswith("#")]
    return {row[2]: row[0] for row in rows}.get(zone)
