"""A question to the cube: a plain dataclass, written as text and as the parameters of a link."""

import csv
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from io import StringIO
from typing import TypedDict, Unpack

import h3

from gcrm.errors import CubeError
from gcrm.olap import calendar
from gcrm.olap.catalogue import DIMENSIONS, FACTS, HIERARCHIES, MEASURES, PLACE, SETS, UNKNOWN, Axis, dimensions_of, finest_level, simple
from gcrm.olap.derived import ALONG_TIME, OF_OUTLINES, OF_PLACES, Derived, Having, Top
from gcrm.spatial import shapes
from gcrm.spatial.cells import level_of
from gcrm.spatial.shapes import Around

_OR, _SET = "|", "@"


@dataclass(frozen=True)
class Filter:
    """Keeps the facts whose dimension has one of the members; of times also from one to another (`2025-01..2025-06`).

    Members of places are H3 cells in hexadecimal text, and keep everything inside them; `(unknown)` keeps what has no place. They are also rings around a
    cell (`861126d37ffffff+1`: it and its neighbours), distance bands around a point (`0..500@24.941,60.171`: metres, longitude, latitude) and polygons
    (WKT), both with exact edges.
    As text, a member that holds the sign between two members stands in quotes: segment=families|"old|new". There `@weekend` stands for the members of the
    named set weekend, and a member that begins with @ has two of them.
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
        if DIMENSIONS[self.dimension].kind == "time":
            calendar.span(self.dimension, member)
        if DIMENSIONS[self.dimension].kind == "place" and member != UNKNOWN:
            shapes.parse(member)

    @classmethod
    def parse(cls, text: str) -> "Filter":
        """A filter from text such as `segment=families|students`.

        Raises:
            CubeError: it is not of that form, or names what is not there.
        """
        name, found, members = (part.strip() for part in text.partition("="))
        if not found:
            raise CubeError(f"{text!r} is no filter; write DIMENSION=MEMBER, or DIMENSION=MEMBER|MEMBER.")
        try:
            parts = next(csv.reader([members], delimiter=_OR, skipinitialspace=True), [])
        except csv.Error as error:
            raise CubeError(f"{text!r} cannot be read as a filter ({error}); write DIMENSION=MEMBER|MEMBER.") from error
        return cls(name, tuple(member for part in parts if part.strip() for member in _written_out(name, part.strip())))

    def __str__(self) -> str:
        members = StringIO()
        csv.writer(members, delimiter=_OR, lineterminator="").writerow([_SET * member.startswith(_SET) + member for member in self.members])
        return f"{self.dimension}={members.getvalue()}"

    @property
    def cells(self) -> list[int]:
        """The H3 cells of a filter on places, those of rings among them."""
        found: list[int] = []
        for place in self._places:
            if isinstance(place, shapes.Ring):
                found += map(h3.str_to_int, place.cells)
            elif isinstance(place, str):
                found.append(h3.str_to_int(place))
        return found

    @property
    def exact(self) -> tuple[shapes.Shape, ...]:
        """The shapes with exact edges of a filter on places."""
        return tuple(place for place in self._places if isinstance(place, shapes.Band | shapes.Polygon))

    @property
    def _places(self) -> list[str | shapes.Ring | shapes.Shape]:
        return [shapes.parse(member) for member in self.members if member != UNKNOWN] if DIMENSIONS[self.dimension].kind == "place" else []

    def spans(self) -> list[tuple[date, date]]:
        """The first and the last day of each member; of a filter on a time, of others there are none."""
        if DIMENSIONS[self.dimension].kind != "time":
            return []
        return [calendar.span(self.dimension, member) for member in self.members]


def _written_out(dimension: str, member: str) -> tuple[str, ...]:
    """The members that one in a text stands for: those of a named set, or itself."""
    if not member.startswith(_SET):
        return (member,)
    if member.startswith(2 * _SET):
        return (member.removeprefix(_SET),)
    own = {name: each for name, each in SETS.items() if each.dimension == dimension}
    name = member.removeprefix(_SET)
    if name not in own:
        known = f"there are {', '.join(f'{_SET}{each}' for each in own)}" if own else "there is none"
        raise CubeError(f"There is no set {member!r} of {dimension}; {known}. A member that begins with {_SET} is written with two of them.")
    return own[name].members


class After(TypedDict, total=False):
    """What is worked out of an answer, as text.

    Attributes:
        derived: columns, such as `share(revenue), prior(revenue, year)`.
        having: filters after aggregation, such as `revenue>=1000`.
        top: such as `10 revenue`, or `10 revenue others`.
        order: a column of the answer, such as `-revenue`.
        versus: filters of a second question, such as `segment=students`.
        around: distance bands around a point, such as `24.941,60.171 500 1000 2000`.
        as_of: name of a version of the cube, or a time such as `2026-03-31`.
        scenario: name of a scenario.
    """

    derived: str
    having: Iterable[str]
    top: str
    order: str
    versus: Iterable[str]
    around: str
    as_of: str
    scenario: str


def versus_columns(measure: str) -> tuple[str, str, str]:
    """The columns beside a measure: that of the second question, the difference to it, the ratio to it."""
    return f"{measure}_versus", f"{measure}_versus_difference", f"{measure}_versus_ratio"


@dataclass(frozen=True)
class CubeQuery:
    """Rows and columns to group by, measures to show, filters on the facts; and of the answer: what is derived, filtered, the largest, the order.

    Attributes:
        rows: down the side.
        columns: across the top.
        measures: names.
        where: filters before aggregation.
        derived: columns that are worked out of the measures.
        having: filters after aggregation.
        top: the largest rows only.
        order: a column of the answer, `-` before it for the largest first; by the axes if empty.
        versus: filters of a second question, each in the place of those on its dimension; its measures stand beside those of the first.
        around: splits the rows by distance bands around a point too; the column `distance` comes first.
        as_of: a version of the cube by its name, or a time: the newest version that had been built by then; the one in force if empty.
        scenario: name of a scenario, whose measures stand beside those of the version that it changes; none if empty.
    """

    rows: tuple[Axis, ...] = ()
    columns: tuple[Axis, ...] = ()
    measures: tuple[str, ...] = ("revenue",)
    where: tuple[Filter, ...] = field(default=())
    derived: tuple[Derived, ...] = ()
    having: tuple[Having, ...] = ()
    top: Top | None = None
    order: str = ""
    versus: tuple[Filter, ...] = ()
    around: Around | None = None
    as_of: str = ""
    scenario: str = ""

    def __post_init__(self) -> None:
        if not self.measures:
            raise CubeError(f"A question needs a measure: {', '.join(MEASURES)}.")
        names = [axis.dimension for axis in self.axes]
        for place, given in (("rows and columns", names), ("measures", self.measures)):
            for name in given:
                if given.count(name) > 1:
                    raise CubeError(f"{name} stands twice among the {place}; take one away.")
        asked = [name for name in [*names, *(kept.dimension for kept in (*self.where, *self.versus))] if name != PLACE]
        for each in self.measures:
            for facts in (FACTS[one.facts] for one in simple(each)):
                for name in asked:
                    if name not in facts.dimensions:
                        raise CubeError(f"{each} cannot be split or filtered by {name}: their facts have {facts.grain}, and that has no {name}.")
        self._check_levels()
        self._check_derived()
        self._check_after()

    def _check_levels(self) -> None:
        """Places are not asked for more finely than all facts have them."""
        for each in self.measures:
            finest = finest_level([each])
            if max(self.levels, default=finest) > finest:
                raise CubeError(f"The finest H3 level of {each} is {finest}, and level {max(self.levels)} is asked for; take {finest} or a coarser one.")

    def _check_derived(self) -> None:
        """What is derived is of a measure that is asked for, and of axes that are there."""
        for each in self.derived:
            if each.measure not in self.measures:
                raise CubeError(f"{each} is of {each.measure}, which is not asked for; add it to the measures.")
            if not _fits(each, self):
                wanted = (
                    "is of cells; put place into the rows or columns, such as place:8" if each.how in OF_PLACES
                    else "is of all cells of a row; take place out of the rows and columns" if each.how in OF_OUTLINES
                    else f"goes along a time; put one of {', '.join(calendar.LEVELS)} into the rows or columns"
                )  # fmt: skip
                raise CubeError(f"{each} {wanted}.")

    def _check_after(self) -> None:
        """What is worked out of the answer is of what is in it."""
        for name in self.answer_columns:
            if self.answer_columns.count(name) > 1:
                raise CubeError(f"{name} stands twice in the answer; take one away.")
        for used in (*(each.column for each in self.having), *([self.order.removeprefix("-")] if self.order else [])):
            if used not in self.answer_columns:
                raise CubeError(f"There is no column {used!r} in the answer; there are {', '.join(self.answer_columns)}.")
        if self.around is not None and (self.derived or self.top is not None or self.versus):
            raise CubeError("Distance bands stand with measures alone; leave out what is derived, the top and the second question.")
        if self.scenario and (self.versus or self.around is not None or self.as_of):
            raise CubeError("A scenario stands beside the version that it changes; leave out the second question, the distance bands and the other version.")
        if self.top is not None and not self.rows:
            raise CubeError(f"The top {self.top.count} are rows; put a dimension into the rows.")
        if self.top is not None and self.top.others and (len(self.rows) > 1 or DIMENSIONS[self.rows[0].dimension].kind != "text"):
            raise CubeError("All others become one row where one dimension with names is in the rows; leave 'others' out, or put only that one there.")

    @property
    def time(self) -> str | None:
        """The level of time among the axes; None where there is none, or more than one."""
        times = [axis.dimension for axis in self.axes if DIMENSIONS[axis.dimension].kind == "time"]
        return times[0] if len(times) == 1 else None

    @property
    def answer_columns(self) -> list[str]:
        """The columns of the answer."""
        beside = [column for name in self.measures for column in versus_columns(name)] if self.versus or self.scenario else []
        return [*self.keys, *self.measures, *(each.column for each in self.derived), *beside]

    @property
    def keys(self) -> list[str]:
        """The columns of the answer that have members."""
        return [*(["distance"] if self.around is not None else []), *(axis.column for axis in self.axes)]

    @property
    def axes(self) -> tuple[Axis, ...]:
        """Rows, then columns."""
        return (*self.rows, *self.columns)

    @property
    def level(self) -> int | None:
        """The H3 level of place, where that is asked for."""
        return next((axis.level for axis in self.axes if axis.dimension == PLACE), None)

    @property
    def levels(self) -> list[int]:
        """The H3 levels of all cells that are asked for, and filtered by."""
        filtered = [level_of(cell) for kept in (*self.where, *self.versus) for cell in kept.cells]
        return [*(axis.level for axis in self.axes if axis.level is not None), *filtered]

    @property
    def finest_level(self) -> int:
        """The finest H3 level that can be asked for."""
        return finest_level(self.measures)

    @classmethod
    def parse(cls, rows: str = "", columns: str = "", measures: str = "revenue", where: Iterable[str] = (), **after: Unpack[After]) -> "CubeQuery":
        """A question from text.

        Args:
            rows: axes separated by commas, such as `place:8,segment`.
            columns: the same.
            measures: measures separated by commas.
            where: filters, such as `segment=families|students`.
            after: what is worked out of the answer.

        Raises:
            CubeError: a name is unknown, or the parts do not fit together.
        """
        axes = [tuple(Axis.parse(part) for part in text.split(",") if part.strip()) for text in (rows, columns)]
        wanted = tuple(part.strip() for part in measures.split(",") if part.strip())
        filters, second = (tuple(map(Filter.parse, texts)) for texts in (where, after.get("versus", ())))
        having = tuple(map(Having.parse, after.get("having", ())))
        top, order = Top.parse(after.get("top", "")), after.get("order", "").strip()
        derived, around = Derived.parse(after.get("derived", "")), Around.parse(after.get("around", ""))
        return cls(
            axes[0], axes[1], wanted, filters, derived, having, top, order, second, around, after.get("as_of", "").strip(), after.get("scenario", "").strip()
        )

    def parameters(self) -> dict[str, str | list[str]]:
        """The question as the parameters of a link; `from_parameters` reads them back."""
        texts = {
            "rows": ",".join(map(str, self.rows)), "columns": ",".join(map(str, self.columns)), "measures": ",".join(self.measures),
            "derived": ", ".join(map(str, self.derived)), "top": str(self.top or ""), "order": self.order,
            "around": str(self.around or ""), "as_of": self.as_of, "scenario": self.scenario,
        }  # fmt: skip
        lists = {name: [str(kept) for kept in getattr(self, name)] for name in ("where", "having", "versus")}
        return {**{name: text for name, text in texts.items() if text}, **{name: values for name, values in lists.items() if values}}

    @classmethod
    def from_parameters(cls, parameters: Mapping[str, str | list[str]]) -> "CubeQuery":
        """The question of a link.

        Raises:
            CubeError: the link names what is not there.
        """

        def text(name: str, default: str = "") -> str:
            value = parameters.get(name, default)
            return value if isinstance(value, str) else ",".join(value)

        def several(name: str) -> list[str]:
            value = parameters.get(name, [])
            return [value] if isinstance(value, str) else value

        return cls.parse(
            text("rows"), text("columns"), text("measures", "revenue"), several("where"),
            derived=text("derived"), having=several("having"), top=text("top"), order=text("order"), versus=several("versus"),
            around=text("around"), as_of=text("as_of"), scenario=text("scenario"),
        )  # fmt: skip

    def slice(self, kept: Filter) -> "CubeQuery":
        """The same question with one more filter; it takes the place of one on the same dimension."""
        return replace(self, where=(*(each for each in self.where if each.dimension != kept.dimension), kept))

    def without(self, dimension: str) -> "CubeQuery":
        """The same question without the filter on a dimension."""
        return replace(self, where=tuple(each for each in self.where if each.dimension != dimension))

    def shaped(self, rows: tuple[Axis, ...], columns: tuple[Axis, ...]) -> "CubeQuery":
        """The same question over other axes; of what is worked out of the answer only the derived columns stay, as far as they fit.

        Raises:
            CubeError: a measure does not have such an axis.
        """
        bare = replace(self, rows=rows, columns=columns, derived=(), having=(), top=None, order="", versus=(), around=None)
        return replace(bare, derived=tuple(each for each in self.derived if _fits(each, bare)))

    def drilled(self, dimension: str, into: str) -> "CubeQuery":
        """The same question with another dimension in the place of one: a drill-down to a finer level of its hierarchy, a roll-up to a coarser one.

        Args:
            dimension: among the rows or columns.
            into: takes its place; goes where it is among them already.
        """

        def moved(axes: tuple[Axis, ...]) -> tuple[Axis, ...]:
            others = tuple(axis for axis in axes if axis.dimension != into)
            return tuple(Axis(into) if axis.dimension == dimension else axis for axis in others)

        return self.shaped(moved(self.rows), moved(self.columns))

    def finer(self, dimension: str) -> str | None:
        """The next finer level below a dimension that all measures have; None where it is the finest, or in no hierarchy."""
        return self._next(dimension, 1)

    def coarser(self, dimension: str) -> str | None:
        """The next coarser level above a dimension that all measures have; None where it is the coarsest, or in no hierarchy."""
        return self._next(dimension, -1)

    def _next(self, dimension: str, step: int) -> str | None:
        known = set.intersection(*(set(dimensions_of(name)) for name in self.measures))
        for levels in HIERARCHIES.values():
            own = [level for level in levels if level in known or level == dimension]
            if dimension in own and 0 <= own.index(dimension) + step < len(own):
                return own[own.index(dimension) + step]
        return None

    def at_level(self, level: int, dimension: str = PLACE) -> "CubeQuery":
        """The same question with places of another H3 level: drill-down, roll-up.

        Args:
            level: H3 level.
            dimension: of places.

        Raises:
            CubeError: the cube has no such level.
        """

        def moved(axes: tuple[Axis, ...]) -> tuple[Axis, ...]:
            return tuple(Axis.parse(f"{dimension}:{level}") if axis.dimension == dimension else axis for axis in axes)

        return replace(self, rows=moved(self.rows), columns=moved(self.columns))


def _fits(derived: Derived, query: CubeQuery) -> bool:
    """Whether the axes of a question have what a derived column goes along."""
    if derived.how in (*OF_PLACES, *OF_OUTLINES):
        return (query.level is not None) == (derived.how in OF_PLACES)
    return derived.how not in ALONG_TIME or query.time is not None
