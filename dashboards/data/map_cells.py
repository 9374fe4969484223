"""Measures by H3 cell, as the map shows them."""

from dataclasses import dataclass
from decimal import Decimal

import h3
import pandas as pd

from dashboards.data.cube import Cube, answer, fitting, in_one_currency
from gcrm.access.scope import Scope
from gcrm.olap.answer import Explanation
from gcrm.olap.catalogue import MEASURES, PLACE, Axis, Measure
from gcrm.olap.query import CubeQuery, Filter
from gcrm.spatial.cells import level_of
from gcrm.units import COARSEST_LEVEL

MOST_CELLS = 20_000
"""Cells that are drawn at once; beyond it the next coarser level is shown (measured: 10,000 take 4 to 8 s to draw without a graphics card)."""


@dataclass(frozen=True)
class Cells:
    """A measure by H3 cell.

    `frame` has a row per cell: `cell` (hexadecimal text), `value` (Decimal or int, None where there is none), `accounts`.
    `unplaced` and `unplaced_accounts` are those of what has no place. `level` is the one that was answered.
    """

    measure: Measure
    level: int
    frame: pd.DataFrame
    unplaced: Decimal | int | None
    unplaced_accounts: int
    explanation: Explanation


def cells(cube: Cube, measure: str, level: int, where: tuple[Filter, ...], scope: Scope) -> Cells:
    """A measure and the accounts by H3 cell; at a coarser level than asked for where there are too many cells to be drawn.

    Args:
        cube: the published cube.
        measure: name of the measure.
        level: H3 level.
        where: filters; those that the measure does not know are left out.
        scope: who is looking.

    Raises:
        CubeError: the question does not fit, or is finer than the scope allows.
    """
    axis = Axis(PLACE, level)
    asked = CubeQuery((axis,), measures=(measure,), where=fitting(measure, in_one_currency(cube, measure, where)))
    given = answer(cube, asked, scope)
    if given.table.num_rows > MOST_CELLS and level > COARSEST_LEVEL:
        return cells(cube, measure, level - 1, where, scope)
    counted = given if measure == "accounts" else answer(cube, CubeQuery((axis,), measures=("accounts",), where=fitting("accounts", where)), scope)
    values = dict(zip(given.table["cell"].to_pylist(), given.table[measure].to_pylist(), strict=True))
    accounts = dict(zip(counted.table["cell"].to_pylist(), counted.table["accounts"].to_pylist(), strict=True))
    placed = sorted(cell for cell in values.keys() | accounts.keys() if cell is not None)
    frame = pd.DataFrame({
        "cell": [f"{cell:x}" for cell in placed],
        "value": pd.Series([values.get(cell) for cell in placed], dtype=object),
        "accounts": [accounts.get(cell) or 0 for cell in placed],
    })  # fmt: skip
    return Cells(MEASURES[measure], level, frame, values.get(None), accounts.get(None) or 0, given.explanation)


def level_of_cell(cell: str) -> int:
    """The H3 level of a cell, hexadecimal text."""
    return level_of(h3.str_to_int(cell))
