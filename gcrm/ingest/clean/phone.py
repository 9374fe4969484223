"""Phone numbers in international form (E.164, with "ext." where there is one), by the numbering plans that phonenumbers carries.

Most values of a file are well-formed: they are read by regular expressions made from the same plans, which Arrow runs over a whole column.
What these do not settle goes to the library. Both give the same (tests/unit/ingest/test_phone.py).
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, lru_cache

import pandas as pd
import phonenumbers
import pyarrow.compute as pc
from phonenumbers import PhoneMetadata, PhoneNumberFormat
from phonenumbers.phonemetadata import PhoneNumberDesc

from gcrm.ingest.clean.result import PLAIN, Cleaned, Context, as_arrow, found, has, nothing
from gcrm.ingest.clean.text import narrow, tidy

_PLAIN = r"\+?[\d(][\d ()./-]*\d"
_SIGNS = r"[ ()./-]"
_KINDS = ("fixed_line", "mobile", "toll_free", "premium_rate", "shared_cost", "personal_number", "voip", "pager", "uan", "voicemail")
"""The kinds of number that `phonenumbers.number_type` knows."""

_BRACKETS = re.compile(r"\s*[(\[][^\d()\[\]]*[)\]]\s*$")
_WORDS_BEHIND = re.compile(r"(?<=\d)\s+[^\W\d][^\d]*$")
_BETWEEN = re.compile(r"\s*(?:[;,|]|\s/\s|//|\b(?:or|and|oder|und|ou|et|o|e|y|eller|och|tai|lub|nebo|oraz)\b|&)\s*", re.IGNORECASE)
_OF_A_SHEET = r"\d{7,}\.0+"
_CACHED = 100_000


@dataclass(frozen=True)
class _Plan:
    """What a region's numbering plan says of a national number.

    `kinds` holds, by the length in digits, the pattern of all kinds of number that may have it; `trunk` is what is dialled before a
    national number (a pattern; `plain_trunk` where it is only digits that fall away), `idd` what is dialled to leave the country.
    """

    code: str
    general: str
    kinds: Mapping[int, str]
    leading: str | None
    trunk: str | None
    plain_trunk: bool
    idd: str | None


@cache
def _plan(region: str) -> _Plan | None:
    """The plan of a region; None where there is none."""
    data = PhoneMetadata.metadata_for_region(region)
    general = data.general_desc if data is not None else None
    if data is None or general is None or general.national_number_pattern is None:
        return None
    kinds: dict[int, list[str]] = {}
    for name in _KINDS:
        kind: PhoneNumberDesc | None = getattr(data, name)
        if kind is not None and kind.national_number_pattern:
            for digits in set(kind.possible_length or general.possible_length) & set(general.possible_length):
                kinds.setdefault(digits, []).append(f"(?:{kind.national_number_pattern})")
    trunk = data.national_prefix_for_parsing
    return _Plan(
        code=str(data.country_code),
        general=general.national_number_pattern,
        kinds={digits: "|".join(patterns) for digits, patterns in kinds.items()},
        leading=data.leading_digits,
        trunk=trunk,
        plain_trunk=trunk is None or (trunk.isdecimal() and not data.national_prefix_transform_rule),
        idd=data.international_prefix,
    )


def _begins(numbers: pd.Series, pattern: str | None) -> pd.Series:
    if pattern is None:
        return pd.Series(data=False, index=numbers.index)
    return has(numbers, rf"^(?:{pattern})")


def _fits(numbers: pd.Series, plan: _Plan) -> pd.Series:
    """Where national numbers fit the plan: its general pattern, and that of a kind which may have their length."""
    fits = pd.Series(data=False, index=numbers.index)
    sizes = numbers.str.len()
    for digits, pattern in plan.kinds.items():
        sized = numbers[sizes == digits]
        if len(sized):
            fits[sized.index] = found(sized, pattern) & found(sized, plan.general)
    return fits


def _valid(numbers: pd.Series, code: str) -> pd.Series:
    """Where national numbers of a calling code are valid, found as `phonenumbers.is_valid_number` does: in the first region they belong to."""
    valid = pd.Series(data=False, index=numbers.index)
    for region in phonenumbers.COUNTRY_CODE_TO_REGION_CODE[int(code)]:
        plan = _plan(region)
        if plan is None or numbers.empty:
            break
        fits = _fits(numbers, plan)
        settled = _begins(numbers, plan.leading) if plan.leading else fits
        valid[numbers.index[fits & settled]] = True
        numbers = numbers[~settled]
    return valid


def _without_trunk(numbers: pd.Series, plan: _Plan) -> pd.Series:
    """National numbers that are valid, without the trunk prefix; missing where the library has to decide."""
    starts = _begins(numbers, plan.trunk)
    result = numbers.where(~starts & _valid(numbers, plan.code))
    if plan.plain_trunk and plan.trunk and starts.any():
        stripped = numbers[starts].str.slice(len(plan.trunk))
        result[stripped.index] = stripped.where(_valid(stripped, plan.code) & found(stripped, plan.general))
    return result


_CODES = "|".join(str(code) for code in sorted(phonenumbers.COUNTRY_CODE_TO_REGION_CODE))


def _international(numbers: pd.Series) -> pd.Series:
    """Digits that begin with a calling code, as E.164; missing where the library has to decide."""
    parts = pc.extract_regex(as_arrow(numbers), pattern=rf"^(?P<code>{_CODES})(?P<number>\d+)$")
    codes, rest = (pd.Series(pc.struct_field(parts, name), index=numbers.index, dtype="string") for name in ("code", "number"))
    result = nothing(numbers.index)
    for code in codes.dropna().unique():
        plan = _plan(phonenumbers.region_code_for_country_code(int(code)))
        if plan is not None:
            national = rest[codes == code]
            result[national.index] = "+" + code + _without_trunk(national, plan)
    return result


def _national(numbers: pd.Series, plan: _Plan) -> pd.Series:
    """Digits as they are dialled in the country, as E.164; missing where the library has to decide."""
    own_code = _begins(numbers, plan.code) & ~found(numbers, plan.general)
    unsure = _begins(numbers, plan.idd) | (own_code if plan.trunk != plan.code else own_code & ~_begins(numbers, plan.trunk))
    return ("+" + plan.code + _without_trunk(numbers, plan)).mask(unsure)


def well_formed(values: pd.Series, region: str | None) -> pd.Series:
    """Valid numbers in usual notation, as E.164; missing where the library has to decide.

    Args:
        values: tidy text.
        region: ISO 3166-1 alpha-2 code of the country they are dialled in, None if not known.
    """
    numbers = values[found(values, _PLAIN)].str.replace(_SIGNS, "", regex=True)
    plan = _plan(region) if region else None
    abroad = numbers.str.startswith("+").fillna(value=False).astype(bool)
    leaving = _begins(numbers, "00[1-9]") if plan is None or plan.idd == "00" else pd.Series(data=False, index=numbers.index)
    result = nothing(values.index)
    result[numbers.index[abroad]] = _international(numbers[abroad].str.slice(1))
    result[numbers.index[leaving]] = _international(numbers[leaving].str.slice(2))
    if plan is not None:
        at_home = numbers[~abroad & ~leaving]
        result[at_home.index] = _national(at_home, plan)
    return result


def _written(text: str, region: str | None) -> str | None:
    """The number as E.164, with its extension; None where it is not valid."""
    if region is None and text.startswith("00"):
        text = "+" + text[2:]
    try:
        number = phonenumbers.parse(text, region)
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_valid_number(number):
        return None
    extension = f" ext. {number.extension}" if number.extension else ""
    return phonenumbers.format_number(number, PhoneNumberFormat.E164) + extension


@lru_cache(_CACHED)
def _read(text: str, region: str | None) -> tuple[str, str | None, str | None]:
    """A number by the library: value, reason, note."""
    bare = _BRACKETS.sub("", text)
    tried = dict.fromkeys((text, bare, _WORDS_BEHIND.sub("", bare)))  # mostly the same text: the library takes 0.2 ms for one
    for attempt in tried:
        if number := _written(attempt, region):
            return number, None, None
    pieces = [piece for piece in _BETWEEN.split(text) if piece]
    alone = [bare_piece for piece in pieces if (bare_piece := _WORDS_BEHIND.sub("", piece)) not in tried]
    numbers = [number for piece in alone if (number := _written(piece, region))]
    if numbers:
        return numbers[0], None, f"holds more than one number; the first that is valid was kept ({len(pieces)} in {text!r})"
    if region is None and not text.startswith(("+", "00")):
        return text, "has no country: begin it with + and the calling code, map a country, or give `country` in the mapping", None
    return text, f"is not a valid phone number{f' of {region}' if region and not text.startswith('+') else ''}", None


def phone(raw: pd.Series, context: Context = PLAIN) -> Cleaned:
    """Phone numbers as E.164 (+41446681800, with " ext. 12" where an extension is given); what is not valid keeps its text.

    Args:
        raw: text.
        context: country of the records, for numbers without a calling code.
    """
    value = narrow(tidy(raw))
    sheet = found(value, _OF_A_SHEET)
    if sheet.any():  # a number that a spreadsheet took for one
        value = value.mask(sheet, value.str.replace(r"\.0+$", "", regex=True))
    given = value.dropna()
    regions = context.country.reindex(given.index).astype("string").fillna("") if context.country is not None else pd.Series("", index=given.index)
    clean, problems, notes = value.copy(), nothing(raw.index), nothing(raw.index)
    for name in regions.unique():
        region = name if name in phonenumbers.SUPPORTED_REGIONS else None
        numbers = given[regions == name]
        quick = well_formed(numbers, region)
        rest = numbers[quick.isna()]
        clean[numbers.index] = quick
        if len(rest):
            read = [_read(text, region) for text in rest]
            for target, answers in zip((clean, problems, notes), zip(*read, strict=True), strict=True):
                target[rest.index] = pd.array(answers, dtype="string")
    return Cleaned(clean, problems, notes)
