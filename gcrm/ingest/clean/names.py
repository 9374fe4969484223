"""Names of companies and people: tidied, and for companies the legal form told apart.

Case is left as it stands: IBM, McDonald's, ALDI and "van der Berg" are right as they are, and no rule knows which shouting is a name.
"""

import re
from typing import NamedTuple

import pandas as pd

from gcrm.ingest.clean.result import PLAIN, Cleaned, Context, has, nothing
from gcrm.ingest.clean.text import tidy

_AFTER = (
    # German, Swiss, Austrian
    "GmbH & Co. KGaA", "GmbH & Co. KG", "GmbH & Co. OHG", "AG & Co. KGaA", "AG & Co. KG", "UG (haftungsbeschränkt) & Co. KG", "UG (haftungsbeschränkt)",
    "SE & Co. KGaA", "SE & Co. KG", "Ges.m.b.H.", "Gesellschaft mit beschränkter Haftung", "gGmbH", "GmbH", "mbH", "Aktiengesellschaft", "gAG", "AG",
    "Stiftung & Co. KG", "& Co. KG", "KGaA", "KG", "OHG", "GbR", "PartG mbB", "PartG", "eG", "e.G.", "e.V.", "e.K.", "e.Kfm.", "e.Kfr.", "UG", "e.U.", "OG", "Genossenschaft", "Anstalt", "Stiftung",
    "Einzelfirma", "Klg", "VVaG",
    # French
    "SASU", "SAS", "SARL", "S.à r.l.", "Sàrl", "EURL", "SNC", "SCOP", "SCA", "SCS", "SCI", "GIE", "SA", "Société anonyme", "SELARL",
    # Italian
    "S.r.l.s.", "S.r.l.", "S.p.A.", "S.n.c.", "S.a.s.", "S.a.p.A.", "Soc. Coop.", "S.c.a r.l.", "S.c.r.l.",
    # Spanish, Portuguese, Latin American
    "S.L.U.", "S.L.L.", "S.L.", "S.A.U.", "S.A. de C.V.", "S. de R.L. de C.V.", "S.A.S.", "S.A.C.", "S.A.", "S.C.", "Sociedad Anónima", "S. Coop.", "Lda.", "Unipessoal Lda.",
    "Ltda.", "Eireli", "ME", "MEI", "S.G.P.S.", "C.A.", "E.I.R.L.",
    # Dutch, Belgian
    "B.V.B.A.", "B.V.", "N.V.", "V.O.F.", "C.V.", "BVBA", "SPRL", "S.P.R.L.", "SRL", "CVBA", "VZW", "ASBL",
    # English
    "Limited Liability Partnership", "Limited Liability Company", "Public Limited Company", "Private Limited", "Pvt. Ltd.", "Pte. Ltd.", "Pty. Ltd.", "Pty Limited",
    "Co., Ltd.", "Company Limited", "Limited", "Ltd.", "LLC", "L.L.C.", "LLP", "PLLC", "PLC", "LP", "Incorporated", "Inc.", "Corporation", "Corp.", "Company", "Co.", "DAC", "CIC",
    "Sdn. Bhd.", "Bhd.",
    # Nordic
    "Oyj Abp", "Oy Ab", "Oyj", "Oy", "Abp", "AB (publ)", "AB", "HB", "KB", "Ky", "Tmi", "osk", "A/S", "ApS", "I/S", "K/S", "P/S", "IVS", "AS", "ASA", "ANS", "DA", "ENK", "BA",
    "ehf.", "hf.", "ohf.", "sf.",
    # Polish, Czech, Slovak, Hungarian, Baltic, Balkan
    "sp. z o.o. sp. k.", "sp. z o.o.", "Spółka z ograniczoną odpowiedzialnością", "S.K.A.", "sp. k.", "sp. j.", "sp. p.", "s.c.", "P.S.A.", "spol. s r.o.", "s.r.o.", "a.s.", "v.o.s.",
    "k.s.", "z.s.", "o.p.s.", "Kft.", "Zrt.", "Nyrt.", "Rt.", "Bt.", "Kkt.", "Nyrt", "UAB", "MB", "SIA", "OÜ", "d.o.o.", "d.d.", "j.d.o.o.", "d.n.o.", "k.d.", "EOOD", "OOD", "EAD", "AD",
    "P.F.A.", "S.C.A.", "Sh.p.k.", "A.D.",
    # Turkish, Greek
    "Ltd. Şti.", "A.Ş.", "San. ve Tic. A.Ş.", "San. ve Tic. Ltd. Şti.", "A.E.", "E.P.E.", "O.E.", "I.K.E.", "Α.Ε.", "Ε.Π.Ε.", "Ο.Ε.", "Ι.Κ.Ε.",
    # Cyrillic
    "ТОВ", "ПАТ", "ПрАТ", "ЕООД", "ООД", "ЕАД", "АД", "д.о.о.",
    # Japanese, Korean, Chinese in Latin letters and their own
    "K.K.", "Kabushiki Kaisha", "G.K.", "Y.K.", "Jusik Hoesa", "Tbk",
    "株式会社", "有限会社", "合同会社", "合資会社", "合名会社", "(株)", "㈱", "(有)", "㈲", "주식회사", "유한회사", "유한책임회사", "합자회사", "합명회사", "(주)", "㈜", "(유)",
    "股份有限公司", "有限责任公司", "有限公司", "股份公司", "集团公司",
    # European
    "SE", "SCE", "EWIV", "EEIG", "GEIE",
)  # fmt: skip
_BEFORE = (
    "UAB", "AB", "SIA", "AS", "OÜ", "PT.", "PT", "CV.", "S.C.", "S.C", "SC", "ТОО", "ООО", "ОАО", "ПАО", "ЗАО", "АО", "ИП", "ТОВ", "ПрАТ", "ПАТ", "ФОП", "ЧП",
    "株式会社", "有限会社", "合同会社", "合資会社", "(株)", "㈱", "(有)", "㈲", "주식회사", "유한회사", "유한책임회사", "(주)", "㈜", "(유)", "Firma", "Fa.", "Stiftung", "Genossenschaft",
)  # fmt: skip
"""Legal forms that stand after and before a name: those of the company registers of the countries named, as they are abbreviated there."""

