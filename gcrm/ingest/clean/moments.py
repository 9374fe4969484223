"""Times and dates: ISO 8601, a format that the mapping names, or what the column itself proves.

A single 03/04/2024 does not say whether the day or the month comes first; a column mostly does: one 25/04 in it decides. Where nothing
decides, the values that could be two days are refused, and the reason says what to write into the mapping.
"""

from types import MappingProxyType

import pandas as pd

from gcrm.errors import MappingError
from gcrm.ingest.clean.month_names import read_words
from gcrm.ingest.clean.result import PLAIN, Cleaned, Context, found, groups, has, nothing, on_distinct, reasons
from gcrm.ingest.clean.text import narrow, tidy

FORMATS = MappingProxyType({
    "day_first": "31/12/2024", "month_first": "12/31/2024", "year_first": "24/12/31", "excel": "days since 1900, as in 45657",
    "excel_1904": "days since 1904", "unix": "seconds since 1970", "unix_ms": "milliseconds since 1970",
})  # fmt: skip
"""The formats that have a name, each with an example; all others are those of strptime."""

_EARLIEST = pd.Timestamp("1800-01-01")
_LATEST = pd.Timestamp("2200-01-01")
_ISO = r"\d{4}-\d{2}-\d{2}(?:[T ]\d{2}:\d{2}(?::\d{2}(?:[.,]\d{1,9})?)?\s?(?:Z|[+-]\d{2}(?::?\d{2})?)?)?"
_COMPACT = r"^((?:19|20)\d{2})(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])((?:[T ]\d{2}:?\d{2}.*)?)$"
_DATE_AND_TIME = (
    r"^(?P<date>.*?)(?:(?:[T ]|,)\s*(?:(?:um|at|à|alle|kl\.?|o)\s+)?(?P<noon>오전|오후|午前|午後)?\s*(?P<hour>\d{1,2})[:h](?P<minute>\d{2})"
    r"(?:[:.](?P<second>\d{2})(?:[.,](?P<part>\d{1,9}))?)?\s*(?P<half>[AaPp]\.?\s?[Mm]\.?)?\s*(?:Uhr|hrs?|h)?\s*"
    r"(?P<zone>Z|UTC|GMT|[+-]\d{2}:?\d{2})?)?$"
)
_WITH_POINT = r"(\d{1,2})\.(\d{2})\s*Uhr$"
_TRIPLE = r"^(?:[^\W\d]+\.?,?\s+)?(?P<first>\d{1,4})(?P<mark>[./-])\s?(?P<second>\d{1,2})[./-]\s?(?P<third>\d{1,4})(?P<end>\.?)$"
_DAYS_1900 = pd.Timestamp("1899-12-30")
"""Day 0 of a spreadsheet that believes in 29 February 1900: right from 1 March 1900 on (ECMA-376, 18.17.4.1)."""
_DAYS_1904 = pd.Timestamp("1904-01-01")
_SERIAL = r"[2-7]\d{4}(?:\.\d+)?"
"""1954 to 2119: a number in a column of dates that can hardly be anything else."""
_REASON = "is not a time in ISO 8601 form (2026-11-21 or 2026-11-21T14:30:00Z) or another that is known; name its form in the mapping with `format`"
_MONTHS, _DAYS = 12, 31


def date_order(values: pd.Series) -> str | None:
    """The order of day, month and year that a column of dates proves.

    Dates between points have the day first, since no language of CLDR writes them otherwise; a first number above 12 proves the
    same, a second number above 12 that the month is first, and a first number of four digits or above 31 that the year is.

    Args:
        values: dates as text; those that are no three numbers say nothing.

    Returns:
        "day_first", "month_first", "year_first", or None where nothing or a contradiction is proved.
    """
    return _order(_triples(_split(values.dropna())["date"]))


def _split(values: pd.Series) -> pd.DataFrame:
    return groups(values, _DATE_AND_TIME)


def _triples(dates: pd.Series) -> pd.DataFrame:
    """Three numbers with marks between: first, second, third as Int64, `dotted`, and the digits of the first and third."""
    parts = groups(dates, _TRIPLE)
    numbers = {name: pd.to_numeric(parts[name], errors="coerce").astype("Int64") for name in ("first", "second", "third")}
    sizes = {f"{name}_digits": parts[name].str.len() for name in ("first", "third")}
    return pd.DataFrame(numbers | sizes | {"dotted": (parts["mark"] == ".") & (parts["end"] == ""), "dashed": parts["mark"] == "-"}).dropna(subset="first")


