"""Text that a spreadsheet could run as a formula is made harmless, in whatever is written for people."""

import re

_EXECUTABLE = re.compile(r"^[=+\-@\t\r\n\uff1d\uff0b\uff0d\uff20]")
_NUMBER = re.compile(r"^[+-]?\d+([.,]\d+)?$")

XLSX_OPTIONS = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False, "remove_timezone": True}
"""Options of xlsxwriter under which text stays text."""

XLSX_MOST_ROWS = 1_048_575
"""Rows below the header of a sheet."""


def harmless(value: object) -> object:
    """Text that a spreadsheet would take for a formula gets an apostrophe before it; numbers stay as they are.

    See OWASP, CSV Injection: the characters = + - @ (also in full width), tab, carriage return and line feed start a formula.
    """
    if isinstance(value, str) and _EXECUTABLE.match(value) and not _NUMBER.match(value):
        return "'" + value
    return value
