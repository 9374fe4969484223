"""Answers of the cube as a table in the terminal."""

from collections.abc import Sequence
from itertools import groupby

import h3
import pandas as pd
import pyarrow as pa
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from gcrm.olap.answer import Answer
from gcrm.olap.calendar import LEVELS, member
from gcrm.olap.catalogue import CUBES, MEASURES, PLACE_COLUMNS, UNKNOWN, dimensions_of
from gcrm.olap.query import CubeQuery
from gcrm.olap.query_log import Asked
from gcrm.olap.versions import Version

_MOST_ROWS = 200
_WIDEST = 100_000
"""A table is as wide as its figures, whatever the terminal is."""
_SMALL = 100
_HIDDEN = "hidden"


def show_answer(query: CubeQuery, answer: Answer) -> None:
    """Prints an answer: the rows of the question down the side, its columns across the top, and where it came from."""
    told = answer.explanation
    frame = readable(answer.table.to_pandas(integer_object_nulls=True))
    columns = [axis.column for axis in query.columns]
    rows = [name for name in query.keys if name not in columns]
    frame = _across(frame, rows, columns, query.answer_columns[len(query.keys) :]) if columns else frame
    _print(frame, _HIDDEN if told.hidden else "")
    if len(frame) > _MOST_ROWS:
        Console().print(f"{_MOST_ROWS:,} of {len(frame):,} rows; write them all with --output FILE.", highlight=False)
    files = ", ".join(f"{name} ({count:,} rows)" for name, count in told.read.items())
    money = f" Money in {told.currency}." if told.currency else ""
    Console(stderr=True).print(f"Version {told.version}; read {files} in {told.milliseconds:.0f} ms.{money} {told.hidden}".rstrip(), highlight=False)


def show_records(table: pa.Table, count: int) -> None:
    """Prints records, and how many there are in all."""
    frame = readable(table.to_pandas(integer_object_nulls=True))
    _print(frame)
    Console(stderr=True).print(f"{min(len(frame), _MOST_ROWS):,} of {count:,} records.", highlight=False)


def show_versions(versions: Sequence[Version]) -> None:
    """Prints versions of the cube: name, when it was built, what is in it, its cuboids and how many of them were chosen, its size."""
    table = Table("version", "built at (UTC)", "accounts", "order lines", "cuboids", "chosen", "MiB", "", box=None, header_style="bold")
    for at, each in enumerate(versions):
        rows = each.rows
        cuboids = (f"{len(each.cuboids):,}", f"{len(each.chosen):,}")
        told = (f"{rows['accounts-facts']:,}", f"{rows['sales-facts']:,}", *cuboids, f"{each.size_bytes / 2**20:,.1f}", "" if at else "in force")
        table.add_row(each.name, f"{each.built_at:%Y-%m-%d %H:%M:%S}", *told)
    Console(width=_WIDEST).print(table)


def show_log(log: Sequence[Asked]) -> None:
    """Prints what was asked, that which took longest altogether first; times and rows are those of one answer, on average."""
    table = Table("by", "measures", "filtered by", "times", "ms", "rows read", box=None, header_style="bold")
    for each in log:
        axes, measures, filtered = each.shape.texts
        table.add_row(axes, measures, filtered, f"{each.times:,}", f"{each.milliseconds / each.times:,.1f}", f"{each.rows_read / each.times:,.0f}")
    Console(width=_WIDEST).print(table)


def _print(frame: pd.DataFrame, missing: str = "") -> None:
    """Prints the first rows, each value in full: a figure that is cut off is another figure."""
    table = Table(*(escape(str(name)) for name in frame.columns), box=None, header_style="bold")
    for _, row in frame.head(_MOST_ROWS).iterrows():
        table.add_row(*(_shown(value) or missing for value in row))
    Console(width=_WIDEST).print(table)


def show_measures() -> None:
    """Prints every measure with its unit, by cube; measures that can be split in the same way stand together."""
    for (cube, dimensions), alike in groupby(MEASURES.values(), lambda each: (CUBES[each.facts], dimensions_of(each.name))):
        table = Table("measure", "what it is", "unit", "adds up", box=None, header_style="bold", title=f"{cube}: by place, {', '.join(dimensions)}")
        table.title_justify = "left"
        for each in alike:
            table.add_row(each.name, escape(each.label), each.unit, "yes" if each.additive else "no")
        Console().print(table)


def readable(frame: pd.DataFrame) -> pd.DataFrame:
    """The same answer with cells, which must be whole numbers, as hexadecimal text and times as 2025-03 or 2025-Q1."""
    shown = frame.copy()
    for column in PLACE_COLUMNS & set(shown.columns):
        shown[column] = [h3.int_to_str(int(cell)) if pd.notna(cell) else UNKNOWN for cell in frame[column]]
    for name in LEVELS.keys() & set(shown.columns):
        shown[name] = [member(name, first_day) for first_day in frame[name]]
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
    if isinstance(value, str):
        return escape(value)
    return f"{value:,.4g}" if isinstance(value, float) and abs(value) < _SMALL else f"{value:,.2f}" if isinstance(value, float) else f"{value:,}"
