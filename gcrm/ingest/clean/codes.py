"""Values out of a short list: codes, yes and no."""

import pandas as pd

from gcrm.ingest.clean.result import PLAIN, Cleaned, Context, nothing, reasons
from gcrm.ingest.clean.text import narrow, tidy
from gcrm.ingest.words import words

_FLAGS = dict.fromkeys(words("flags")["yes"], True) | dict.fromkeys(words("flags")["no"], False)


def code(raw: pd.Series, _context: Context = PLAIN) -> Cleaned:
    """Lower-case codes; whether one is allowed is the contract's matter.

    Args:
        raw: text.
    """
    return Cleaned(narrow(tidy(raw)).str.lower(), nothing(raw.index))


def flag(raw: pd.Series, _context: Context = PLAIN) -> Cleaned:
    """Yes or no as boolean.

    Args:
        raw: text, such as true, yes, 1, ja, oui, tak, kyllä, 예, x.
    """
    given = narrow(tidy(raw)).str.lower()
    value = given.map(_FLAGS).astype("boolean")
    return Cleaned(value, reasons(given.notna() & value.isna(), "is neither yes nor no"))
