"""Ruff's security rules hold everywhere; whatever lets a line through says why."""

import re
from pathlib import Path

_CHECKOUT = Path(__file__).parents[2]
_LET_THROUGH = re.compile(r"#\s*noqa(?P<codes>:[A-Z0-9, ]*\bS\d{3}[A-Z0-9, ]*|(?!:))(?P<reason>.*)")


def _without_a_reason(text: str) -> list[str]:
    """The lines that leave a security rule, or every rule, out without a word."""
    found = ((line, _LET_THROUGH.search(line)) for line in text.splitlines())
    return [line.strip() for line, match in found if match and not re.search(r"\w", match["reason"])]


def test_what_a_security_rule_lets_through_says_why() -> None:
    files = [path for folder in ("gcrm", "dashboards", "benchmarks", "scripts", "tests") for path in (_CHECKOUT / folder).rglob("*.py")]
    assert {str(path.relative_to(_CHECKOUT)): lines for path in files if (lines := _without_a_reason(path.read_text(encoding="utf-8")))} == {}


def test_a_line_without_a_reason_would_be_found() -> None:
    mark = "# no" + "qa"
    assert len(_without_a_reason(f"a  {mark}: S608\nb  {mark}: E501, S101\nc  {mark}\n")) == 3
    assert _without_a_reason(f"a  {mark}: S608 - declared names only\nb  {mark}: E501\n") == []