def _order(triples: pd.DataFrame) -> str | None:
    open_ = triples[(triples["first_digits"] <= 2) & ~triples["third_digits"].isin([1, 3])]  # noqa: PLR2004 - two digits
    if open_.empty:
        return None
    short = open_["third_digits"] == 2  # noqa: PLR2004 - two digits
    proofs = {
        "year_first": (short & (open_["first"] > _DAYS)).any(),
        "day_first": ((open_["first"] > _MONTHS) & (open_["first"] <= _DAYS) & (open_["second"] <= _MONTHS) & ~(short & open_["dashed"])).any()
        or open_["dotted"].any(),
        "month_first": ((open_["second"] > _MONTHS) & (open_["first"] <= _MONTHS)).any(),
    }
    proved = [order for order, proof in proofs.items() if proof]
    return proved[0] if len(proved) == 1 else None


def _numbers(triples: pd.DataFrame, order: str | None) -> tuple[pd.DataFrame, pd.Series]:
    """Year, month and day of each triple, and where two readings are possible and none is proved."""
    year_first = (triples["first_digits"] > 2) | ((order == "year_first") & (triples["third_digits"] <= 2))  # noqa: PLR2004 - two digits
    month_first = (order == "month_first") | ((order is None) & (triples["second"] > _MONTHS))
    day = triples["first"].mask(month_first, triples["second"]).mask(year_first, triples["third"])
    month = triples["second"].mask(month_first, triples["first"]).mask(year_first, triples["second"])
    year = triples["third"].mask(year_first, triples["first"])
    digits = triples["third_digits"].mask(year_first, triples["first_digits"])
    year = year.mask(digits == 2, year + 1900 + 100 * (year < 69).astype("Int64"))  # noqa: PLR2004 - see full_year
    certain = year_first | (triples["first"] > _MONTHS) | (triples["second"] > _MONTHS) | (triples["first"] == triples["second"]) | triples["dotted"]
    certain &= ~(triples["dashed"] & (triples["third_digits"] == 2) & (triples["third"] <= _DAYS)) | year_first  # noqa: PLR2004 - 24-03-15
    numbers = pd.DataFrame({"year": year.where(digits.isin([2, 4])), "month": month, "day": day})
    return numbers, ~certain if order is None else pd.Series(data=False, index=triples.index)


def _assembled(numbers: pd.DataFrame) -> pd.Series:
    text = (
        numbers["year"].astype("string").str.zfill(4)
        + "-"
        + numbers["month"].astype("string").str.zfill(2)
        + "-"
        + numbers["day"].astype("string").str.zfill(2)
    )
    return pd.to_datetime(text, format="%Y-%m-%d", errors="coerce").astype("datetime64[us]")


def _time_of_day(parts: pd.DataFrame) -> pd.Series:
    """The time of day as a timedelta, zero where none is given, missing where it is none."""
    given = parts["hour"].fillna("") != ""
    hour, minute, second = (pd.to_numeric(parts[name].replace("", pd.NA), errors="coerce").fillna(0).astype("int64") for name in ("hour", "minute", "second"))
    late = parts["half"].str.lower().str.startswith("p").fillna(value=False) | parts["noon"].isin(["오후", "午後"])
    early = parts["half"].str.lower().str.startswith("a").fillna(value=False) | parts["noon"].isin(["오전", "午前"])
    good = (hour < 24) & (minute < 60) & (second < 60) & ~((late | early) & ((hour > _MONTHS) | (hour == 0)))  # noqa: PLR2004 - a day
    hour = hour.mask(late & (hour < _MONTHS), hour + 12).mask(early & (hour == _MONTHS), 0)
    part = pd.to_numeric(("0." + parts["part"].fillna("")).replace("0.", "0"), errors="coerce")
    seconds = hour * 3600 + minute * 60 + second
    delta = pd.to_timedelta(seconds, unit="s") + pd.to_timedelta((part * 1e6).round(), unit="us")
    return delta.where(good | ~given)


