"""Where a table begins among the first records of a file, and whether its first line names the columns."""

import math
import re
from collections import Counter
from collections.abc import Sequence
from functools import cache

from anyascii import anyascii

from gcrm.frames import OBJECTS
from gcrm.ingest.readers.detection import Finding

_MOST_PREAMBLE = 50
_LOOKED_AT_COLUMNS = 60
_MOSTLY = 0.8
_SHORT_NAME = 60

_KINDS = (
    ("year", re.compile(r"(?:19|20)\d\d")),
    ("whole number", re.compile(r"[+-]?\d{1,18}")),
    ("number", re.compile(r"[+\-\u2212(]?[$€£¥₩]?\s?(?:\d[\d.,'\u00a0\u202f ]*|[.,]\d+)(?:[eE][+-]?\d+)?\s?[%€$)]?")),
    ("time", re.compile(r"\d{1,4}[-./]\d{1,2}[-./]\d{1,4}.{0,20}|\d{1,2}:\d{2}(?::\d{2})?.{0,6}")),
    ("mail", re.compile(r"[^@\s]+@[^@\s]+\.\w+")),
    ("address", re.compile(r"https?://\S+|www\.\S+")),
    ("code", re.compile(r"\{?[0-9A-Fa-f]{8}-(?:[0-9A-Fa-f]{4}-){3}[0-9A-Fa-f]{12}\}?|(?=.*\d)(?=.*[A-Za-z])[0-9A-Za-z]{16,}|(?=.*\d)[A-Z]{1,4}[-_]?\d{2,}")),
    ("phone", re.compile(r"\+?[\d()][\d\s()/.\-]{5,}")),
    ("shape", re.compile(r"(?:MULTI)?(?:POINT|LINESTRING|POLYGON)\s*Z?M?\s*\(.*", re.DOTALL)),
)


def kind(value: str) -> str:
    """What a value looks like: "" for nothing, a kind such as number or time, else `text`."""
    value = value.strip()
    if not value:
        return ""
    return next((name for name, pattern in _KINDS if pattern.fullmatch(value)), "text")


def usual_width(records: Sequence[Sequence[str]]) -> int:
    """The number of fields that most records have; of several such numbers the largest."""
    widths = Counter(len(record) for record in records)
    return max(widths, key=lambda width: (widths[width], width), default=0)


def preamble(records: Sequence[Sequence[str]]) -> int:
    """How many records stand above the table: titles and notes, which fill at most a third of its columns.

    Args:
        records: the first records of a file, blank ones left out.
    """
    width = max(usual_width(records), max((sum(map(bool, record)) for record in records[:_MOST_PREAMBLE]), default=0) if _even(records) else 0)
    if width <= 1:
        return 0
    few = max(1, width // 3)
    for position, record in enumerate(records[:_MOST_PREAMBLE]):
        filled = sum(1 for value in record if value.strip())
        short = len(record) < width and filled * 2 <= width
        if (filled > few and not short) or (len(record) > 1 and width == 2):  # noqa: PLR2004 - of two columns one may be empty
            return position
    return 0


def _even(records: Sequence[Sequence[str]]) -> bool:
    """Whether all records have the same number of fields, as those of a workbook do."""
    return len({len(record) for record in records}) == 1


@cache
def _known_names() -> frozenset[str]:
    fields = [field for each in OBJECTS.values() for field in each.fields]
    return frozenset(_plain(name) for field in fields for name in (field.name, *field.names))


def _plain(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", anyascii(name).lower())


def header(first: Sequence[str], body: Sequence[Sequence[str]]) -> Finding[bool]:
    """Whether a record names the columns of those below it.

    A name differs from what stands below it: it is text over numbers, times or codes, comes once, and is often a name
    that is known. The evidence of the columns is added up on the scale of log odds.

    Args:
        first: the record in question.
        body: records below it.
    """
    filled = [value.strip() for value in first if value.strip()]
    evidence = 0.5 - (1.0 if len({value.lower() for value in filled}) < len(filled) else 0.0)
    evidence -= sum(0.5 for value in filled if len(value) > _SHORT_NAME)
    evidence += sum(1.0 for value in filled if _plain(value) in _known_names())
    for position, value in enumerate(first[:_LOOKED_AT_COLUMNS]):
        evidence += _evidence(value.strip(), [record[position].strip() for record in body if len(record) > position])
    probability = 1 / (1 + math.exp(-max(-20.0, min(20.0, evidence))))
    return Finding(probability >= 0.5, max(probability, 1 - probability))  # noqa: PLR2004 - more likely than not


def _evidence(name: str, values: list[str]) -> float:
    """How much a column speaks for its first value being its name, in log odds."""
    own = kind(name)
    if not own:
        return 0.0
    kinds = Counter(kind(value) for value in values if value)
    if not kinds:
        return 0.0 if own in {"text", "year"} else -1.0
    usual, count = kinds.most_common(1)[0]
    if own == "text" and usual != "text":
        return 1.5 if count >= _MOSTLY * kinds.total() else 0.5
    if own in {"year", "whole number"}:  # may be a name over measured values
        return -2.5 if usual == own or (own == "year") < (usual == "year") else 0.0
    if own != "text":
        return -2.5
    return -1.5 if name in values else 0.2
