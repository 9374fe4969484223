"""What becomes of an account that somebody types in: its clean form, its place, and whom it looks like."""

from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

from gcrm.access.scope import Scope
from gcrm.custom_fields import object_type
from gcrm.pipeline.duplicates import Possible, possible_duplicates_of
from gcrm.pipeline.entry import Checked, check
from gcrm.pipeline.geocoding import locate

_ADDRESS = ("street", "house_number", "postcode", "city", "country_code")


@dataclass(frozen=True)
class Located:
    """Where an address is.

    Attributes:
        level: how it is found; see `gcrm.pipeline.quality.PLACEMENTS`.
        sure: whether no person has to look at it.
        longitude: degrees, EPSG:4326; None where it is not found.
        latitude: degrees.
        reason: why; empty where the position is given.
    """

    level: str
    sure: bool
    longitude: float | None
    latitude: float | None
    reason: str


@dataclass(frozen=True)
class NewAccount:
    """An account before it is stored: `checked` as it would be, `place` (None without an address), and the accounts that it may be (`likely`)."""

    checked: Checked
    place: Located | None
    likely: list[Possible]


def new_account(texts: Mapping[str, str], scope: Scope) -> NewAccount:
    """What an account would be stored as; nothing is stored.

    Args:
        texts: of `gcrm.pipeline.entry.FIELDS` and of the custom fields of accounts what was typed.
        scope: who is typing; accounts outside are not shown.

    Raises:
        DatabaseError: the database cannot be reached.
        FieldError: the settings file of the custom fields is wrong.
    """
    checked = check(texts, object_type("accounts"))
    if checked.refused:
        return NewAccount(checked, None, [])
    return NewAccount(checked, _place(checked), possible_duplicates_of(checked.record, scope))


def _place(checked: Checked) -> Located | None:
    record = checked.record
    if record["longitude"] is not None and record["latitude"] is not None:
        return Located("given", sure=True, longitude=float(record["longitude"]), latitude=float(record["latitude"]), reason="")
    if not any(record[name] for name in ("street", "postcode", "city")):
        return None
    found = locate({name: record[name] for name in _ADDRESS})
    nowhere = pd.isna(found["longitude"])
    longitude, latitude = (None if nowhere else float(found[axis]) for axis in ("longitude", "latitude"))
    return Located(found["geocode_level"], bool(found["accepted"]), longitude, latitude, found["geocode_reason"])
