"""Which single-byte encoding a text is in: the one in which its letters beyond ASCII are those of one language."""

from collections.abc import Mapping
from types import MappingProxyType

from charset_normalizer import from_bytes

from gcrm.ingest.readers.detection import Finding

_CYRILLIC = "абвгдежзийклмнопрстуфхцчшщъыьэюяё"

_LETTERS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "cp1252": (
            "äöüß", "àâæçéèêëîïôœùûüÿ", "áéíñóúüçªº", "ãáàâçéêíõóôúüªº", "àèéìíîòóùú", "ëïéèöüáóíê", "åäöéü", "æøåéöä", "áðéíóúýþæö", "àçéèíïóòúü·",
        ),
        "cp1250": ("ąćęłńóśźż", "áčďéěíňóřšťúůýž", "áäčďéíĺľňóôŕšťúýž", "áéíóöőúüű", "ăâîşţ", "čćđšž", "ëç"),
        "cp1254": ("çğ\u0131iöşüâîû\u0130",),
        "cp1257": ("āčēģīķļņšūž", "ąčęėįšųūž", "äõöüšž"),
        "cp1255": ("אבגדהוזחטיךכלםמןנסעףפץצקרשת",),
        "cp1251": (_CYRILLIC, "абвгґдеєжзиіїйклмнопрстуфхцчшщьюя", "абвгдђежзијклљмнњопрстћуфхцчџш", "абвгдеёжзійклмнопрстуўфхцчшыьэюя"),
        "koi8_r": (_CYRILLIC,),
        "cp866": (_CYRILLIC,),
        "cp1253": ("αβγδεζηθικλμνξοπρσςτυφχψωάέήίόύώϊϋΐΰ",),
        "cp1256": ("ءآأؤإئابةتثجحخدذرزسشصضطظعغـفقكلمنهوىيپچژگ",),
        "cp874": ("".join(map(chr, range(0x0E01, 0x0E5C))),),
    }
)  # fmt: skip
"""Letters beyond ASCII of the languages that each encoding of Windows serves, and of two other Cyrillic ones (after CLDR's exemplar characters)."""

_SIGNS = frozenset("“”„…€£§©®°·«»²³½¼№\u2018\u2019\u201a\u2013\u2014\u00b4\u00a0")
_LEAST = 0.5
_RARER = ("mac_roman", "cp850", "cp852", "cp437", "cp1258", "cp855", "cp775", "iso8859_2", "iso8859_5", "iso8859_7", "mac_cyrillic", "johab", "euc_kr")


def single_byte_encoding(text: bytes) -> Finding[str]:
    """The encoding whose letters fit best.

    A letter fits if it belongs to the language that explains most of them, and is no capital after a small letter. Of
    encodings that fit equally well the one listed first is taken.

    Args:
        text: lines with bytes beyond ASCII.

    Returns:
        One of the keys of the table; where none fits, what charset-normalizer says, else cp1252.
    """
    fits = {encoding: _fit(text, encoding, languages) for encoding, languages in _LETTERS.items()}
    best = max(fits, key=lambda encoding: fits[encoding])
    if fits[best] < _LEAST:
        other = from_bytes(text, cp_isolation=list(_RARER)).best()
        return Finding(other.encoding if other and other.coherence else "cp1252", _LEAST)
    rival = max((fit for encoding, fit in fits.items() if encoding != best), default=0.0)
    return Finding(best, round(min(0.95, max(_LEAST, fits[best] - rival / 2)), 2))


def _fit(text: bytes, encoding: str, languages: tuple[str, ...]) -> float:
    """The share of characters beyond ASCII that fit the best of the languages."""
    decoded = text.decode(encoding, errors="replace")
    before = " " + decoded[:-1]
    pairs = [(sign, previous) for sign, previous in zip(decoded, before, strict=True) if sign > "\x7f"]
    if not pairs:
        return 0.0
    right_case = [sign for sign, previous in pairs if not (sign.isupper() and previous.islower())]
    signs = sum(sign in _SIGNS for sign in right_case)
    letters = max(sum(sign in language or sign.lower() in language for sign in right_case) for language in languages)
    return (letters + signs) / len(pairs)