def _offset(zones: pd.Series) -> pd.Series:
    """Minutes east of Greenwich, missing where no zone is given."""
    parts = groups(zones, r"^(?P<sign>[+-])(?P<hours>\d{2}):?(?P<minutes>\d{2})$")
    minutes = pd.to_numeric(parts["hours"], errors="coerce") * 60 + pd.to_numeric(parts["minutes"], errors="coerce")
    return minutes.where(parts["sign"] == "+", -minutes).mask(zones.isin(["Z", "UTC", "GMT"]), 0).astype("Float64")


def _since(values: pd.Series, form: str) -> pd.Series:
    """Moments out of numbers that count from a beginning."""
    number = pd.to_numeric(values.where(found(values, r"-?\d{1,16}(?:\.\d+)?")), errors="coerce").astype("float64")
    start, unit = {"excel": (_DAYS_1900, "D"), "excel_1904": (_DAYS_1904, "D"), "unix": (pd.Timestamp(0), "s"), "unix_ms": (pd.Timestamp(0), "ms")}[form]
    seconds = number * {"D": 86_400, "s": 1, "ms": 0.001}[unit]
    inside = seconds.abs() < 86_400 * 200_000  # 500 years
    return (start + pd.to_timedelta(seconds.where(inside).round(3), unit="s")).astype("datetime64[us]")


def _counting(values: pd.Series) -> str | None:
    """The format of a column of nothing but numbers that count seconds."""
    if len(values) and found(values, r"1?\d{9}").all():
        return "unix"
    return "unix_ms" if len(values) and found(values, r"1?\d{12}").all() else None


def _read(given: pd.Series, order: str | None) -> tuple[pd.DataFrame, pd.Series, pd.Series]:
    """Local moments and offsets (columns moment, offset) of values that are not ISO 8601, their reasons and their notes."""
    notes, problem = nothing(given.index), reasons(given.notna(), _REASON)
    result = pd.DataFrame(
        {"moment": pd.Series(pd.NaT, index=given.index, dtype="datetime64[us]"), "offset": pd.Series(pd.NA, index=given.index, dtype="Float64")}
    )
    if counting := _counting(given):
        return result.assign(moment=_since(given, counting), offset=0.0), nothing(given.index), notes
    parts = _split(given.str.replace(_WITH_POINT, r"\1:\2", regex=True))
    triples = _triples(parts["date"])
    numbers, unsure = _numbers(triples, order or _order(triples))
    words = on_distinct(parts["date"].drop(index=triples.index), read_words)
    in_words = groups(words, r"^(?P<year>\d{4})-(?P<month>\d+)-(?P<day>\d+)$").astype("Int64").dropna()
    days = _assembled(pd.concat([numbers, in_words])).mask(unsure.reindex([*numbers.index, *in_words.index], fill_value=False))
    result.loc[days.index, "moment"] = days
    result["moment"] = (result["moment"] + _time_of_day(parts)).astype("datetime64[us]")
    result["offset"] = _offset(parts["zone"])
    serial = found(given, _SERIAL)
    result.loc[serial, "moment"] = _since(given[serial], "excel")
    notes = notes.mask(serial, "was read as the day number of a spreadsheet")
    problem = problem.mask(result["moment"].notna())
    problem[unsure.index[unsure]] = (
        "may have the day or the month first, and no other value of the column decides it; write `format: day_first` or `format: month_first` into the mapping"
    )
    problem[words.index[(words == "?").fillna(value=False)]] = "names a month that is another one in another language; write the dates with numbers"
    return result, problem, notes


def _checked_format(form: str, given: pd.Series) -> pd.Series:
    try:
        return pd.to_datetime(given, format=form, utc=True, errors="coerce")
    except ValueError as error:  # only the pattern can be at fault: values that do not parse are coerced
        known = ", ".join(FORMATS)
        raise MappingError(f"{form!r} is no format of a time ({error}); write one such as %d.%m.%Y, or {known}, in the mapping.") from error


def _to_utc(moments: pd.Series, offset: pd.Series, zone: str | None) -> pd.Series:
    """Local moments as UTC: by their offset, else by the zone. Of an hour that comes twice the first counts, one that is skipped ends with the gap."""
    fixed = (moments - pd.to_timedelta(offset.astype("float64"), unit="min")).dt.tz_localize("UTC")
    try:
        local = moments.dt.tz_localize(zone or "UTC", ambiguous=[True] * len(moments), nonexistent="shift_forward").dt.tz_convert("UTC")
    except (KeyError, ValueError, OSError) as error:
        raise MappingError(f"{zone!r} is no time zone; write a name of the IANA list, such as Europe/Zurich, in the mapping.") from error
    return fixed.where(offset.notna(), local).astype("datetime64[us, UTC]")


