"""A question to the cube: a plain dataclass, written as text and as the parameters of a link."""

import csv
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from io import StringIO

import h3

from gcrm.errors import CubeError
from gcrm.olap.catalogue import DIMENSIONS, FACTS, MEASURES, PLACE, UNKNOWN, Axis, measure
from gcrm.units import FINEST_LEVEL

_MONTH = re.compile(r"\d{4}-(0[1-9]|1[0-2])")
_RANGE = ".."
_ENDS = 2
_OR = "|"


@dataclass(frozen=True)
class Filter:
    """Keeps the facts whose dimension has one of the members; for months also from one to another (`2025-01..2025-06`).

    Members of place are H3 cells in hexadecimal text, and keep everything inside them; `(unknown)` keeps what has no place.
    As text, a member that holds the sign between two members stands in quotes: segment=families|"old|new".
    """

    dimension: str
    members: tuple[str, ...]

    def __post_init__(self) -> None:
        if self.dimension not in DIMENSIONS:
            raise CubeError(f"There is no dimension {self.dimension!r}; there are {', '.join(DIMENSIONS)}.")
        if not self.members:
            raise CubeError(f"The filter on {self.dimension} names no member; write {self.dimension}=MEMBER.")
        for member in self.members:
            self._check(member)

    def _check(self, member: str) -> None:
        if self.dimension == "month":
            months = member.split(_RANGE)
            if len(months) > _ENDS or not all(map(_MONTH.fullmatch, months)):
                raise CubeError(f"{member!r} is not a month; write 2025-03 or 2025-01..2025-06.")
            if months != sorted(months):
                raise CubeError(f"{member!r} ends before it begins; write the earlier month first.")
        if self.dimension == PLACE and member != UNKNOWN:
            if not h3.is_valid_cell(member):
                raise CubeError(f"{member!r} is not an H3 cell.")
            if h3.get_resolution(member) > FINEST_LEVEL:
                raise CubeError(
                    f"{member!r} is of H3 level {h3.get_resolution(member)}, which is finer than the cube; take its parent of level {FINEST_LEVEL}."
                )

    @classmethod
    def parse(cls, text: str) -> "Filter":
        """A filter from text such as `segment=families|students`.

        Raises:
            CubeError: it is not of that form, or names what is not there.
        """
        name, found, members = text.partition("=")
        if not found:
            raise CubeError(f"{text!r} is no filter; write DIMENSION=MEMBER, or DIMENSION=MEMBER|MEMBER.")
        try:
            parts = next(csv.reader([members], delimiter=_OR, skipinitialspace=True), [])
        except csv.Error as error:
            raise CubeError(f"{text!r} cannot be read as a filter ({error}); write DIMENSION=MEMBER|MEMBER.") from error
        return cls(name.strip(), tuple(part.strip() for part in parts if part.strip()))

    def __str__(self) -> str:
        members = StringIO()
        csv.writer(members, delimiter=_OR, lineterminator="").writerow(self.members)
        return f"{self.dimension}={members.getvalue()}"

    def months(self) -> list[tuple[date, date]]:
        """The first and the last month of each member; of the filter on months."""
        spans = [member.split(_RANGE) for member in self.members]
        return [(_first_of(span[0]), _first_of(span[-1])) for span in spans]


def _first_of(month: str) -> date:
    year, number = month.split("-")
    return date(int(year), int(number), 1)


@dataclass(frozen=True)
class CubeQuery:
    """Rows and columns to group by, measures to show, filters on the facts."""

    rows: tuple[Axis, ...] = ()
    columns: tuple[Axis, ...] = ()
    measures: tuple[str, ...] = ("revenue",)
    where: tuple[Filter, ...] = field(default=())

    def __post_init__(self) -> None:
        if not self.measures:
            raise CubeError(f"A question needs a measure: {', '.join(MEASURES)}.")
        names = [axis.dimension for axis in self.axes]
        for place, given in (("rows and columns", names), ("measures", self.measures)):
            for name in given:
                if given.count(name) > 1:
                    raise CubeError(f"{name} stands twice among the {place}; take one away.")
        for each in self.measures:
            facts = FACTS[measure(each).facts]
            for name in [*names, *(kept.dimension for kept in self.where)]:
                if name != PLACE and name not in facts.dimensions:
                    raise CubeError(f"{each} cannot be split or filtered by {name}: their facts have {facts.grain}, and that has no {name}.")

    @property
    def axes(self) -> tuple[Axis, ...]:
        """Rows, then columns."""
        return (*self.rows, *self.columns)

    @property
    def level(self) -> int | None:
        """The H3 level, where places are asked for."""
        return next((axis.level for axis in self.axes if axis.level is not None), None)

    @classmethod
    def parse(cls, rows: str = "", columns: str = "", measures: str = "revenue", where: Iterable[str] = ()) -> "CubeQuery":
        """A question from text.

        Args:
            rows: axes separated by commas, such as `place:8,segment`.
            columns: the same.
            measures: measures separated by commas.
            where: filters, such as `segment=families|students`.

        Raises:
            CubeError: a name is unknown, or the parts do not fit together.
        """
        axes = [tuple(Axis.parse(part) for part in text.split(",") if part.strip()) for text in (rows, columns)]
        wanted = tuple(part.strip() for part in measures.split(",") if part.strip())
        return cls(axes[0], axes[1], wanted, tuple(Filter.parse(text) for text in where))

    def parameters(self) -> dict[str, str | list[str]]:
        """The question as the parameters of a link; `from_parameters` reads them back."""
        texts = {"rows": ",".join(map(str, self.rows)), "columns": ",".join(map(str, self.columns)), "measures": ",".join(self.measures)}
        return {**{name: text for name, text in texts.items() if text}, **({"where": [str(kept) for kept in self.where]} if self.where else {})}

    @classmethod
    def from_parameters(cls, parameters: Mapping[str, str | list[str]]) -> "CubeQuery":
        """The question of a link.

        Raises:
            CubeError: the link names what is not there.
        """

        def text(name: str, default: str = "") -> str:
            value = parameters.get(name, default)
            return value if isinstance(value, str) else ",".join(value)

        where = parameters.get("where", [])
        return cls.parse(text("rows"), text("columns"), text("measures", "revenue"), [where] if isinstance(where, str) else where)

    def slice(self, kept: Filter) -> "CubeQuery":
        """The same question with one more filter; it takes the place of one on the same dimension."""
        return replace(self, where=(*(each for each in self.where if each.dimension != kept.dimension), kept))

    def without(self, dimension: str) -> "CubeQuery":
        """The same question without the filter on a dimension."""
        return replace(self, where=tuple(each for each in self.where if each.dimension != dimension))

    def at_level(self, level: int) -> "CubeQuery":
        """The same question with places of another H3 level: drill-down, roll-up.

        Raises:
            CubeError: the cube has no such level.
        """

        def moved(axes: tuple[Axis, ...]) -> tuple[Axis, ...]:
            return tuple(Axis.parse(f"{PLACE}:{level}") if axis.dimension == PLACE else axis for axis in axes)

        return replace(self, rows=moved(self.rows), columns=moved(self.columns))
