"""Values out of a short list: codes, choices, yes and no."""

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


def choice(raw: pd.Series, context: Context = PLAIN) -> Cleaned:
    """Members of a choice as they are declared, whichever letters are capitals in the text.

    Args:
        raw: text.
        context: its `codes` are the members.
    """
    given = narrow(tidy(raw))
    value = given.str.casefold().map({member.casefold(): member for member in context.codes}).astype("string")
    return Cleaned(value, reasons(given.notna() & value.isna(), f"must be one of {', '.join(context.codes)}"))


def flag(raw: pd.Series, _context: Context = PLAIN) -> Cleaned:
    """Yes or no as boolean.

    Args:
        raw: text, such as true, yes, 1, ja, oui, tak, kyllä, 예, x.
    """
    given = narrow(tidy(raw)).str.lower()
    value = given.map(_FLAGS).astype("boolean")
    return Cleaned(value, reasons(given.notna() & value.isna(), "is neither yes nor no"))
