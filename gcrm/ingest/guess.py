"""A guess which column feeds which field, from headers and values, each with its confidence and its reasons in words."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy.optimize import linear_sum_assignment

from gcrm.frames import CONTACTS, Field, Kind, ObjectType
from gcrm.ingest import profile
from gcrm.ingest.clean.moments import date_order
from gcrm.ingest.clean.numbers import decimal_mark
from gcrm.ingest.clean.text import tidy
from gcrm.ingest.field_source import FieldSource
from gcrm.ingest.headers import HeaderMatch, is_other, is_telling, matches
from gcrm.ingest.mapping import POSITION, FileMapping
from gcrm.ingest.profile import Profile, fit

_AS_LIKELY_AS_NOT = 0.5
"""Below this a guess is rather wrong than right; it is ranked, and not used."""
_HEADER_ALONE = 0.4
"""What is left of a header's word where every value speaks against it: less than `_AS_LIKELY_AS_NOT`."""
_UNKNOWN_HEADER = 0.7
"""What values count under a header that says something else in words nobody here knows: most such columns are no field of ours."""
_MOST_COLUMNS = 1_000
"""Columns that are looked at; what stands farther right has to be given by hand."""
_HALF = 0.5
_NEAR = 3
"""Columns to either side among which the parts of an address stand."""
_FEW = 20
"""Values: a column of more that knows fewer different ones is rather a list of kinds."""
_TIE = 1e-4
"""Settles equal confidences: the field's own name first, then the column farther left."""


class Candidate(NamedTuple):
    """A field that a column may feed: its name, the confidence (0 to 1), and what speaks for it."""

    field: str
    confidence: float
    evidence: str


@dataclass(frozen=True)
class _Place:
    """Where a column stands: whether it is the first, and whether a column that looks like a street or a postcode is near."""

    first: bool
    near_address: bool


def profiles(sample: pd.DataFrame) -> dict[str, Profile]:
    """What the values of each column are like. No object changes it: who asks what a file may hold looks once, and guesses for each.

    Args:
        sample: records as text.
    """
    return profile.profiles(sample[[column for column in list(sample.columns)[:_MOST_COLUMNS] if not is_other(column)]])


def rank(object_type: ObjectType, columns: Iterable[str], seen: Mapping[str, Profile] | None = None) -> dict[str, list[Candidate]]:
    """The fields that each column may feed, the likeliest first.

    A header's word is weighed with the share of values that fit it: confidence = header * (0.4 + 0.6 * fit). A column whose header is
    no name of a field is judged by its values alone; they count in full only where the header says nothing, as in a file without one.

    Args:
        object_type: what the file feeds.
        columns: the headers of the file.
        seen: what their values are like, from `profiles`; headers alone decide if left out.

    Returns:
        Column to candidates, which may be none.
    """
    headers = list(columns)[:_MOST_COLUMNS]
    seen = {column: seen[column] for column in headers if column in seen} if seen is not None else {}
    anchor = "street" if any(each.shares.get("street", 0.0) > _HALF for each in seen.values()) else "sized_postcode"
    found: dict[str, list[Candidate]] = {}
    for place, column in enumerate(headers):
        around = [seen[each].shares for each in headers[max(place - _NEAR, 0) : place + _NEAR + 1] if each in seen and each != column]
        near_address = any(shares.get(anchor, 0.0) > _HALF for shares in around)
        here = _Place(first=place == 0, near_address=near_address)
        found[column] = [] if is_other(column) else _candidates(object_type, column, seen.get(column), here)
    return found


def _candidates(object_type: ObjectType, column: str, seen: Profile | None, here: _Place) -> list[Candidate]:
    named = matches(object_type, column)
    candidates = []
    for field in (*object_type.fields, *_packed(object_type)):
        match = named.get(field.name)
        own_key = object_type.key == (field.name,)
        if match:
            candidate = _by_header(field, match, seen, own_key=own_key)
        elif seen is not None and seen.given and not (named and is_telling(column)):
            candidate = _by_values(field, seen, telling=is_telling(column), own_key=own_key and here.first)
            if field.name == "city" and not here.near_address:
                candidate = candidate._replace(confidence=candidate.confidence * _HALF)
        else:
            continue
        if candidate.confidence > 0:
            candidates.append(candidate)
    return sorted(candidates, key=lambda each: -each.confidence)


