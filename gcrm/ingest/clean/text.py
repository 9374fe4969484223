"""Text: Unicode normal form C, one blank between words, no invisible characters, broken encodings mended where that is certain."""

import re
import unicodedata
from types import MappingProxyType

import pandas as pd

from gcrm.ingest.clean.result import PLAIN, Cleaned, Context, has, nothing, on_distinct

_UNTIDY = r"[^ -~À-ÖØ-öø-ſ가-힣ぁ-ゔァ-ヺ一-鿿]|^ | $|  |[Â-ô][ŠŒŽšœžŸ]"
"""What tidy text without stray blanks does not have: letters that normal form C leaves alone stand in the set. Most values are such, and cost one look."""

_INVISIBLE = re.compile(r"[\x00-\x08\x0e-\x1f\x7f\u00ad\u061c\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufeff\ufff9-\ufffb]")
"""Control characters, soft hyphens, zero-width blanks and marks that turn the direction of writing."""
_JOINER = re.compile(r"(?<![\u0600-\U0010ffff])[\u200c\u200d]|[\u200c\u200d](?![\u0600-\U0010ffff])")
"""Zero-width joiners have a meaning inside Arabic, Indic and emoji sequences only."""
_BLANK = re.compile(r"[\s\u2800\u3164\uffa0\x85]+")

_CONTINUATION = (
    "\u20ac\u201a\u0192\u201e\u2026\u2020\u2021\u02c6\u2030\u0160\u2039\u0152\u017d"
    "\u2018\u2019\u201c\u201d\u2022\u2013\u2014\u02dc\u2122\u0161\u203a\u0153\u017e\u0178"
)
_BROKEN = re.compile(rf"[\u00c2-\u00f4][\u0080-\u00bf{_CONTINUATION}]")
"""The first two bytes of a character in UTF-8, as they look when they are read as Windows-1252."""
_WINDOWS_1252 = MappingProxyType({chr(code): bytes([code]) for code in range(256)} | {
    bytes([code]).decode("cp1252"): bytes([code]) for code in range(0x80, 0xA0) if code not in (0x81, 0x8D, 0x8F, 0x90, 0x9D)
})  # fmt: skip
_WESTERN = re.compile(r"[\u00a0-\u017f\u2010-\u2026\u2030\u2039\u203a\u20ac\u2116\u2122]")
"""What one broken pair is taken for: a Latin letter with its accent, or a mark that word processors set."""
_ALIKE_AT_LEAST = 2
"""So many characters of one other script have to come out of broken text; one alone may be chance, such as a word before a trademark."""


def _unbroken(text: str) -> str:
    """UTF-8 that was read as Windows-1252, mended where every broken piece becomes a character that was meant; else as it was."""
    for _ in range(2):
        if not _BROKEN.search(text):
            break
        try:
            mended = b"".join(_WINDOWS_1252[character] for character in text).decode("utf-8")
        except (KeyError, UnicodeDecodeError):
            break
        foreign = [character for character in mended if ord(character) > 0x7F and not _WESTERN.match(character)]  # noqa: PLR2004 - the end of ASCII
        scripts = {unicodedata.name(character, "?").split()[0] for character in foreign}
        if foreign and (len(scripts) > 1 or len(foreign) < _ALIKE_AT_LEAST or not all(map(str.isalpha, foreign))):
            break
        text = mended
    return text


def mend(text: str) -> str:
    """One text, tidy; "" where nothing is left."""
    text = _INVISIBLE.sub("", _unbroken(text))
    text = unicodedata.normalize("NFC", _JOINER.sub("", text))
    return _BLANK.sub(" ", text).strip(" ")


def tidy(raw: pd.Series) -> pd.Series:
    """Text in normal form C, invisible characters removed, blanks collapsed; missing where nothing is left."""
    value = raw if raw.dtype == "string" else raw.astype("string")
    untidy = has(value, _UNTIDY)
    if untidy.any():
        value = value.copy()
        value[untidy] = on_distinct(value[untidy], mend)
    return value.mask(value == "")


def clean(raw: pd.Series, _context: Context = PLAIN) -> Cleaned:
    """Tidy text; nothing is refused.

    Args:
        raw: text.
    """
    return Cleaned(tidy(raw), nothing(raw.index))


def same_width(text: str) -> str:
    """Text with full-width and other presentation forms as ordinary characters (normal form KC): for numbers, codes and addresses, not for words."""
    return unicodedata.normalize("NFKC", text).strip()


def narrow(values: pd.Series) -> pd.Series:
    """Tidy values with `same_width` where they leave ASCII."""
    wide = has(values, r"[^ -~]")
    if not wide.any():
        return values
    values = values.copy()
    values[wide] = on_distinct(values[wide], same_width)
    return values
