"""Records as the search for duplicates takes them: one column of codes a field, and the distinct normalised values behind the codes."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

Codes = NDArray[np.int32]
Counts = NDArray[np.int64]
Rows = NDArray[np.int64]
Texts = NDArray[np.object_]

MISSING = -1

FIELDS = (
    "name", "given_name", "family_name", "street", "house_number", "postcode", "city", "phone", "email", "website", "tax_number", "birth_date",
    "country_code", "cell",
)  # fmt: skip
"""The columns that the search looks at. All are text but `cell`, an H3 cell of level 10 as an integer; each may be missing, but not all."""


@dataclass(frozen=True)
class Column:
    """One normalised field of all records.

    Attributes:
        codes: for each record the position of its value in `values`; MISSING where it has none.
        values: the distinct values.
    """

    codes: Codes
    values: Texts

    @classmethod
    def of(cls, values: Any) -> "Column":  # noqa: ANN401 - whatever pandas factorizes
        """The column of some values; what is missing or empty has no code."""
        codes, distinct = pd.factorize(np.asarray(values, dtype=object))
        there = np.flatnonzero(distinct != "")
        moved = np.full(len(distinct) + 1, MISSING, dtype=np.int32)
        moved[there] = np.arange(len(there))
        return cls(moved[codes], np.asarray(distinct, dtype=object)[there])

    @cached_property
    def counts(self) -> Counts:
        """How many records hold each value."""
        return np.bincount(self.codes[self.codes >= 0], minlength=len(self.values))

    @cached_property
    def holders(self) -> Counts:
        """For each record how many records hold its value; 0 where it has none."""
        return np.append(self.counts, 0)[self.codes]

    def texts(self, missing: str | None = None) -> Texts:
        """The value of each record."""
        return np.append(self.values, np.array([missing], dtype=object))[self.codes]

    def take(self, rows: Rows) -> "Column":
        """The column of some of the records; the values stay."""
        return Column(self.codes[rows], self.values)


def agreement(counts: Counts, of: int | None = None) -> float:
    """Probability that two records picked at random fall into the same of some groups.

    Args:
        counts: records in each group.
        of: records in all; the sum of the counts if left out.
    """
    total = int(counts.sum()) if of is None else of
    pairs = total * (total - 1.0)
    return float((counts * (counts - 1.0)).sum() / pairs) if pairs else 0.0


@dataclass(frozen=True)
class Records:
    """Normalised records, in the order in which they were given.

    Attributes:
        count: how many there are.
        columns: by name; see `gcrm.ingest.duplicates.normalise`.
    """

    count: int
    columns: Mapping[str, Column]

    def __getitem__(self, name: str) -> Column:
        """The column of this name."""
        return self.columns[name]

    def take(self, rows: Rows) -> "Records":
        """Some of the records."""
        return Records(len(rows), {name: column.take(rows) for name, column in self.columns.items()})
