"""Values out of a short list: codes, yes and no."""

import pandas as pd

from gcrm.ingest.clean.result import PLAIN, Cleaned, Context, nothing, reasons
from gcrm.ingest.clean.text import narrow, tidy

_YES = (
    "true t yes y 1 1.0 x on ✓ ✔ ☑ ja j wahr oui o vrai si sì sí s vero verdadero sim verdadeiro waar kyllä kylla k tosi sann tak prawda ano pravda igen da да истина "
    "evet ναι 예 네 참 はい 是 真 有 있음"
)
_NO = (
    "false f no n 0 0.0 - off ✗ ✘ ☐ nein falsch non faux falso não nao nee onwaar ei epätosi nej nei falsk falskt nie fałsz ne nepravda lež nem hamis nu нет ложь hayır όχι "
    "아니오 아니요 거짓 いいえ 否 假 无 없음"
)
_FLAGS = dict.fromkeys(_YES.split(), True) | dict.fromkeys(_NO.split(), False)


def code(raw: pd.Series, _context: Context = PLAIN) -> Cleaned:
    """Lower-case codes; whether one is allowed is the contract's matter.

    Args:
        raw: text.
    """
    return Cleaned(narrow(tidy(raw)).str.lower(), nothing(raw.index))


def flag(raw: pd.Series, _context: Context = PLAIN) -> Cleaned:
    """Yes or no as boolean.

    Args:
        raw: text, such as true, yes, 1, ja, oui, tak, kyllä, 예, x.
    """
    given = narrow(tidy(raw)).str.lower()
    value = given.map(_FLAGS).astype("boolean")
    return Cleaned(value, reasons(given.notna() & value.isna(), "is neither yes nor no"))
