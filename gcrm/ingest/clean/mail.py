"""Mail addresses, checked by email-validator without asking the network.

The ASCII addresses that most values are go through one regular expression; it admits only what the library accepts as it stands
(tests/unit/ingest/test_mail.py). The rest, internationalised names and domains among it, goes to the library.
"""

import re
from functools import lru_cache

import pandas as pd
from email_validator import SPECIAL_USE_DOMAIN_NAMES, EmailNotValidError, validate_email

from gcrm.ingest.clean.result import PLAIN, Cleaned, Context, found, has, nothing
from gcrm.ingest.clean.text import narrow, tidy

_LABEL = r"[a-z0-9](?:[a-z0-9]|-[a-z0-9]){0,30}"
_PLAIN = rf"[A-Za-z0-9_+]+(?:[.-][A-Za-z0-9_+]+)*@(?:{_LABEL}\.){{1,3}}[a-z]{{2,20}}"
_SPECIAL = rf"(?:^|[@.])(?:{'|'.join(re.escape(name) for name in SPECIAL_USE_DOMAIN_NAMES)})$"
_LONGEST_QUICK = 64
"""Characters: shorter addresses cannot break the limits of length (64 before the @, 254 in all)."""

_AROUND = re.compile(r"^(?:mailto:)\s*|^.*<\s*(?=[^<>]+@)|\s*>.*$|^[\"'\[(]+|[\"'\]),.;]+$", re.IGNORECASE)
_BETWEEN = re.compile(r"\s*[;,|\s]\s*|\s*/\s*(?=\S+@)")
_CACHED = 100_000


def well_formed(values: pd.Series) -> pd.Series:
    """Where an address stands as the library would write it."""
    plain = found(values, _PLAIN) & (values.str.len() <= _LONGEST_QUICK).fillna(value=False).astype(bool)
    return plain & ~has(values, _SPECIAL)


def written(text: str) -> str | None:
    """The address in its normal form; None where the library finds it invalid."""
    try:
        return validate_email(text, check_deliverability=False).normalized
    except EmailNotValidError:
        return None


@lru_cache(_CACHED)
def _read(text: str) -> tuple[str, str | None, str | None]:
    """An address by the library: value, reason, note."""
    bare = text
    while (shorter := _AROUND.sub("", bare)) != bare:
        bare = shorter
    if address := written(text) or written(bare):
        return address, None, None
    pieces = [piece for piece in _BETWEEN.split(text) if "@" in piece]
    addresses = [address for piece in pieces if (address := written(_AROUND.sub("", piece)))]
    if addresses and len(pieces) > 1:
        return addresses[0], None, f"holds more than one address; the first that is valid was kept ({len(pieces)} in {text!r})"
    return text, "is not a mail address", None


def mail(raw: pd.Series, _context: Context = PLAIN) -> Cleaned:
    """Mail addresses in normal form, the domain in lower case; what is not valid keeps its text.

    Args:
        raw: text.
    """
    value = narrow(tidy(raw))
    rest = value[value.notna() & ~well_formed(value)]
    problems, notes = nothing(raw.index), nothing(raw.index)
    if len(rest):
        value = value.copy()
        read = [_read(text) for text in rest]
        for target, answers in zip((value, problems, notes), zip(*read, strict=True), strict=True):
            target[rest.index] = pd.array(answers, dtype="string")
    return Cleaned(value, problems, notes)
