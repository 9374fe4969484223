"""Records that were refused, written out, mended and brought back: what was added to them on the way is taken off again."""

from collections.abc import Iterable

import pandas as pd

from gcrm.ingest.options import WHITESPACE, ReadOptions

REASON_COLUMNS = ("refused row", "refused column", "refused value", "refused because")
"""Columns behind those of the source in a file of refused records."""

_MADE_HARMLESS = r"^'([=+\-@\t\r\n\uff1d\uff0b\uff0d\uff20])"


def own_layout(options: ReadOptions) -> ReadOptions:
    """How a file of refused records is laid out: as its format says, and not as the file that they came in was.

    Args:
        options: of the file that they came in.
    """
    laid_out = dict.fromkeys(("columns", "header", "skip_lines", "sheet", "layer", "crs"))
    blanks = {"delimiter": None} if options.delimiter == WHITESPACE else {}
    return options.model_copy(update={**laid_out, **blanks})


def has_reasons(columns: Iterable[str]) -> bool:
    """Whether columns are those of a file of refused records."""
    return set(REASON_COLUMNS) <= set(columns)


def as_it_was(frame: pd.DataFrame) -> pd.DataFrame:
    """A frame of a file of refused records without the reasons, and without the apostrophes that keep a spreadsheet from running a value.

    Args:
        frame: any frame of a reader; one without the columns of reasons stays as it is.
    """
    if not has_reasons(frame.columns):
        return frame
    mended = frame.drop(columns=list(REASON_COLUMNS))
    return pd.DataFrame({name: mended[name].str.replace(_MADE_HARMLESS, r"\1", regex=True) for name in mended}, index=mended.index)
