"""Text: Unicode normal form C, one blank between words, no control characters."""

import pandas as pd

from gcrm.ingest.clean.result import Cleaned

_CONTROL = r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\u200b\u2060\ufeff]"
_BLANK = r"\s+"


_UNTIDY = r"[^ -~]|^ | $|  "
"""What plain ASCII text without stray blanks does not have; most values of a file are such, and cost one look."""


def tidy(raw: pd.Series) -> pd.Series:
    """Text in normal form C, control characters removed, blanks collapsed; missing where nothing is left."""
    value = raw.astype("string").fillna("")
    untidy = value.str.contains(_UNTIDY, regex=True)
    if untidy.any():
        mended = value[untidy].str.replace(_CONTROL, "", regex=True).str.normalize("NFC").str.replace(_BLANK, " ", regex=True).str.strip()
        value = value.copy()
        value[untidy] = mended
    return value.mask(value == "")


def clean(raw: pd.Series, _format: str | None = None) -> Cleaned:
    """Tidy text; nothing is refused.

    Args:
        raw: text.
    """
    value = tidy(raw)
    return Cleaned(value, pd.Series(pd.NA, index=raw.index, dtype="string"))