def _within(moments: pd.Series) -> pd.Series:
    return moments.where((moments >= _EARLIEST) & (moments < _LATEST))


def _all_read(raw: pd.Series, context: Context) -> tuple[pd.DataFrame, pd.Series, pd.Series]:
    """Local moments with their offsets, reasons and notes, of every value in whichever form."""
    given = narrow(tidy(raw))
    given = given.str.replace(_COMPACT, r"\1-\2-\3\4", regex=True) if context.format is None and has(given, _COMPACT).any() else given
    form = context.format
    if form is not None and form not in FORMATS:
        parsed = _checked_format(form, given)
        zoned = "%z" in form
        local = pd.DataFrame(
            {"moment": parsed.dt.tz_localize(None).astype("datetime64[us]"), "offset": pd.Series(0 if zoned else pd.NA, index=raw.index, dtype="Float64")}
        )
        return local, reasons(given.notna() & parsed.isna(), f"is not a time of the form {form}"), nothing(raw.index)
    iso = found(given, _ISO)
    moments = pd.to_datetime(given.where(iso).str.replace(r"\s?(?:Z|([T ]\d.*)[+-]\d{2}:?(?:\d{2})?)$", r"\1", regex=True), format="ISO8601", errors="coerce")
    zone = groups(given.where(iso), r"^.{11}[\d:.,]+\s?(?P<zone>Z|[+-]\d{2}:?(?:\d{2})?)$")["zone"].str.replace(r"^([+-]\d{2})$", r"\1:00", regex=True)
    local = pd.DataFrame({"moment": moments.astype("datetime64[us]"), "offset": _offset(zone)})
    problem, notes = reasons(iso & moments.isna(), _REASON), nothing(raw.index)
    rest = given[given.notna() & ~iso]
    if len(rest) and form in {"excel", "excel_1904", "unix", "unix_ms"}:
        counted = _since(rest, str(form))
        local.loc[rest.index, "moment"], problem[rest.index] = counted, reasons(counted.isna(), f"is not a time of the form {form} ({FORMATS[str(form)]})")
    elif len(rest):
        read, bad, noted = _read(rest, form)
        local.loc[rest.index] = read
        problem[rest.index], notes[rest.index] = bad, noted
    return local, problem, notes


def _finished(raw: pd.Series, clean: pd.Series, problem: pd.Series, notes: pd.Series) -> Cleaned:
    lost = tidy(raw).notna() & clean.isna() & problem.isna()
    return Cleaned(clean, problem.mask(lost, _REASON), notes.where(clean.notna()) if notes.notna().any() else None)


def time(raw: pd.Series, context: Context = PLAIN) -> Cleaned:
    """Times as datetime64[us, UTC]; a time without a zone is taken in the context's, else as UTC.

    Args:
        raw: text.
        context: format and time zone of the mapping.

    Raises:
        MappingError: the format or the zone is none.
    """
    given = tidy(raw)
    if context.format is None and context.time_zone is None and found(given.dropna(), _ISO).all():
        parsed = pd.to_datetime(given, format="ISO8601", utc=True, errors="coerce")
        inside = (parsed >= _EARLIEST.tz_localize("UTC")) & (parsed < _LATEST.tz_localize("UTC"))
        parsed = parsed.where(inside).astype("datetime64[us, UTC]")
        return Cleaned(parsed, reasons(given.notna() & parsed.isna(), _REASON))
    local, problem, notes = _all_read(raw, context)
    return _finished(raw, _to_utc(_within(local["moment"]), local["offset"], context.time_zone), problem, notes)


def date(raw: pd.Series, context: Context = PLAIN) -> Cleaned:
    """Dates as datetime64[us] at midnight: of a time the day that is written, whatever its zone.

    Args:
        raw: text.
        context: format of the mapping.

    Raises:
        MappingError: the format is none.
    """
    local, problem, notes = _all_read(raw, context)
    return _finished(raw, _within(local["moment"]).dt.normalize(), problem, notes)