def _packed(object_type: ObjectType) -> tuple[Field, ...]:
    return (Field(POSITION, Kind.TEXT, "Both coordinates in one column."),) if "longitude" in object_type.field_names else ()


def _by_header(field: Field, match: HeaderMatch, seen: Profile | None, *, own_key: bool) -> Candidate:
    said = f"the header is {match.name!r}" if match.score == 1 else f"the header is like {match.name!r}"
    if field.name == POSITION:
        share = seen.shares.get("position", 0.0) if seen else 0.0
        return Candidate(field.name, match.score * share, f"{said}, {share:.0%} of the values are positions")
    if seen is None:
        return Candidate(field.name, match.score, said)
    fits, words = fit(field, seen, own_key=own_key)
    confidence = match.score * (_HEADER_ALONE + (1 - _HEADER_ALONE) * fits)
    if field.required and field.default is None and match.score == 1:
        # Without it nothing goes in at all; with it each bad value is told.
        confidence = max(confidence, _AS_LIKELY_AS_NOT)
    return Candidate(field.name, confidence, f"{said}; {words}")


_BY_KIND: Mapping[Kind, tuple[str, float]] = {
    Kind.MAIL: ("mail", 0.9),
    Kind.WEBSITE: ("website", 0.85),
    Kind.GEOMETRY: ("boundary", 0.85),
    Kind.CURRENCY: ("currency", 0.8),
    Kind.PHONE: ("phone", 0.75),
    Kind.COUNTRY: ("country", 0.75),
    Kind.TIME: ("date", 0.65),
    Kind.DATE: ("date", 0.6),
    Kind.POSTCODE: ("sized_postcode", 0.55),
    Kind.MONEY: ("cents", 0.55),
}
"""Which share of the values speaks for a field of a kind, and how much it is worth alone: much where hardly anything else looks like
it (a mail address), little where many things do (an amount)."""
_BY_NAME: Mapping[str, tuple[str, float]] = {
    POSITION: ("position", 0.85),
    "street": ("street", 0.7),
    "house_number": ("house_number", 0.45),
    "city": ("place", 0.55),
}


def _by_values(field: Field, seen: Profile, *, telling: bool, own_key: bool) -> Candidate:
    share, worth = _values_say(field, seen, own_key=own_key)
    worth *= _UNKNOWN_HEADER if telling else 1.0
    return Candidate(field.name, share * worth, f"{share:.0%} of the values look like it")


def _values_say(field: Field, seen: Profile, *, own_key: bool) -> tuple[float, float]:
    """The share of values that look like the field, and what that is worth."""
    shares = seen.shares
    if own_key:
        return seen.unique * seen.filled * float(shares["fraction"] < _HALF), 0.6
    if field.kind in {Kind.LONGITUDE, Kind.LATITUDE}:
        limit = 180 if field.kind is Kind.LONGITUDE else 90
        inside = -limit <= seen.low and seen.high <= limit
        far = max(abs(seen.low), abs(seen.high)) > 90  # noqa: PLR2004 - no latitude
        return shares["fraction"] * float(inside), 0.7 if far else 0.55
    if field.kind is Kind.NAME and field.name == "name":
        return (min(shares["legal_form"] * 2, 1.0), 0.7) if shares["legal_form"] > _HALF / 2 else (shares["person"], 0.55)
    name, worth = _BY_NAME.get(field.name) or _BY_KIND.get(field.kind, ("", 0.0))
    if not name:
        return 0.0, 0.0
    share = shares[name]
    if name == "place":  # names of people, countries and kinds are made of letters, too; places are many, and come again
        share -= max(shares["person"] if shares["person"] > _HALF else 0.0, shares["country"], shares["legal_form"], shares["flag"])
        share *= min(1.0, seen.distinct / _FEW) * float(seen.unique < 0.9) if seen.given > _FEW else 1.0  # noqa: PLR2004 - nearly all different
    if name == "sized_postcode":
        share -= max(shares["date"], shares["phone"], shares["fraction"])
        share *= min(1.0, seen.distinct / _FEW) if seen.given > _FEW else 1.0
    return max(share, 0.0), worth


