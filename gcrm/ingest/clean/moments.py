"""Times and dates: ISO 8601, or a format that the mapping names."""

import pandas as pd

from gcrm.errors import MappingError
from gcrm.ingest.clean.result import Cleaned, reasons
from gcrm.ingest.clean.text import tidy

_EARLIEST = pd.Timestamp("1800-01-01", tz="UTC")
_LATEST = pd.Timestamp("2200-01-01", tz="UTC")
_ZONE_OF_A_TIME = r"([T ]\d{2}[\d:.]*)\s*(?:Z|[+-]\d{2}(?::?\d{2})?)$"


def time(raw: pd.Series, pattern: str | None = None) -> Cleaned:
    """Times as datetime64[us, UTC]; a time without a zone is taken as UTC.

    Args:
        raw: text.
        pattern: strptime format; ISO 8601 if left out.

    Raises:
        MappingError: the pattern is no format.
    """
    given = tidy(raw)
    try:
        parsed = pd.to_datetime(given, format=pattern or "ISO8601", utc=True, errors="coerce")
    except ValueError as error:  # only the pattern can be at fault: values that do not parse are coerced
        raise MappingError(f"{pattern!r} is no format of a time ({error}); write one such as %d.%m.%Y in the mapping.") from error
    parsed = parsed.where((parsed >= _EARLIEST) & (parsed < _LATEST)).astype("datetime64[us, UTC]")
    wanted = f"of the form {pattern}" if pattern else "in ISO 8601 form (2026-11-21 or 2026-11-21T14:30:00Z); name another one in the mapping with `format`"
    return Cleaned(parsed, reasons(given.notna() & parsed.isna(), f"is not a time {wanted}"))


def date(raw: pd.Series, pattern: str | None = None) -> Cleaned:
    """Dates as datetime64[us] at midnight: of a time the day that is written, whatever its zone.

    Args:
        raw: text.
        pattern: strptime format; ISO 8601 if left out.

    Raises:
        MappingError: the pattern is no format.
    """
    cleaned = time(raw if pattern else tidy(raw).str.replace(_ZONE_OF_A_TIME, r"\1", regex=True), pattern)
    return Cleaned(cleaned.clean.dt.tz_localize(None).dt.normalize(), cleaned.reasons)
