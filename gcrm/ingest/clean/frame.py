"""The outcome of cleaning a chunk of records: what is clean, what is wrong, what is in doubt, and what the file said."""

import json
from typing import NamedTuple

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from gcrm.frames import Kind, ObjectType
from gcrm.ingest.clean.result import as_arrow, found, has
from gcrm.ingest.mapping import GIVEN, POSITION, FileMapping


class CleanFrame(NamedTuple):
    """A cleaned chunk.

    Attributes:
        records: clean values, which fit `gcrm.contracts.schema`; index `row_number`.
        problems: one row per refused record: columns field, value, reason; index `row_number`; the first problem in the order of the fields.
        warnings: what is in doubt, of refused records too: columns field, value, reason; index `row_number`; a record may come more than once.
        raw: on the index of the records a JSON object, field to text as it stood in the file, of those fields whose clean form is
            another; missing where there is none.
    """

    records: pd.DataFrame
    problems: pd.DataFrame
    warnings: pd.DataFrame
    raw: pd.Series


class Findings:
    """Problems and warnings as they are found.

    Args:
        fields: the names of the fields, in the order in which problems count.
    """

    def __init__(self, fields: tuple[str, ...]) -> None:
        self._order = {POSITION: -1} | {name: order for order, name in enumerate(fields)}
        self._problems = [_none()]
        self._warnings = [_none()]

    def add(self, field: str, texts: pd.Series, reasons: pd.Series, *, warns: bool) -> None:
        """Takes note of a field's reasons.

        Args:
            field: its name.
            texts: what the file says, on the index of the reasons.
            reasons: text, missing where nothing is wrong.
            warns: whether these only warn.
        """
        bad = reasons.dropna()
        if len(bad):
            rows = pd.DataFrame({"order": self._order[field], "field": field, "value": texts.loc[bad.index], "reason": bad})
            (self._warnings if warns else self._problems).append(rows)

    def add_all(self, problems: pd.DataFrame) -> None:
        """Takes note of problems with their order, field, value and reason."""
        self._problems.append(problems)

    def problems(self) -> pd.DataFrame:
        """The first problem of each record in the order of its fields."""
        every = _sorted(self._problems)
        return every[~every.index.duplicated()]

    def warnings(self) -> pd.DataFrame:
        """All warnings, in the order of the fields."""
        return _sorted(self._warnings)


def _none() -> pd.DataFrame:
    return pd.DataFrame(
        {"order": pd.Series(dtype="int64"), **{name: pd.Series(dtype="string") for name in ("field", "value", "reason")}},
        index=pd.Index([], dtype="int64", name="row_number"),
    )


def _sorted(parts: list[pd.DataFrame]) -> pd.DataFrame:
    return pd.concat([part for part in parts if len(part)] or parts[:1]).sort_values("order", kind="stable").drop(columns="order")


_AS_WRITTEN = {
    Kind.NUMBER: r"-?(?:0|[1-9]\d*)(?:\.\d+)?",
    Kind.LONGITUDE: r"-?(?:0|[1-9]\d*)(?:\.\d+)?",
    Kind.LATITUDE: r"-?(?:0|[1-9]\d*)(?:\.\d+)?",
    Kind.FLAG: r"true|false",
    Kind.DATE: r"\d{4}-\d{2}-\d{2}",
    Kind.TIME: r"\d{4}-\d{2}-\d{2}(?:[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d{1,6})?)?(?:Z|\+00(?::?00)?)?)?",
}
"""Text that is a clean value's own notation; of the other kinds the clean value is text itself."""


def given_texts(raw: pd.DataFrame, records: pd.DataFrame, object_type: ObjectType, mapping: FileMapping) -> pd.Series:
    """What the file said, where it is not what the record says.

    Args:
        raw: fields as text, on the index of the records.
        records: the clean values.
        object_type: what the records are.
        mapping: says which fields have a format of their own.

    Returns:
        JSON objects, see `CleanFrame.raw`.
    """
    members: list[pa.Array] = []
    for field in object_type.fields:
        texts = raw.get(GIVEN + field.name, raw[field.name])
        if field.kind in _AS_WRITTEN:
            source = mapping.fields.get(field.name)
            counted = source is not None and bool(source.crs or source.unit or source.time_zone or source.format)
            same = found(texts, _AS_WRITTEN[field.kind]) & records[field.name].notna() & (not counted)
        else:
            same = (texts == records[field.name]).fillna(value=False).astype(bool)
        _add_member(members, field.name, texts, same | (texts == "").fillna(value=True).astype(bool))
    if POSITION in raw:
        _add_member(members, POSITION, raw[POSITION], (raw[POSITION] == "").fillna(value=True).astype(bool))
    if not members:
        return pd.Series(pd.NA, index=records.index, dtype="string")
    joined = pc.binary_join_element_wise(*members, pa.scalar("", pa.large_string()))
    inner = pd.Series(joined, index=records.index, dtype="string").str.removesuffix(", ")
    return ("{" + inner + "}").mask(inner == "")


def _add_member(members: list[pa.Array], name: str, texts: pd.Series, same: pd.Series) -> None:
    """Adds `"name": "text", ` for the rows that differ, "" for the others."""
    if same.all():
        return
    different = texts.where(~same)
    escaped = has(different, r'["\\\x00-\x1f]')
    quoted = '"' + different + '"'
    if escaped.any():
        quoted[escaped] = pd.array([json.dumps(text.replace("\0", ""), ensure_ascii=False) for text in different[escaped]], dtype="string")
    members.append(as_arrow((json.dumps(name) + ": " + quoted + ", ").fillna("")))