def guess(object_type: ObjectType, columns: Iterable[str], seen: Mapping[str, Profile] | None = None) -> dict[str, tuple[FieldSource, float]]:
    """The likely column of each field: each column is used once, so that the sum of confidences is the greatest (Kuhn-Munkres).

    Only what is at least as likely as not is used (0.5). An account's name is put together from given and family name where no
    column has it whole.

    Args:
        object_type: what the file feeds.
        columns: the headers of the file.
        seen: what their values are like, from `profiles`; headers alone decide if left out.

    Returns:
        Field to (source, confidence 0 to 1).
    """
    headers = list(columns)[:_MOST_COLUMNS]
    ranked = rank(object_type, headers, seen)
    names = [*object_type.field_names, POSITION]
    worth = np.zeros((len(names), len(headers)))
    for place, column in enumerate(headers):
        for candidate in ranked[column]:
            match = matches(object_type, column).get(candidate.field)
            if candidate.confidence >= _AS_LIKELY_AS_NOT:
                tie = _TIE * ((match.own if match else 0) - place / len(headers) / 2)
                worth[names.index(candidate.field), place] = candidate.confidence + tie
    found: dict[str, tuple[FieldSource, float]] = {}
    for row, place in zip(*linear_sum_assignment(worth, maximize=True), strict=True):
        if worth[row, place] > 0:
            confidence = next(each.confidence for each in ranked[headers[place]] if each.field == names[row])
            found[names[row]] = (FieldSource(column=headers[place]), confidence)
    return _made_whole(object_type, found, headers, seen)


def _made_whole(
    object_type: ObjectType, found: dict[str, tuple[FieldSource, float]], headers: list[str], seen: Mapping[str, Profile] | None
) -> dict[str, tuple[FieldSource, float]]:
    """A guess without what says the same twice, and with a person's name put together."""
    if POSITION in found and {"longitude", "latitude"} <= set(found):
        found.pop(POSITION)
    if POSITION in found:
        found = {name: source for name, source in found.items() if name not in {"longitude", "latitude"}}
    if object_type.name == "accounts" and "name" not in found:
        used = {source.column for source, _ in found.values()}
        parts = guess(CONTACTS, [column for column in headers if column not in used and is_telling(column)], seen)
        given, family = parts.get("given_name"), parts.get("family_name")
        if given and family:
            found["name"] = (FieldSource(template=f"{{{given[0].column}}} {{{family[0].column}}}"), min(given[1], family[1]))
    order = [*object_type.field_names, POSITION]
    return dict(sorted(found.items(), key=lambda item: order.index(item[0])))


def settle(mapping: FileMapping, object_type: ObjectType, chunks: Iterable[pd.DataFrame]) -> FileMapping:
    """The mapping with what the columns prove: the order of day and month, and the decimal mark.

    A chunk alone may prove nothing, or look at the few records of a quarantine; what is settled here holds for all of the file, and is
    kept with the mapping. What chunks prove differently stays open.

    Args:
        mapping: the mapping of one object; options that it has already stay.
        object_type: what the file feeds.
        chunks: raw records, the first ones or all of them.

    Returns:
        The same mapping with more options.
    """
    proofs: dict[str, set[tuple[str, str]]] = {}
    for chunk in chunks:
        for name, source in mapping.fields.items():
            if set(source.columns) <= set(chunk.columns) and (proof := _proof(object_type, name, source, source.resolve(chunk))):
                proofs.setdefault(name, set()).add(proof)
    settled = {name: next(iter(found)) for name, found in proofs.items() if len(found) == 1}
    return mapping.model_copy(update={"fields": {name: _with(source, settled.get(name)) for name, source in mapping.fields.items()}})


def _with(source: FieldSource, option: tuple[str, str] | None) -> FieldSource:
    return source.model_copy(update={option[0]: option[1]}) if option else source


def _proof(object_type: ObjectType, name: str, source: FieldSource, values: pd.Series) -> tuple[str, str] | None:
    """An option of a field that its values prove, and its value."""
    kind = object_type.field(name).kind if name in object_type.field_names else None
    given = tidy(values)
    if kind in {Kind.DATE, Kind.TIME} and source.format is None:
        order = date_order(given)
        return ("format", order) if order else None
    if kind in {Kind.NUMBER, Kind.MONEY} and source.decimal is None:
        mark = decimal_mark(given)
        return ("decimal", mark) if mark else None
    return None
