"""Normal forms in which two ways of writing the same name, number or address are equal or at least near."""

import re
import unicodedata
from collections.abc import Callable

import numpy as np
import pandas as pd
import phonenumbers
import pyarrow as pa
import pyarrow.compute as pc
from anyascii import anyascii

from gcrm.ingest.duplicates.records import FIELDS, Column, Records, Texts

LONGEST = 200
"""Characters of a value that are looked at."""

LEGAL_FORMS = frozenset({
    # German, Dutch, Nordic, Baltic
    "gmbh", "mbh", "ag", "kg", "kgaa", "ohg", "ug", "gbr", "ev", "eg", "ek", "co", "bv", "nv", "vof", "cv", "oy", "oyj", "ky", "tmi", "ab", "hb",
    "as", "asa", "ans", "aps", "ivs", "is", "sia", "uab", "oue",
    # English
    "inc", "incorporated", "corp", "corporation", "company", "llc", "llp", "lp", "ltd", "limited", "plc", "pc", "pllc", "pty", "pte", "pvt",
    # French, Italian, Spanish, Portuguese
    "sa", "sarl", "sas", "sasu", "eurl", "sci", "snc", "scop", "srl", "srls", "spa", "sapa", "sl", "slu", "sau", "sll", "ltda", "lda", "eireli",
    # Slavic, Hungarian, Turkish
    "sro", "spol", "doo", "dd", "ad", "ood", "eood", "zoo", "spzoo", "kft", "zrt", "nyrt", "bt", "ooo", "oao", "zao", "pao", "ao", "tov", "sti",
    # Asian, as they are romanised
    "kk", "kabushikigaisha", "kaisha", "yugengaisha", "gaisha", "bhd", "sdn", "tbk", "jusikhoesa",
})  # fmt: skip
"""Words that say in which form a company was founded, and nothing about which company it is. Only the last words of a name, and the first, are looked at."""

_FORMED = rf"\b\w \w\b|^(?:{'|'.join(sorted(LEGAL_FORMS))}) | (?:{'|'.join(sorted(LEGAL_FORMS))})$"
_NATIVE_FORMS = r"株式会社|有限会社|合同会社|주식회사|유한회사|\(주\)|\(株\)|股份有限公司|有限责任公司|有限公司"
_VOWELS = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ø": "oe", "å": "aa"})
_APOSTROPHES = "['`\u2019\u2018\u00b4\u02bc]"
_ORDINALS = {
    "first": "1st", "second": "2nd", "third": "3rd", "fourth": "4th", "fifth": "5th", "sixth": "6th", "seventh": "7th", "eighth": "8th", "ninth": "9th",
    "tenth": "10th", "eleventh": "11th", "twelfth": "12th",
}  # fmt: skip
_SPELT = re.compile(r"(?<=\b\w) (?=\w\b)")
_CALLING_CODES = "|".join(map(str, sorted(phonenumbers.COUNTRY_CODE_TO_REGION_CODE, reverse=True)))
_SIGNIFICANT_DIGITS = 12
_FEWEST_DIGITS = 5
_LEADING_NUMBER = r"^(?P<number>\d+[a-z]?) (?P<rest>.*[a-z].*)$"
_TRAILING_NUMBER = r"^(?P<rest>.*[a-z].*?) (?P<number>\d+ ?[a-z]?)$"


def normalise(frame: pd.DataFrame) -> Records:
    """Brings records into the form in which they are compared.

    Args:
        frame: any of the columns `FIELDS`, one row per record; what is missing is missing. Other columns are left alone.

    Returns:
        The columns `name` (folded, without the legal form), `street`, `number`, `postcode`, `city`, `phone` (national significant digits), `email`,
        `website` (host), `tax_number`, `birth_date` (digits), `cell`.
    """
    raw = {name: _texts(frame, name) for name in FIELDS if name != "cell"}
    number, street = _house_number(_distinct(raw["street"], streets), _distinct(raw["house_number"], fold))
    columns = {
        "name": Column.of(_distinct(_full_name(raw), names)),
        "street": Column.of(street),
        "number": Column.of(number),
        "postcode": Column.of(_distinct(raw["postcode"], _packed)),
        "city": Column.of(_distinct(raw["city"], fold)),
        "phone": Column.of(_distinct(raw["phone"], phones)),
        "email": Column.of(_distinct(raw["email"], mails)),
        "website": Column.of(_distinct(raw["website"], hosts)),
        "tax_number": Column.of(_distinct(raw["tax_number"], _packed)),
        "birth_date": Column.of(_distinct(raw["birth_date"], _packed)),
        "cell": _cells(frame),
    }
    return Records(len(frame), columns)


