"""What a cleaning step is given and what it gives."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc


class Cleaned(NamedTuple):
    """What a step makes of a column.

    Attributes:
        clean: clean values, missing for nothing.
        reasons: for each value that could not be cleaned the reason, else missing. Of a field that only warns `clean` holds the tidy text there.
        notes: for each value that was cleaned, but not without a doubt or a loss, what a person should know; None where there is none at all.
    """

    clean: pd.Series
    reasons: pd.Series
    notes: pd.Series | None = None


@dataclass(frozen=True)
class Context:
    """What a step may need beside the values: the mapping's options for the field, and other fields of the same records.

    Attributes:
        format: of times a strptime format or one of `moments.FORMATS`.
        unit: the unit that numbers shall have.
        decimal: the decimal mark, "." or ","; decided by the column if None.
        time_zone: IANA name of the zone of times that name none; UTC if None.
        country: ISO 3166-1 alpha-2 codes of the records, missing where not known.
        currency: ISO 4217 codes of the records, missing where not known.
        codes: the values that a field may take; none where it may take any.
    """

    format: str | None = None
    unit: str | None = None
    decimal: str | None = None
    time_zone: str | None = None
    country: pd.Series | None = None
    currency: pd.Series | None = None
    codes: tuple[str, ...] = ()


PLAIN = Context()
"""Nothing is known beside the values."""

Step = Callable[[pd.Series, Context], Cleaned]
"""A cleaning step: a Series of text ("" for nothing) becomes a `Cleaned` on the same index."""


def reasons(bad: pd.Series, reason: str) -> pd.Series:
    """The reason where `bad` is true, missing elsewhere."""
    if not bad.any():
        return nothing(bad.index)
    return pd.Series(reason, index=bad.index, dtype="string").where(bad)


def nothing(index: pd.Index) -> pd.Series:
    """No reason at all."""
    return pd.Series(pd.NA, index=index, dtype="string")


def as_arrow(values: pd.Series) -> pa.Array:
    """Text as one Arrow array."""
    array = pa.array(values, type=pa.large_string())
    return array.combine_chunks() if isinstance(array, pa.ChunkedArray) else array


def found(values: pd.Series, pattern: str) -> pd.Series:
    """Where text matches a pattern of RE2 from its beginning to its end; False for a missing value."""
    return has(values, rf"^(?:{pattern})$")


def has(values: pd.Series, pattern: str) -> pd.Series:
    """Where text holds a match of a pattern of RE2; False for a missing value."""
    hits = pc.match_substring_regex(as_arrow(values), pattern)
    return pd.Series(pc.fill_null(hits, fill_value=False).to_numpy(zero_copy_only=False), index=values.index)


def on_distinct(values: pd.Series, function: Callable[[str], str | None]) -> pd.Series:
    """The function's answer for each text, asked once for each that is different; missing stays missing."""
    encoded = as_arrow(values).dictionary_encode()
    answers = pa.array([function(text) for text in encoded.dictionary.to_pylist()], type=pa.large_string())
    return pd.Series(answers.take(encoded.indices), index=values.index, dtype="string")


def groups(values: pd.Series, pattern: str) -> pd.DataFrame:
    """The named groups of a pattern of RE2, one column each, "" for a group without a part; missing where the pattern does not match."""
    names = re.findall(r"\?P<(\w+)>", pattern)
    matched = pc.extract_regex(as_arrow(values), pattern=pattern)
    return pd.DataFrame({name: pd.Series(pc.struct_field(matched, name), index=values.index, dtype="string") for name in names}, index=values.index)
