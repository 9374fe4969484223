"""The content of facts as a number that follows what is added to them and taken away, so that a version is named by what is in it, however it was built."""

from dataclasses import dataclass
from typing import Self

import duckdb

from gcrm.olap.catalogue import Facts


@dataclass(frozen=True)
class Content:
    """How many facts there are, and the sum of their hashes (DuckDB's, 64 bits each): the same for the same facts in any order."""

    rows: int
    hashes: int

    @classmethod
    def read(cls, text: str) -> Self:
        """From the text that `str` gives."""
        rows, _, hashes = text.partition(":")
        return cls(int(rows), int(hashes))

    def __str__(self) -> str:
        return f"{self.rows}:{self.hashes}"

    def without(self, gone: "Content") -> "Content":
        """That of the facts without some of them."""
        return Content(self.rows - gone.rows, self.hashes - gone.hashes)

    def together(self, came: "Content") -> "Content":
        """That of the facts with some more."""
        return Content(self.rows + came.rows, self.hashes + came.hashes)


def content_of(database: duckdb.DuckDBPyConnection, relation: str, facts: Facts) -> Content:
    """The content of facts.

    Args:
        database: what reads them.
        relation: what stands behind FROM.
        facts: their columns.
    """
    # Every name is declared in gcrm/olap/cubes/.
    text = f"SELECT count(*), coalesce(sum(hash({', '.join(facts.columns)})), 0) FROM {relation}"  # noqa: S608 - declared names only
    ((rows, hashes),) = database.execute(text).fetchall()
    return Content(int(rows), int(hashes))