def fold(texts: pa.Array) -> pa.Array:
    """Lower-case ASCII words with one blank between them: any script is romanised, apostrophes vanish, other marks become blanks.

    A marked vowel is written as its speakers write it without the mark: Müller is mueller, Århus is aarhus.

    Args:
        texts: any text.
    """
    texts = pc.utf8_slice_codeunits(texts, 0, LONGEST)
    foreign = pc.invert(pc.string_is_ascii(texts))
    if pc.any(foreign).as_py():
        romanised = [anyascii(unicodedata.normalize("NFC", text).casefold().translate(_VOWELS)) for text in texts.filter(foreign).to_pylist()]
        texts = pc.replace_with_mask(texts, foreign, pa.array(romanised, pa.string()))
    texts = pc.replace_substring_regex(pc.ascii_lower(texts), _APOSTROPHES, "")
    texts = pc.replace_substring_regex(texts, "&", " and ")
    return pc.ascii_trim_whitespace(pc.replace_substring_regex(texts, "[^a-z0-9]+", " "))


def streets(texts: pa.Array) -> pa.Array:
    """Folded streets; an English ordinal is written with digits (Fifth Avenue is 5th avenue).

    Args:
        texts: streets, with or without house numbers.
    """
    folded = fold(texts)
    written = pc.match_substring_regex(folded, rf"\b({'|'.join(_ORDINALS)})\b")
    if not pc.any(written).as_py():
        return folded
    told = [" ".join(_ORDINALS.get(word, word) for word in text.split(" ")) for text in folded.filter(written).to_pylist()]
    return pc.replace_with_mask(folded, written, pa.array(told, pa.string()))


def names(texts: pa.Array) -> pa.Array:
    """Folded names without their legal form; letters that stand alone beside each other are one word (S.A. is sa).

    Args:
        texts: names of companies, households or persons.
    """
    folded = fold(pc.replace_substring_regex(texts, _NATIVE_FORMS, " "))
    formed = pc.match_substring_regex(folded, _FORMED)
    told = pa.array([_without_form(name) for name in folded.filter(formed).to_pylist()], pa.string())
    return pc.replace_with_mask(folded, formed, told)


def _without_form(name: str) -> str:
    words = name.split(" ")
    if len(words) == 1:
        return name
    if any(len(word) == 1 for word in words):
        words = _SPELT.sub("", name).split(" ")
    end, start = len(words), 0
    while end > 1 and words[end - 1] in LEGAL_FORMS:
        end -= 1
    while end > 1 and end < len(words) and words[end - 1] == "and":
        end -= 1  # Miller & Co. KG
    while start < end - 1 and words[start] in LEGAL_FORMS:
        start += 1
    return " ".join(words[start:end])


def phones(texts: pa.Array) -> pa.Array:
    """The national significant digits of telephone numbers: without the country's code, the digits that stand for it, and an extension.

    Written internationally or nationally, a number gives the same digits; fewer than five are no number.

    Args:
        texts: telephone numbers in any form.
    """
    texts = pc.replace_substring_regex(pc.utf8_slice_codeunits(texts, 0, LONGEST), r"(?i)\s*(?:x|ext\.?|extension|durchwahl|;ext=)\s*\d+\s*$", "")
    texts = pc.replace_substring_regex(texts, r"\(0\)", "")
    international = pc.match_substring_regex(texts, r"^\s*(\+|00)")
    digits = pc.replace_substring_regex(texts, r"\D", "")
    digits = pc.replace_substring_regex(digits, "^0+", "")
    national = pc.if_else(
        international, pc.replace_substring_regex(digits, f"^(?:{_CALLING_CODES})0*", ""), pc.replace_substring_regex(digits, r"^1(\d{10})$", r"\1")
    )
    enough = pc.greater_equal(pc.utf8_length(national), _FEWEST_DIGITS)
    return pc.if_else(enough, pc.utf8_slice_codeunits(national, 0, _SIGNIFICANT_DIGITS), "")


