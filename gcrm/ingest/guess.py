"""guess placeholder"""

import re
from collections.abc import Iterable
from anyascii import anyascii
from rapidfuzz import fuzz
from gcrm.frames import ObjectType
from gcrm.ingest.field_source import FieldSource

_CLOSE_ENOUGH = 93.0


def _plain(header: str) -> str:
    return re.sub(r"[^a-z0-9]", "", anyascii(header).lower())


def guess(object_type: ObjectType, columns: Iterable[str]) -> dict[str, tuple[FieldSource, float]]:
    """The likely column of each field, by its header.

    A header that equals the field's name or one of its other names counts 1; else the similarity of the two
    (Levenshtein, 0 to 1), where it is at least 0.93; neither blanks nor signs count. Each column is used once, the surest first.

    Args:
        object_type: what the file feeds.
        columns: the headers of the file.

    Returns:
        Field to (source, confidence 0 to 1).
    """
    candidates = []
    for column in columns:
        header = _plain(column)
        for order, field in enumerate(object_type.fields):
            for rank, name in enumerate((field.name, *field.names)):
                score = fuzz.ratio(header, _plain(name))
                if score >= _CLOSE_ENOUGH:
                    candidates.append((-score, rank, order, field.name, column))
    found: dict[str, tuple[FieldSource, float]] = {}
    used: set[str] = set()
    for negative, _, _, name, column in sorted(candidates):
        if name not in found and column not in used:
            found[name] = (FieldSource(column=column), -negative / 100)
            used.add(column)
    return found
