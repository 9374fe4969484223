"""Declarations: a readable file per cube, and one of the dimensions that they share; what is wrong in one is said with its line and a suggestion."""

import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import BeforeValidator, Field, model_validator

from gcrm.declared_file import Declared, DeclaredFile
from gcrm.errors import CubeError
from gcrm.olap import calendar, formula
from gcrm.olap.query_declaration import QueryDeclaration
from gcrm.spatial.shapes import parse as parse_place
from gcrm.units import COARSEST_LEVEL, FINEST_LEVEL

_DECIMAL = re.compile(r"DECIMAL\((\d+),(\d+)\)")
_PLAIN_TYPES = ("BIGINT", "INTEGER", "DOUBLE", "VARCHAR", "DATE")
_DIMENSIONS = "dimensions.yaml"
_PLACE, _PLACE_COLUMN = "place", "cell"

type Unit = Literal[
    "accounts", "activities", "buildings", "cases", "dwellings", "hours", "households", "jobs", "m²", "members", "money", "opportunities", "orders", "people",
    "ratio", "share", "trips", "units"
]  # fmt: skip
type Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]


def _known_type(text: Any) -> Any:  # noqa: ANN401 - whatever stands in the file
    if text in _PLAIN_TYPES or (isinstance(text, str) and _DECIMAL.fullmatch(text)):
        return text
    raise ValueError(f"{text!r} is no type of a column; there are {', '.join(_PLAIN_TYPES)} and DECIMAL(digits,decimals)")


type ColumnType = Annotated[str, BeforeValidator(_known_type)]


class DimensionDeclaration(Declared):
    """A dimension: its label, and what its members are."""

    label: str
    kind: Literal["place", "time", "text"] = "text"


class SetDeclaration(Declared):
    """A named set: members of a dimension, as of a filter."""

    label: str
    dimension: Name
    members: Annotated[list[str], Field(min_length=1)]


class SharedDeclaration(Declared):
    """The dimensions, the named sets of their members, and the hierarchies of them from coarse to fine."""

    dimensions: dict[Name, DimensionDeclaration]
    sets: dict[Name, SetDeclaration] = Field({})
    hierarchies: dict[str, list[Name]]


class MeasureDeclaration(Declared):
    """A measure: how it comes out of the facts (exactly one of count, sum, distinct), or out of other measures (formula).

    A stock, such as customers at the end of a month, has `over_time: last`: it does not add up over time, and of a longer time is that of its last month.
    A sum over some of the facts only says by which dimension these are `chosen_by`, such as customers among accounts by their status.
    """

    label: str
    unit: Unit
    count: Literal["rows"] | None = None
    sum: Name | None = None
    distinct: Name | None = None
    formula: str | None = None
    over_time: Literal["last"] | None = None
    chosen_by: Name | None = None

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        given = [name for name in ("count", "sum", "distinct", "formula") if getattr(self, name) is not None]
        if len(given) != 1:
            raise ValueError(f"a measure has one of count, sum, distinct and formula, and this one has {' and '.join(given) or 'none'}")
        if self.formula is not None:
            formula.as_sql(self.formula)
        if self.over_time is not None and given[0] not in ("count", "sum"):
            raise ValueError("only what is counted or summed can be that of the last month; leave over_time out")
        if self.chosen_by is not None and self.sum is None:
            raise ValueError("only what is summed can be chosen by a dimension; leave chosen_by out")
        return self


class CubeDeclaration(Declared):
    """A cube: the grain and the columns of its facts, its dimensions, its measures; a virtual one has measures only, all with formulas.

    Where the facts have a territory_id, a reader sees those of its territories; without one they belong to nobody, and every reader sees them.
    `facts_only` are stored columns that the cuboids leave out, since with them they would be as large as the facts. Facts that are `derived_from`
    those of other cubes come out of sql/cubes/NAME.sql, all others out of the database. `finest_level` is the H3 level of all cells in the facts, `queries` are
    those that have to be answered at once. Facts with a `key` are brought up to date by it, all of one value at once; others are compared as a whole.
    """

    cube: Name
    label: str
    grain: str | None = None
    derived_from: list[Name] = Field([])
    key: Name | None = None
    columns: dict[Name, ColumnType] = Field({})
    dimensions: list[Name] = Field([])
    facts_only: list[Name] = Field([])
    finest_level: Annotated[int, Field(ge=COARSEST_LEVEL, le=FINEST_LEVEL)] = FINEST_LEVEL
    measures: dict[Name, MeasureDeclaration]
    queries: list[QueryDeclaration] = Field([])

    @property
    def virtual(self) -> bool:
        """Whether it has no facts of its own."""
        return not self.columns


