"""Address labels to print: three by seven on a sheet of A4, 63.5 by 38.1 mm, as the usual adhesive sheets have them."""

from collections.abc import Mapping, Sequence
from html import escape
from pathlib import Path
from typing import Any

import pandas as pd

from gcrm.errors import ExportError

_OF_A_SHEET = 21
_STYLE = """
@page { size: A4; margin: 15.1mm 7.2mm }
body { margin: 0; font: 10pt/1.3 system-ui, sans-serif }
.sheet { display: grid; grid-template-columns: repeat(3, 63.5mm); column-gap: 2.5mm; grid-auto-rows: 38.1mm; break-after: page }
.label { box-sizing: border-box; padding: 5mm 4mm; overflow: hidden; white-space: pre-line }
"""


def write_labels(contacts: pd.DataFrame, target: Path) -> int:
    """Writes a page that a browser prints as labels.

    Args:
        contacts: given_name, family_name, account, street, house_number, postcode, city, country_code.
        target: .html; it is whole or not there.

    Returns:
        Labels written.

    Raises:
        ExportError: the target cannot be written.
    """
    labels = [f'<div class="label">{escape(_text(row))}</div>' for row in contacts.to_dict("records")]
    sheets = [f'<div class="sheet">{"".join(labels[first : first + _OF_A_SHEET])}</div>' for first in range(0, len(labels), _OF_A_SHEET)]
    page = f'<!doctype html>\n<html lang="en"><meta charset="utf-8"><title>Labels</title><style>{_STYLE}</style>{"".join(sheets)}</html>\n'
    beside = target.with_name(f".{target.name}")
    try:
        beside.write_text(page, encoding="utf-8")
        beside.replace(target)
    except OSError as error:
        raise ExportError(f"{target} cannot be written ({error.strerror}); choose another place.") from error
    return len(labels)


def _text(row: Mapping[Any, Any]) -> str:
    """The lines of a label."""
    lines: Sequence[tuple[str, ...]] = (("account",), ("given_name", "family_name"), ("street", "house_number"), ("postcode", "city"), ("country_code",))
    told = [" ".join(str(row[name]) for name in line if pd.notna(row.get(name))) for line in lines]
    return "\n".join(dict.fromkeys(filter(None, told)))
