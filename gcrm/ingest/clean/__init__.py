"""Cleaning in small steps, one file a step: text of any kind becomes typed values, and lists of what could not and what is in doubt.

A step takes a Series of text ("" for nothing) and a `Context`, and gives a `Cleaned`. Which step cleans a field follows from its
`Kind`; a new step is a new file and a line in `STEPS`. Whether a value that could not be cleaned refuses its record or only
warns, is the field's `severity`.
"""

from collections.abc import Mapping
from types import MappingProxyType

import pandas as pd

from gcrm.contracts import schema
from gcrm.frames import Field, Kind, ObjectType, Severity
from gcrm.ingest.clean import codes, country, geometry, mail, moments, money, names, numbers, phone, place, postcode, tax_number, text, website
from gcrm.ingest.clean.frame import CleanFrame, Findings, given_texts
from gcrm.ingest.clean.result import Cleaned, Context, Step
from gcrm.ingest.clean.rules import broken_rules
from gcrm.ingest.mapping import POSITION, FileMapping

__all__ = ["STEPS", "CleanFrame", "Cleaned", "Context", "clean"]

STEPS: Mapping[Kind, Step] = MappingProxyType(
    {
        Kind.TEXT: text.clean,
        Kind.NAME: names.clean,
        Kind.KEY: text.clean,
        Kind.POSTCODE: postcode.postcode,
        Kind.PHONE: phone.phone,
        Kind.MAIL: mail.mail,
        Kind.TAX_NUMBER: tax_number.tax_number,
        Kind.WEBSITE: website.website,
        Kind.CODE: codes.code,
        Kind.CHOICE: codes.choice,
        Kind.CURRENCY: money.currency,
        Kind.COUNTRY: country.country,
        Kind.FLAG: codes.flag,
        Kind.NUMBER: numbers.number,
        Kind.LONGITUDE: place.longitude,
        Kind.LATITUDE: place.latitude,
        Kind.MONEY: money.money,
        Kind.TIME: moments.time,
        Kind.DATE: moments.date,
        Kind.GEOMETRY: geometry.boundary,
    }
)
"""The step of each kind of field."""


def clean(raw: pd.DataFrame, object_type: ObjectType, mapping: FileMapping) -> CleanFrame:
    """Clean records, what is wrong with the rest, and what is in doubt.

    Args:
        raw: fields as text, one row per record, index `row_number` (see `FileMapping.apply`).
        object_type: what the records are.
        mapping: names formats, units, currencies, default countries and packed positions.

    Returns:
        The clean records, which fit `gcrm.contracts.schema(object_type)`, the problems of the refused ones, the warnings, and the given texts.

    Raises:
        MappingError: the mapping names a format, unit, time zone or CRS that is none.
    """
    findings = Findings(object_type.field_names)
    prepared = _with_currency(raw, object_type, mapping)
    values: dict[str, pd.Series] = {}
    for field in sorted(object_type.fields, key=_before_others):
        cleaned = STEPS[field.kind](prepared[field.name], _context(field, object_type, mapping, values, raw.index))
        values[field.name] = cleaned.clean
        findings.add(field.name, raw[field.name], cleaned.reasons, warns=field.severity is Severity.WARN)
        if cleaned.notes is not None:
            findings.add(field.name, raw[field.name], cleaned.notes, warns=True)
    if "longitude" in values:
        place.settle(values, raw, mapping, findings)
    frame = pd.DataFrame({name: values[name] for name in object_type.field_names}, index=raw.index)
    told = raw.assign(longitude=frame["longitude"].astype("string"), latitude=frame["latitude"].astype("string")) if POSITION in raw else raw
    findings.add_all(broken_rules(frame, told, object_type))
    problems = findings.problems()
    records = schema(object_type).validate(frame.drop(index=problems.index))
    return CleanFrame(records, problems, findings.warnings(), given_texts(raw.loc[records.index], records, object_type, mapping))


def _before_others(field: Field) -> int:
    """Countries and currencies come first: other steps read them."""
    return 0 if field.kind in {Kind.COUNTRY, Kind.CURRENCY} else 1


def _only(kind: Kind, object_type: ObjectType) -> Field | None:
    return next((field for field in object_type.fields if field.kind is kind), None)


def _context(field: Field, object_type: ObjectType, mapping: FileMapping, values: Mapping[str, pd.Series], index: pd.Index) -> Context:
    """What the step of a field is told, besides the field's text."""
    source = mapping.fields.get(field.name)
    country_field, currency_field = _only(Kind.COUNTRY, object_type), _only(Kind.CURRENCY, object_type)
    countries = values.get(country_field.name) if country_field else None
    default = (source.country if source else None) or mapping.country
    if default is not None:
        countries = countries.fillna(default) if countries is not None else pd.Series(default, index=index, dtype="string")
    return Context(
        format=source.format if source else None,
        unit=source.unit if source else None,
        decimal=source.decimal if source else None,
        time_zone=source.time_zone if source else None,
        country=countries,
        currency=values.get(currency_field.name) if currency_field and field.kind is Kind.MONEY else None,
        codes=field.codes,
    )


def _with_currency(raw: pd.DataFrame, object_type: ObjectType, mapping: FileMapping) -> pd.DataFrame:
    """The records with the currency of their amounts, where no column says it: as the mapping has it, as it stands beside the amount, or the default."""
    currency = _only(Kind.CURRENCY, object_type)
    if currency is None:
        return raw
    values = raw[currency.name]
    source = mapping.fields.get(currency.name)
    if source is None:
        amounts = [field.name for field in object_type.fields if field.kind is Kind.MONEY]
        for name in amounts:
            fixed = mapping.fields[name].currency if name in mapping.fields else None
            beside = pd.Series(fixed, index=raw.index, dtype="string") if fixed else money.currencies(raw[name]).fillna("")
            values = values.where(values.str.strip() != "", beside)
    return raw.assign(**{currency.name: values.where(values.str.strip() != "", currency.default or "")})