_PARTS: Mapping[str, type[Declared]] = {
    "measures": MeasureDeclaration, "dimensions": DimensionDeclaration, "sets": SetDeclaration, "queries": QueryDeclaration,
}  # fmt: skip


def declarations(folder: Path) -> tuple[SharedDeclaration, tuple[CubeDeclaration, ...]]:
    """What the files of a folder declare.

    Args:
        folder: holds dimensions.yaml, and a file per cube.

    Returns:
        The dimensions, and the cubes: behind those of the database the derived ones, the virtual ones last.

    Raises:
        CubeError: a file is missing or cannot be understood, or names what is not declared; file, line, what is wrong, what may be meant.
    """
    shared_file = _opened(folder / _DIMENSIONS)
    shared = shared_file.as_model(SharedDeclaration, _PARTS)
    for name, levels in shared.hierarchies.items():
        for at, level in enumerate(levels):
            shared_file.check(level, shared.dimensions, "dimension", "hierarchies", name, at)
    for name, dimension in shared.dimensions.items():
        if dimension.kind == "time":
            shared_file.check(name, calendar.LEVELS, "level of the calendar", "dimensions", name)
    _check_sets(shared_file, shared)
    files = [_opened(path) for path in sorted(folder.glob("*.yaml")) if path.name != _DIMENSIONS]
    cubes = [(file, file.as_model(CubeDeclaration, _PARTS)) for file in files]
    for file, cube in cubes:
        _check_cube(file, cube, shared)
        for at, name in enumerate(cube.derived_from):
            file.check(name, [each.cube for _, each in cubes if not each.virtual and not each.derived_from], "cube of facts", "derived_from", at)
    _check_measures(cubes)
    _check_queries(cubes, shared)
    return shared, tuple(sorted((cube for _, cube in cubes), key=lambda cube: (cube.virtual, bool(cube.derived_from))))


def _check_sets(file: DeclaredFile, shared: SharedDeclaration) -> None:
    """The members of sets are such as the dimension can have."""
    for name, each in shared.sets.items():
        file.check(each.dimension, shared.dimensions, "dimension", "sets", name, "dimension")
        try:
            for member in each.members:
                _check_member(each.dimension, shared.dimensions[each.dimension].kind, member)
        except CubeError as error:
            raise file.error(str(error).removesuffix("."), "sets", name) from error


def _check_member(dimension: str, kind: str, member: str) -> None:
    if kind == "time":
        calendar.span(dimension, member)
    elif kind == "place":
        parse_place(member)


def _check_cube(file: DeclaredFile, cube: CubeDeclaration, shared: SharedDeclaration) -> None:
    """What a cube names is a dimension, and a column of its facts of the right type."""
    if cube.virtual:
        wrong = next((name for name, each in cube.measures.items() if each.formula is None), None)
        if wrong is not None:
            raise file.error(f"{wrong} needs columns, and a cube without columns has formulas only; give the cube columns", "measures", wrong)
        return
    if cube.grain is None:
        raise file.error("the grain is missing; write what one row of the facts is", "cube")
    file.check(_PLACE_COLUMN, cube.columns, "column (place needs it)", "columns")
    if "account_id" in cube.columns:
        file.check("territory_id", cube.columns, "column (access to what accounts did needs it)", "columns")
    if cube.key is not None:
        file.check(cube.key, [name for name, kind in cube.columns.items() if kind == "BIGINT"], "column of BIGINT", "key")
    for at, name in enumerate(cube.facts_only):
        file.check(name, cube.columns, "column", "facts_only", at)
    _check_dimensions(file, cube, shared)
    _check_columns(file, cube)


