"""Names of companies and people: tidied, and for companies the legal form told apart.

Case is left as it stands: IBM, McDonald's, ALDI and "van der Berg" are right as they are, and no rule knows which shouting is a name.
"""

import re
from typing import NamedTuple

import pandas as pd

from gcrm.ingest.clean.result import PLAIN, Cleaned, Context, has, nothing
from gcrm.ingest.clean.text import tidy
from gcrm.ingest.words import words

_FORMS = words("legal_forms")
_CASE_MATTERS = frozenset(_FORMS["words_too"])


class NameParts(NamedTuple):
    """A company's name without its legal form, and the form as the list writes it; "" where there is none."""

    name: str
    legal_form: str


def _letters(form: str) -> str:
    return re.sub(r"[\W_]", "", form).casefold()


def _pattern(form: str) -> str:
    """The form with or without points and blanks between its parts: S.p.A., SpA, S. p. A."""
    pieces = re.findall(r"\w+|[^\w\s.]", form)
    return r"[.\s]*".join(re.escape(piece) for piece in pieces) + r"\.?"


def _by_length(forms: list[str]) -> list[str]:
    return sorted(set(forms), key=lambda form: (-len(_letters(form)), form))


_WIDE = re.compile(r"[\u1100-\u11ff\u3040-\u30ff\u3130-\u318f\u3200-\u33ff\u4e00-\u9fff\uac00-\ud7af(]")
_Patterns = dict[str, list[tuple[re.Pattern[str], str]]]


def _ends() -> _Patterns:
    """The forms that end a name, longest first, by their last letter."""
    found: _Patterns = {}
    for form in _by_length(_FORMS["behind"]):
        edge = "" if _WIDE.match(form) else r"(?<![\w.])"
        found.setdefault(form.rstrip(".")[-1].casefold(), []).append((re.compile(f"{edge}{_pattern(form)}$", re.IGNORECASE), form))
    return found


def _starts() -> _Patterns:
    """The forms that begin a name, longest first, by their first letter."""
    found: _Patterns = {}
    for form in _by_length(_FORMS["before"]):
        edge = "" if _WIDE.match(form) else r"(?![\w.])"
        found.setdefault(form[0].casefold(), []).append((re.compile(f"^{_pattern(form)}{edge}", re.IGNORECASE), form))
    return found


_ENDS, _STARTS = _ends(), _starts()


def _counts(written: str, form: str) -> bool:
    if _letters(form) not in _CASE_MATTERS:
        return True
    return written.isupper() or "." in written.rstrip(".") or written.rstrip(".") == form.rstrip(".")


def split_legal_form(name: str) -> NameParts:
    """A company's name and its legal form.

    The longest form that stands at the end of the name, else at its beginning, is taken off with the punctuation before it; a name
    that would be empty without it stays whole. Two-letter forms that are words as well (as, co, se) count only in capitals or with points.

    Args:
        name: a name, such as "Müller & Söhne GmbH & Co. KG", "(주) 한국상사" or "ACME, Inc.".

    Returns:
        The name without its form, and the form as the list writes it ("GmbH & Co. KG", "(주)", "Inc."), "" for none.
    """
    text = name.strip()
    last, first = text.rstrip(".")[-1:].casefold(), text[:1].casefold()
    for patterns, at_end in ((_ENDS.get(last, []), True), (_STARTS.get(first, []), False)):
        for pattern, form in patterns:
            match = pattern.search(text) if at_end else pattern.match(text)
            if match is None or not _counts(match.group(), form):
                continue
            rest = (text[: match.start()] if at_end else text[match.end() :]).strip(" ,;-–\u3000")  # noqa: RUF001 - the sign that is meant
            if rest:
                return NameParts(rest, form)
    return NameParts(text, "")


def clean(raw: pd.Series, _context: Context = PLAIN) -> Cleaned:
    """Names: tidy text without the quotes and commas that stand around all of it; nothing is refused and no case is changed.

    Args:
        raw: text.
    """
    value = tidy(raw)
    wrapped = has(value, r"^[\"'“”„«»,;\s].*|.*[,;\s]$")
    if wrapped.any():
        value = value.copy()
        bare = value[wrapped].str.replace(r"^\s*(?:\"([^\"]*)\"|“([^“”]*)”|„([^„“]*)“|«([^«»]*)»)\s*[,;]*$", r"\1\2\3\4", regex=True)
        value[wrapped] = bare.str.replace(r"^[,;\s]+|[,;\s]+$", "", regex=True)
        value = value.mask(value == "")
    return Cleaned(value, nothing(raw.index))
