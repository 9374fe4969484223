"""Records as a table in the terminal."""

from collections.abc import Iterable, Sequence
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

_LONGEST = 90


def show_records(heads: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Prints records, each in a line.

    Args:
        heads: of the columns.
        rows: values in their order; what is missing is left empty.
    """
    from pandas import isna

    table = Table(*heads, box=None, header_style="bold")
    for row in rows:
        table.add_row(*("" if isna(value) else escape(str(value)[:_LONGEST]) for value in row))
    Console().print(table)
