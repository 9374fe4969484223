"""Single values as text, as a person would write them."""

import json
import math
from datetime import date, datetime, time
from decimal import Decimal

import pandas as pd

_DIGITS = 15


def cell_text(value: object) -> str:
    """A value as a person would read it.

    What is missing is "", a float has the 15 digits that a spreadsheet shows, times are in ISO 8601, bytes are
    hexadecimal, lists and structures are JSON.
    """
    if value is None or value is pd.NaT or (isinstance(value, float) and math.isnan(value)):
        return ""
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 10**_DIGITS else f"{value:.{_DIGITS}g}"
    if isinstance(value, bytes | bytearray | memoryview):
        return bytes(value).hex()
    if isinstance(value, dict | list | tuple):
        return json.dumps(_plain(value), ensure_ascii=False, default=str)
    return value.isoformat() if isinstance(value, date | time) else str(value)


def _plain(value: object) -> object:
    """A value as JSON has it."""
    match value:
        case bytes():
            return value.hex()
        case datetime() | date():
            return value.isoformat()
        case Decimal():
            return str(value)
        case dict():
            return {str(key): _plain(each) for key, each in value.items()}
        case list() | tuple():
            return [_plain(each) for each in value]
    return value