_CASE_MATTERS = frozenset(
    {
        "as",
        "ab",
        "ag",
        "sa",
        "se",
        "da",
        "me",
        "ad",
        "co",
        "hb",
        "kb",
        "ba",
        "mb",
        "oe",
        "og",
        "og",
        "ky",
        "lp",
        "sc",
        "pt",
        "ca",
        "ug",
        "eg",
        "cv",
        "kd",
        "dd",
        "hf",
        "sf",
    }
)
"""Forms that are words or ends of names as well; they count in capitals, with points, or as they are written in the list."""


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


def _by_length(forms: tuple[str, ...]) -> list[str]:
    return sorted(set(forms), key=lambda form: (-len(_letters(form)), form))


_WIDE = re.compile(r"[\u1100-\u11ff\u3040-\u30ff\u3130-\u318f\u3200-\u33ff\u4e00-\u9fff\uac00-\ud7af(]")
_Patterns = dict[str, list[tuple[re.Pattern[str], str]]]


def _ends() -> _Patterns:
    """The forms that end a name, longest first, by their last letter."""
    found: _Patterns = {}
    for form in _by_length(_AFTER):
        edge = "" if _WIDE.match(form) else r"(?<![\w.])"
        found.setdefault(form.rstrip(".")[-1].casefold(), []).append((re.compile(f"{edge}{_pattern(form)}$", re.IGNORECASE), form))
    return found


def _starts() -> _Patterns:
    """The forms that begin a name, longest first, by their first letter."""
    found: _Patterns = {}
    for form in _by_length(_BEFORE):
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
            rest = (text[: match.start()] if at_end else text[match.end() :]).strip(" ,;-–\u3000")
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
        value[wrapped] = bare.str.replace(r"^[,;\s]+|[,;\s]+$", "", regex=True).replace("", pd.NA)
    return Cleaned(value, nothing(raw.index))