def _check_dimensions(file: DeclaredFile, cube: CubeDeclaration, shared: SharedDeclaration) -> None:
    for at, name in enumerate(cube.dimensions):
        file.check(name, shared.dimensions, "dimension", "dimensions", at)
        kind = shared.dimensions[name].kind
        if name == _PLACE:
            raise file.error(f"{name} is a dimension of every cube; leave it out, and declare the column {_PLACE_COLUMN}", "dimensions", at)
        column = calendar.LEVELS[name].column if kind == "time" else name
        file.check(column, cube.columns, f"column (for the dimension {name})", "dimensions", at)
        if kind == "place" and cube.columns[column] != "BIGINT":
            raise file.error(f"{name} is a place, and its column {cube.columns[column]}; the column of cells is BIGINT", "dimensions", at)


def _check_columns(file: DeclaredFile, cube: CubeDeclaration) -> None:
    for name, each in cube.measures.items():
        if each.over_time is not None:
            file.check("month", cube.columns, "column (for over_time)", "measures", name, "over_time")
        if each.chosen_by is not None:
            file.check(each.chosen_by, cube.dimensions, "dimension of the cube", "measures", name, "chosen_by")
        column, way = (each.sum, "sum") if each.sum is not None else (each.distinct, "distinct")
        if column is None:
            continue
        file.check(column, cube.columns, "column", "measures", name, way)
        if way == "sum" and cube.columns[column] in ("VARCHAR", "DATE", "DOUBLE"):
            said = f"{column} is {cube.columns[column]}, which has no exact sum; sum a column of whole or DECIMAL numbers, or count with distinct"
            raise file.error(said, "measures", name, way)


def _check_measures(cubes: Iterable[tuple[DeclaredFile, CubeDeclaration]]) -> None:
    """Every measure has one name, and formulas name measures that come out of facts."""
    first: dict[str, str] = {}
    for file, cube in cubes:
        for name in cube.measures:
            if name in first:
                raise file.error(f"the measure {name} is declared in {first[name]} already; give it another name", "measures", name)
            first[name] = file.name
    simple = {name for _, cube in cubes for name, each in cube.measures.items() if each.formula is None}
    for file, cube in cubes:
        for name, each in cube.measures.items():
            for used in formula.names_in(each.formula) if each.formula is not None else ():
                file.check(used, simple, "measure of facts", "measures", name, "formula")


def _check_queries(cubes: Iterable[tuple[DeclaredFile, CubeDeclaration]], shared: SharedDeclaration) -> None:
    """Queries name measures and dimensions that go together, and filter distinct counts by nothing but what these are counted by."""
    owners = {name: cube for _, cube in cubes for name in cube.measures}
    for file, cube in cubes:
        for at, query in enumerate(cube.queries):
            for name in query.measured:
                file.check(name, owners, "measure", "queries", at, "measures")
            for name in (*query.axes, *query.filtered):
                file.check(name, shared.dimensions, "dimension", "queries", at)
            _check_query(file, at, query, owners)


def _check_query(file: DeclaredFile, at: int, query: QueryDeclaration, owners: dict[str, CubeDeclaration]) -> None:
    parts = {used: name for name in query.measured for used in _simple(name, owners)}
    for used, name in parts.items():
        wrong = next((each for each in (*query.axes, *query.filtered) if each not in ("place", *owners[used].dimensions)), None)
        if wrong is not None:
            raise file.error(f"{name} has no dimension {wrong}; leave it out, or ask another measure", "queries", at)
        beside = next((each for each in query.filtered if each not in query.axes), None)
        if owners[used].measures[used].distinct is not None and beside is not None:
            said = f"{used} is a distinct count, which a cuboid has for its own axes only; put {beside} into the rows, or leave it out"
            raise file.error(said, "queries", at, "where")


def _simple(name: str, owners: dict[str, CubeDeclaration]) -> tuple[str, ...]:
    declared = owners[name].measures[name].formula
    return (name,) if declared is None else formula.names_in(declared)


def _opened(path: Path) -> DeclaredFile:
    try:
        return DeclaredFile(path.name, path.read_text(encoding="utf-8"), CubeError)
    except (OSError, UnicodeDecodeError) as error:
        raise CubeError(f"{path} cannot be read ({error}); every folder of cubes holds {_DIMENSIONS} and a file per cube.") from error
