"""Lists of contacts for a purpose: only those who may be contacted leave, with no more than the channel needs."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pandas as pd

from gcrm.access.scope import Scope
from gcrm.crm.consent import channel_named
from gcrm.db.connection import scoped
from gcrm.db.load import read_frame
from gcrm.db.queries import queries
from gcrm.pipeline.consent import may_contact_each
from gcrm.pipeline.exports import AccountFilter, filter_parameters, write_frame

_ADDRESS = ["street", "house_number", "postcode", "city", "country_code"]
_REACHED_BY = {"mail": ["email"], "phone": ["phone"], "sms": ["phone"], "post": _ADDRESS}
_NEEDED = {"mail": "email", "phone": "phone", "sms": "phone", "post": "city"}
_LACKING = {"email": "no mail address", "phone": "no telephone number", "city": "no address"}


@dataclass(frozen=True)
class Written:
    """What a list holds, and what it does not.

    Attributes:
        contacts: how many were written.
        left_out: reason to how many were left out for it, the most frequent first.
    """

    contacts: int
    left_out: Mapping[str, int]


def export_contacts(target: Path, wanted: AccountFilter, purpose: str, channel: str, scope: Scope) -> Written:
    """Writes the contacts who may be contacted now for a purpose by a channel, with what they are reached by on it and nothing else.

    Args:
        target: .csv, .xlsx or .parquet; written beside and renamed, so that it is whole or not there.
        wanted: of which accounts.
        purpose: what for, such as marketing.
        channel: mail, phone, post or another one.
        scope: who asks; only contacts of its territories are written.

    Raises:
        ConsentError: purpose or channel is empty, or the channel is `any`.
        ExportError: the format is not one of these, or the target cannot be written.
        AreaError, ReadError, MappingError: the area cannot be used.
        FieldError: there is no such custom field, or its value does not fit.
    """
    with scoped(scope) as connection:
        frame = read_frame(connection, queries("consent").listed.sql, filter_parameters(wanted))
    kept, left_out = permitted(frame, purpose, channel, scope)
    return Written(write_frame(needed_columns(kept, channel), target), left_out)


def permitted(frame: pd.DataFrame, purpose: str, channel: str, scope: Scope) -> tuple[pd.DataFrame, Mapping[str, int]]:
    """Who of a list may be contacted now, and can be.

    Args:
        frame: contact_id, and email, phone and the columns of an address.
        purpose: what for.
        channel: by which channel, one.
        scope: who asks.

    Returns:
        Their rows, and reason to how many others were left out for it, the most frequent first.

    Raises:
        ConsentError: purpose or channel is empty, or the channel is `any`.
    """
    decisions = may_contact_each(frame["contact_id"].tolist(), purpose, channel, datetime.now(UTC), scope)
    needed = _NEEDED.get(channel_named(channel))
    reasons = frame["contact_id"].map({contact: None if decision.allowed else str(decision.why) for contact, decision in decisions.items()})
    if needed:
        reasons = reasons.mask(reasons.isna() & frame[needed].isna(), _LACKING[needed])
    kept = frame[frame["contact_id"].isin(decisions) & reasons.isna()]
    return kept, dict(Counter(reasons.dropna()).most_common())


def needed_columns(frame: pd.DataFrame, channel: str) -> pd.DataFrame:
    """A list without the key of the database, and without the ways to reach somebody that the channel does not take.

    Args:
        frame: contact_id, and email, phone and the columns of an address.
        channel: by which they are reached.
    """
    others = {"contact_id", "email", "phone", *_ADDRESS} - set(_REACHED_BY.get(channel_named(channel), []))
    return frame.drop(columns=sorted(others))
