"""Two accounts side by side, and what speaks for and against that they are one."""

import html
import math
from collections.abc import Mapping
from typing import Any

FIELDS: Mapping[str, str] = {
    "name": "Name", "kind": "Kind", "status": "Status", "segment": "Segment", "street": "Street", "house_number": "House number", "postcode": "Postcode",
    "city": "City", "country_code": "Country", "phone": "Phone", "email": "Mail address", "website": "Website", "tax_number": "Tax number",
    "made_up": "Made up", "source": "Source", "source_key": "Key there", "created_at": "Created", "updated_at": "Changed",
}  # fmt: skip
"""The fields of an account that are compared, with their labels."""

_OF_THE_ROW = ("source", "source_key", "created_at", "updated_at")
_COMPARISONS: Mapping[str, str] = {
    "name": "Name", "address": "Address", "area": "Place", "phone": "Phone", "email": "Mail address", "website": "Website", "tax_number": "Tax number",
    "birth_date": "Day of birth", "position": "Position",
}  # fmt: skip


def percent(score: float) -> str:
    """A probability in percent, rounded down, so that only what is certain is 100 %."""
    return f"{math.floor(score * 1000 + 1e-3) / 10:g} %"


def side_by_side(left: Mapping[str, Any], right: Mapping[str, Any], heads: tuple[str, str] = ("Left", "Right")) -> str:
    """A table of two accounts as HTML; what differs is marked.

    Args:
        left: the one, by field.
        right: the other.
        heads: what the two are called.
    """
    rows = []
    for field, label in FIELDS.items():
        one, other = (_value(field, record.get(field)) for record in (left, right))
        if one or other:
            kind = "plain" if field in _OF_THE_ROW else "same" if one == other else "differs" if one and other else "alone"
            mark = {"differs": '<abbr title="they differ">≠</abbr> ', "alone": '<abbr title="only one has it">◐</abbr> '}.get(kind, "")
            cells = "".join(f"<td>{html.escape(text) or '-'}</td>" for text in (one, other))
            rows.append(f'<tr class="{kind}"><th>{mark}{label}</th>{cells}</tr>')
    head = "".join(f"<th>{html.escape(text)}</th>" for text in heads)
    return f'<table class="pair"><thead><tr><th></th>{head}</tr></thead><tbody>{"".join(rows)}</tbody></table>'


def _value(field: str, value: Any) -> str:  # noqa: ANN401 - whatever a column holds
    if value is None or (field == "made_up" and not value):
        return ""
    if field == "made_up":
        return "yes"
    return str(value)[:16].replace("T", " ") + " UTC" if field.endswith("_at") else str(value)


def evidence(why: Mapping[str, Mapping[str, Any]]) -> str:
    """What speaks for and against, the weightiest first, as HTML.

    Args:
        why: comparison to its meaning and bits.
    """
    if not why:
        return '<p class="hint">No search has compared them.</p>'
    ordered = sorted(why.items(), key=lambda item: -abs(float(item[1]["bits"])))
    told = []
    for name, each in ordered:
        bits = float(each["bits"])
        said = html.escape(f"{_COMPARISONS.get(name, name)}: {each['meaning']}")
        told.append(f'<li class="{"for" if bits > 0 else "against"}">{said} <em>{bits:+.1f}</em></li>')
    hint = '<span class="hint">evidence in bits: each + doubles the odds that they are one, each - halves them</span>'
    return f'<div class="group">Why {hint}</div><ul class="why">{"".join(told)}</ul>'
