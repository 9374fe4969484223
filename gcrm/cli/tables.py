"""Answers of the cube as a table in the terminal."""

import h3
import pandas as pd
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from gcrm.olap.answer import Answer
from gcrm.olap.query import CubeQuery

_MOST_ROWS = 200


def show_answer(query: CubeQuery, answer: Answer) -> None:
    """Prints an answer: the rows of the question down the side, its columns across the top, and where it came from."""
    frame = readable(answer.table.to_pandas(integer_object_nulls=True))
    rows, columns = [axis.column for axis in query.rows], [axis.column for axis in query.columns]
    frame = _across(frame, rows, columns, list(query.measures)) if columns else frame
    table = Table(*(escape(str(name)) for name in frame.columns), box=None, header_style="bold")
    for _, row in frame.head(_MOST_ROWS).iterrows():
        table.add_row(*(_shown(value) for value in row))
    console = Console()
    console.print(table)
    if len(frame) > _MOST_ROWS:
        console.print(f"{_MOST_ROWS:,} of {len(frame):,} rows; write them all with --output FILE.", highlight=False)
    told = answer.explanation
    files = ", ".join(f"{name} ({count:,} rows)" for name, count in told.read.items())
    money = f" Money in {told.currency}." if told.currency else ""
    Console(stderr=True).print(f"Version {told.version}; read {files} in {told.milliseconds:.0f} ms.{money}", highlight=False)


def readable(frame: pd.DataFrame) -> pd.DataFrame:
    """The same answer with cells, which must be whole numbers, as hexadecimal text and months as 2025-03."""
    shown = frame.copy()
    if "cell" in shown:
        shown["cell"] = [h3.int_to_str(int(cell)) if pd.notna(cell) else "(unknown)" for cell in frame["cell"]]
    if "month" in shown:
        shown["month"] = [f"{month:%Y-%m}" for month in frame["month"]]
    return shown


def _across(frame: pd.DataFrame, rows: list[str], columns: list[str], measures: list[str]) -> pd.DataFrame:
    """The same answer with the members of some columns across the top, in order; where nothing goes down the side, a row per measure."""
    given = frame.set_index([*rows, *columns])[measures].astype("object")  # objects: counts stay whole beside members that have none
    if not rows:
        wide = given.T
        wide.columns = pd.Index([_heading(name) for name in wide.columns])
        return wide.reset_index(names="measure")
    wide = pd.DataFrame(given.unstack(columns, sort=False))  # noqa: PD010 - pivot_table drops members whose measures are all missing
    names = sorted((tuple(name) for name in wide.columns), key=lambda name: (measures.index(name[0]), name[1:]))
    wide = wide[names]
    wide.columns = pd.Index([_heading(name[1:] if len(measures) == 1 else name) for name in names])
    return wide.reset_index()


def _heading(name: object) -> str:
    return " / ".join(map(str, name)) if isinstance(name, tuple) else str(name)


def _shown(value: str | float | None) -> str:
    if pd.isna(value):
        return ""
    return f"{value:,}" if not isinstance(value, str) else escape(value)