def mails(texts: pa.Array) -> pa.Array:
    """Mail addresses in lower case, without the part behind a plus; what has no @ is none.

    Args:
        texts: mail addresses.
    """
    texts = pc.utf8_lower(pc.utf8_trim_whitespace(pc.utf8_slice_codeunits(texts, 0, LONGEST)))
    texts = pc.replace_substring_regex(texts, r"^([^@+]+)\+[^@]*@", r"\1@")
    return pc.if_else(pc.match_substring_regex(texts, r"^[^@\s]+@[^@\s]+$"), texts, "")


def hosts(texts: pa.Array) -> pa.Array:
    """The host of web addresses, without `www.`.

    Args:
        texts: web addresses, with or without https:// and path.
    """
    texts = pc.utf8_lower(pc.utf8_trim_whitespace(pc.utf8_slice_codeunits(texts, 0, LONGEST)))
    return pc.replace_substring_regex(texts, r"^(?:[a-z]+://)?(?:www\.)?([^/:?#\s]*).*$", r"\1")


def _packed(texts: pa.Array) -> pa.Array:
    """Folded text without blanks."""
    return pc.replace_substring(fold(texts), " ", "")


def _texts(frame: pd.DataFrame, name: str) -> Column:
    if name not in frame:
        return Column(np.full(len(frame), -1, dtype=np.int32), np.array([], dtype=object))
    return Column.of(frame[name].astype("string"))


def _distinct(column: Column, work: Callable[[pa.Array], pa.Array]) -> Texts:
    """Does the work on the distinct values only; gives a text for every record, empty where there is none."""
    done = work(pa.array(column.values, pa.string())) if len(column.values) else pa.array([], pa.string())
    return Column(column.codes, done.to_numpy(zero_copy_only=False).astype(object)).texts("")


def _full_name(raw: dict[str, Column]) -> Column:
    """The name; given and family name where there is none."""
    given, family = raw["given_name"], raw["family_name"]
    if not len(given.values) and not len(family.values):
        return raw["name"]
    together = np.char.strip(np.char.add(np.char.add(given.texts("").astype(str), " "), family.texts("").astype(str))).astype(object)
    return Column.of(np.where(raw["name"].codes >= 0, raw["name"].texts(""), together))


def _house_number(street: Texts, number: Texts) -> tuple[Texts, Texts]:
    """House numbers, taken out of the street where they stand in it, before it or behind it; the streets without them."""
    lines = pd.Series(street, dtype="str")
    for pattern in (_LEADING_NUMBER, _TRAILING_NUMBER):
        open_ = (number == "") & lines.str.contains(r"\d", regex=True).to_numpy(dtype=bool, na_value=False)
        if not open_.any():
            break
        parts = lines[open_].str.extract(pattern)
        hit = parts["number"].notna().to_numpy(dtype=bool)
        at = np.flatnonzero(open_)[hit]
        number = number.copy()
        number[at] = parts["number"].to_numpy(dtype=object)[hit]
        lines = lines.copy()
        lines.iloc[at] = parts["rest"].to_numpy(dtype=object)[hit]
    packed = np.array([text.replace(" ", "") for text in number.tolist()], dtype=object)
    return packed, lines.to_numpy(dtype=object)


def _cells(frame: pd.DataFrame) -> Column:
    if "cell" not in frame:
        return Column(np.full(len(frame), -1, dtype=np.int32), np.array([], dtype=object))
    codes, values = pd.factorize(frame["cell"].astype("Int64"))
    return Column(codes.astype(np.int32), np.asarray(values, dtype=object))
