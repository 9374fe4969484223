"""Declared queries: the questions of a cube that have to be answered at once, for which every build chooses cuboids first."""

import re
from typing import Self

from pydantic import model_validator

from gcrm.declared_file import Declared
from gcrm.units import COARSEST_LEVEL, FINEST_LEVEL, LEVELS

_PART = re.compile(r"(?P<name>[a-z][a-z0-9_]*)(?::(?P<first>\d{1,2})(?:\.\.(?P<last>\d{1,2}))?)?")
_LEVELS = re.compile(r":(\d+)\.\.(\d+)")
_PLACE = "place"


class QueryDeclaration(Declared):
    """A declared query, in the words of a question.

    Attributes:
        rows: dimensions down the side, with commas; `place:8`, and `place:5..10` for a query at each of these levels.
        cols: across the top.
        measures: names, with commas.
        where: dimensions that it is filtered by, all at once; of place with the finest level of the cells.
    """

    rows: str = ""
    cols: str = ""
    measures: str
    where: str = ""

    @model_validator(mode="after")
    def _readable(self) -> Self:
        for part in (*_parts(self.rows), *_parts(self.cols), *_parts(self.where)):
            found = _PART.fullmatch(part)
            if found is None:
                raise ValueError(f"{part!r} is no dimension; write such as segment, place:8 or place:5..10")
            levels = [int(level) for level in (found["first"], found["last"]) if level is not None]
            if (found["name"] == _PLACE) != bool(levels) or not set(levels) <= set(LEVELS) or levels != sorted(levels):
                raise ValueError(f"{part!r} cannot be read; place has H3 levels from {COARSEST_LEVEL} to {FINEST_LEVEL}, such as place:8, and nothing else has")
        if _LEVELS.search(self.where):
            raise ValueError(f"{self.where!r} has several levels; filters have the finest level of their cells, such as place:8")
        return self

    @property
    def axes(self) -> list[str]:
        """Dimensions of the rows and columns."""
        return [part.partition(":")[0] for part in (*_parts(self.rows), *_parts(self.cols))]

    @property
    def filtered(self) -> list[str]:
        """Dimensions that it is filtered by."""
        return [part.partition(":")[0] for part in _parts(self.where)]

    @property
    def measured(self) -> list[str]:
        """Names of the measures."""
        return _parts(self.measures)

    @property
    def texts(self) -> tuple[tuple[str, str, str], ...]:
        """Axes, measures and filtered dimensions as text, for each level."""
        axes = ",".join((*_parts(self.rows), *_parts(self.cols)))
        found = _LEVELS.search(axes)
        if found is None:
            return ((axes, self.measures, self.where),)
        return tuple((_LEVELS.sub(f":{level}", axes), self.measures, self.where) for level in range(int(found[1]), int(found[2]) + 1))


def _parts(text: str) -> list[str]:
    return [part.strip() for part in text.split(",") if part.strip()]
