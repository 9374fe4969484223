"""Measures by H3 cell, as the map shows them."""

from dataclasses import dataclass
from decimal import Decimal

import h3
import pandas as pd

from dashboards.data.cube import Cube, answer, answerable, fitting, in_one_currency
from gcrm.access.scope import Scope
from gcrm.olap.answer import Explanation
from gcrm.olap.catalogue import DIMENSIONS, MEASURES, PLACE, Axis, Measure, finest_level
from gcrm.olap.query import CubeQuery, Filter
from gcrm.spatial.cells import level_of
from gcrm.units import COARSEST_LEVEL

MOST_CELLS = 20_000
"""Cells that are drawn at once; beyond it the next coarser level is shown (measured: 10,000 take 4 to 8 s to draw without a graphics card)."""

MOST_MEMBERS = 12
"""Maps beside each other, one for each member of a dimension."""

MOST_CELLS_EACH = 600
"""Cells of each of them."""


@dataclass(frozen=True)
class Cells:
    """A measure by H3 cell.

    `frame` has a row per cell: `cell` (hexadecimal text), `value` (Decimal or int, None where there is none), `accounts` (missing where they are hidden).
    `unplaced` and `unplaced_accounts` are those of what has no place. `level` is the one that was answered.
    """

    measure: Measure
    level: int
    frame: pd.DataFrame
    unplaced: Decimal | int | None
    unplaced_accounts: int
    explanation: Explanation


def cells(cube: Cube, measure: str, level: int, where: tuple[Filter, ...], scope: Scope, scenario: str = "", column: str = "") -> Cells:
    """A measure and the accounts by H3 cell; at a coarser level than asked for where there are too many cells to be drawn, or the measure has none as fine.

    Args:
        cube: the published cube.
        measure: name of the measure.
        level: H3 level.
        where: filters; those that the measure does not know are left out.
        scope: who is looking.
        scenario: name of the scenario whose cube it is, where what it changes is asked for too.
        column: the column of the answer that is shown in the place of the measure; the measure's own if empty.

    Raises:
        CubeError: the question does not fit, or is finer than the scope allows.
    """
    level = min(level, finest_level([measure]))
    axis = Axis(PLACE, level)
    asked = CubeQuery((axis,), measures=(measure,), where=fitting(measure, in_one_currency(cube, measure, where)), scenario=scenario)
    given = answer(cube, asked, scope)
    if given.table.num_rows > MOST_CELLS and level > COARSEST_LEVEL:
        return cells(cube, measure, level - 1, where, scope, scenario, column)
    counted = (
        given if measure == "accounts" and not scenario else answer(cube, CubeQuery((axis,), measures=("accounts",), where=fitting("accounts", where)), scope)
    )
    values = dict(zip(given.table["cell"].to_pylist(), given.table[column or measure].to_pylist(), strict=True))
    accounts = dict(zip(counted.table["cell"].to_pylist(), counted.table["accounts"].to_pylist(), strict=True))
    placed = sorted(cell for cell in values.keys() | accounts.keys() if cell is not None)
    frame = pd.DataFrame({
        "cell": [f"{cell:x}" for cell in placed],
        "value": pd.Series([values.get(cell) for cell in placed], dtype=object),
        "accounts": pd.Series([accounts.get(cell, None if scope.hides else 0) for cell in placed], dtype="Int64"),
    })  # fmt: skip
    return Cells(MEASURES[measure], level, frame, values.get(None), accounts.get(None) or 0, given.explanation)


@dataclass(frozen=True)
class CellsByMember:
    """A measure by H3 cell for some members of a dimension, each with all cells.

    `frame` has a row per member and cell: `member`, `cell` (hexadecimal text), `value` (Decimal or int, None where there is none).
    `members` are in the order in which they are shown, `left_out` is how many are not; `level` is the one that was answered.
    """

    measure: Measure
    level: int
    frame: pd.DataFrame
    members: list[str]
    left_out: int
    explanation: Explanation


def cells_by_member(cube: Cube, query: CubeQuery, dimension: str, level: int, scope: Scope) -> CellsByMember:
    """A measure by H3 cell for each of MOST_MEMBERS members: the last of a time, the largest of another dimension.

    Args:
        cube: the published cube.
        query: its first measure and its filters are asked.
        dimension: whose members.
        level: H3 level; a coarser one is answered where there are more than MOST_CELLS_EACH cells.
        scope: who is looking.

    Raises:
        CubeError: the question does not fit, or is finer than the scope allows.
    """
    measure, split = query.measures[0], DIMENSIONS[dimension]
    place, axis = Axis(PLACE, level), Axis(dimension)
    given = answer(cube, answerable(cube, CubeQuery((place,), (axis,), (measure,), query.where)), scope)
    placed = sorted({cell for cell in given.table["cell"].to_pylist() if cell is not None})
    if len(placed) > MOST_CELLS_EACH and level > COARSEST_LEVEL:
        return cells_by_member(cube, query, dimension, level - 1, scope)
    columns = (given.table[name].to_pylist() for name in (axis.column, "cell", measure))
    values = {(split.member(raw), cell): value for raw, cell, value in zip(*columns, strict=True)}
    members = _members_by_size(cube, query, axis, scope)
    shown = sorted(members[-MOST_MEMBERS:]) if split.kind == "time" else members[:MOST_MEMBERS]
    pairs = [(member, cell) for member in shown for cell in placed]
    frame = pd.DataFrame({
        "member": [member for member, _ in pairs],
        "cell": [f"{cell:x}" for _, cell in pairs],
        "value": pd.Series([values.get(pair) for pair in pairs], dtype=object),
    })  # fmt: skip
    return CellsByMember(MEASURES[measure], level, frame, shown, len(members) - len(shown), given.explanation)


def _members_by_size(cube: Cube, query: CubeQuery, axis: Axis, scope: Scope) -> list[str]:
    """The members of an axis: those of a time in their order, else the largest first."""
    measure, split = query.measures[0], DIMENSIONS[axis.dimension]
    totals = answer(cube, answerable(cube, CubeQuery((axis,), measures=(measure,), where=query.where)), scope).table
    sizes = {split.member(raw): value for raw, value in zip(totals[axis.column].to_pylist(), totals[measure].to_pylist(), strict=True)}
    return sorted(sizes) if split.kind == "time" else sorted(sizes, key=lambda member: (sizes[member] is None, -(sizes[member] or 0)))


def level_of_cell(cell: str) -> int:
    """The H3 level of a cell, hexadecimal text."""
    return level_of(h3.str_to_int(cell))
