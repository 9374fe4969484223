"""Records that were refused, written out, mended and brought back: what was added to them on the way is taken off again."""

import pandas as pd

REASON_COLUMNS = ("refused row", "refused column", "refused value", "refused because")
"""Columns behind those of the source in a file of refused records."""

_MADE_HARMLESS = r"^'([=+\-@\t\r\n\uff1d\uff0b\uff0d\uff20])"


def as_it_was(frame: pd.DataFrame) -> pd.DataFrame:
    """A frame of a file of refused records without the reasons, and without the apostrophes that keep a spreadsheet from running a value.

    Args:
        frame: any frame of a reader; one without the columns of reasons stays as it is.
    """
    if not set(REASON_COLUMNS) <= set(frame.columns):
        return frame
    mended = frame.drop(columns=list(REASON_COLUMNS))
    return pd.DataFrame({name: mended[name].str.replace(_MADE_HARMLESS, r"\1", regex=True) for name in mended}, index=mended.index)
