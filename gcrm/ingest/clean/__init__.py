"""Cleaning in small steps, one file a step: text of any kind becomes typed values and a list of what could not.

A step takes a Series of text ("" for nothing) and gives a `Cleaned`. Which step cleans a field follows from its
`Kind`; a new step is a new file and a line in `STEPS`.
"""

from collections.abc import Callable, Mapping
from types import MappingProxyType

import pandas as pd

from gcrm.contracts import schema
from gcrm.frames import Kind, ObjectType
from gcrm.ingest.clean import codes, geometry, moments, numbers, text
from gcrm.ingest.clean.result import Cleaned
from gcrm.ingest.clean.rules import broken_rules
from gcrm.ingest.mapping import POSITION, FileMapping

Step = Callable[[pd.Series, str | None], Cleaned]

STEPS: Mapping[Kind, Step] = MappingProxyType(
    {
        Kind.TEXT: text.clean,
        Kind.NAME: text.clean,
        Kind.KEY: text.clean,
        Kind.POSTCODE: text.clean,
        Kind.PHONE: text.clean,
        Kind.MAIL: text.clean,
        Kind.TAX_NUMBER: text.clean,
        Kind.CODE: codes.code,
        Kind.CURRENCY: codes.currency,
        Kind.COUNTRY: codes.country,
        Kind.FLAG: codes.flag,
        Kind.NUMBER: numbers.number,
        Kind.LONGITUDE: numbers.number,
        Kind.LATITUDE: numbers.number,
        Kind.MONEY: numbers.money,
        Kind.TIME: moments.time,
        Kind.DATE: moments.date,
        Kind.GEOMETRY: geometry.boundary,
    }
)
"""The step of each kind of field."""


def clean(raw: pd.DataFrame, object_type: ObjectType, mapping: FileMapping) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Clean records, and what is wrong with the rest.

    Args:
        raw: fields as text, one row per record, index `row_number` (see `FileMapping.apply`).
        object_type: what the records are.
        mapping: names the formats of times and packed positions.

    Returns:
        The clean records, which fit `gcrm.contracts.schema(object_type)`, and the problems: one row per refused
        record, index `row_number`, columns field, value, reason; the first problem of a record in the order of its fields.
    """
    if POSITION in raw:
        raw = geometry.unpack_position(raw, mapping.fields[POSITION].format)
    values: dict[str, pd.Series] = {}
    problems: list[pd.DataFrame] = []
    for order, field in enumerate(object_type.fields):
        source = mapping.fields.get(field.name)
        cleaned = STEPS[field.kind](raw[field.name], source.format if source else None)
        values[field.name] = cleaned.clean
        bad = cleaned.reasons.dropna()
        problems.append(pd.DataFrame({"order": order, "field": field.name, "value": raw.loc[bad.index, field.name], "reason": bad}))
    if POSITION in raw:
        unpacked = raw[geometry.POSITION_PROBLEM].dropna()
        problems.append(pd.DataFrame({"order": -1, "field": POSITION, "value": raw.loc[unpacked.index, POSITION], "reason": unpacked}))
    frame = pd.DataFrame(values, index=raw.index)
    problems.append(broken_rules(frame, raw, object_type))
    found = pd.concat([each for each in problems if len(each)] or problems[:1]).sort_values("order", kind="stable")
    found = found[~found.index.duplicated()].drop(columns="order")
    return schema(object_type).validate(frame.drop(index=found.index)), found
