"""Answers of the cube as tables to be looked at: members in words, a column per member of the columns, totals asked from the cube."""

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from dashboards import data, texts
from dashboards.cube_question import BESIDE
from dashboards.data import DIMENSIONS, MEASURES, UNKNOWN, Answer, Axis, Cube, CubeQuery, Scope, versus_columns

MOST_COLUMNS = 60
TOTAL = "Total"

type _Members = tuple[str, ...]


@dataclass(frozen=True)
class Pivot:
    """A table: text columns for the dimensions of the rows (`names`), then number columns; totals are its first row and its first number column.

    `members` has, for each row after the total, its member of each dimension; `columns_left_out` columns did not fit.
    """

    frame: pd.DataFrame
    names: list[str]
    members: list[dict[str, str]]
    columns_left_out: int


def flat(answer: Answer, axes: Sequence[Axis], measure: str) -> pd.DataFrame:
    """An answer with the members as text: cells hexadecimal, months as 2025-03, what is not known as UNKNOWN.

    Args:
        answer: of a question with these axes.
        axes: rows and columns.
        measure: the measure to show.

    Returns:
        A column per dimension, and `value` (float, missing where there is none).
    """
    table = answer.table
    columns = {axis.dimension: [DIMENSIONS[axis.dimension].member(raw) for raw in table[axis.column].to_pylist()] for axis in axes}
    return pd.DataFrame({**columns, "value": pd.Series([None if raw is None else float(raw) for raw in table[measure].to_pylist()], dtype=float)})


def pivot(cube: Cube, query: CubeQuery, scope: Scope, beside: str = "") -> Pivot:
    """The table of a question. Its totals are asked from the cube, never summed, so that distinct counts are right.

    Args:
        cube: the published cube.
        query: the question; its first measure is shown, or what is derived of it first.
        scope: who is looking.
        beside: of a scenario, what is shown in the place of the measure: a key of BESIDE.

    Raises:
        CubeError: the question does not fit.
    """
    measure = query.measures[0]
    column_shown = dict(zip(BESIDE, versus_columns(measure), strict=True)).get(beside, measure)
    # A total has no members, and so comes before what it is the total of.
    values: dict[tuple[_Members, _Members], float] = {}
    for rows, columns in dict.fromkeys([(query.rows, query.columns), (query.rows, ()), ((), query.columns), ((), ())]):
        part = query.shaped(rows, columns)
        shown_column = part.derived[0].column if part.derived else column_shown
        known = bool(part.derived) == bool(query.derived)  # a total over all times has no time before it
        for *members, value in flat(data.answer(cube, part, scope), part.axes, shown_column).itertuples(index=False, name=None):
            values[tuple(members[: len(rows)]), tuple(members[len(rows) :])] = value if known else float("nan")
    down, across = sorted({row for row, _ in values}, key=_order), sorted({column for _, column in values}, key=_order)
    shown = across[: MOST_COLUMNS + 1]
    names = [DIMENSIONS[axis.dimension].label for axis in query.rows] or [""]
    frame = pd.DataFrame([_row_words(query, row) for row in down], columns=names)
    label = TOTAL if query.columns else BESIDE.get(beside) or _column_name(cube, query, scope)
    for column in shown:
        words = " · ".join(texts.member_name(axis.dimension, member) for axis, member in zip(query.columns, column, strict=False))
        frame[words or label] = [values.get((row, column)) for row in down]
    members = [dict(zip((axis.dimension for axis in query.rows), row, strict=True)) for row in down if row]
    return Pivot(frame, names, members, len(across) - len(shown))


def _column_name(cube: Cube, query: CubeQuery, scope: Scope) -> str:
    if query.derived:
        return texts.derived_name(str(query.derived[0]))
    return texts.title_of(MEASURES[query.measures[0]], data.answer(cube, query, scope).explanation.currency)


def _order(members: _Members) -> list[tuple[bool, str]]:
    """What is not known comes last."""
    return [(member == UNKNOWN, member) for member in members]


def _row_words(query: CubeQuery, row: _Members) -> list[str]:
    if not row:
        return [TOTAL, *[""] * (len(query.rows) - 1)]
    return [texts.member_name(axis.dimension, member) for axis, member in zip(query.rows, row, strict=True)]
