"""The words that addresses abbreviate: own tables by language, and a folder in libpostal's format beside them."""

import hashlib
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path

from gcrm.errors import SettingsError
from gcrm.ingest.geocoding.folding.text import reduce, words

_OWN = Path(__file__).parent / "words"
_SECTIONS = ("types", "suffixes", "words", "stopwords", "numbers", "units", "boxes")
_LIBPOSTAL = {
    "street_types": "types",
    "concatenated_suffixes_separable": "suffixes",
    "personal_titles": "words",
    "directionals": "words",
    "synonyms": "words",
    "stopwords": "stopwords",
    "number": "numbers",
    "house_numbers": "numbers",
    "unit_types_numbered": "units",
    "post_office": "boxes",
}
"""Which of libpostal's files feed which section; the others (chains, people, ...) are not part of a street's name."""

Phrase = tuple[str, ...]


@dataclass(frozen=True, eq=False)
class Dictionary:
    """What is known of words, all of them reduced (see `text.reduce`).

    Attributes:
        expansions: abbreviation or full form, as a tuple of words, to the canonical forms it may stand for.
        types: canonical forms that are types of streets.
        suffixes: ending of a compound to its canonical types.
        initials: the letter that stands for such an ending before a full stop ("Annank.").
        stopwords: words that do not tell streets apart.
        numbers: words before a house number ("Nr.").
        units: words before a part of a building ("Top", "Apt").
        boxes: words of a post office box.
        digest: of the lines that it was made of; equal for equal dictionaries.
    """

    expansions: Mapping[Phrase, tuple[str, ...]]
    types: frozenset[str]
    suffixes: Mapping[str, tuple[str, ...]]
    initials: Mapping[str, tuple[str, ...]]
    stopwords: frozenset[str]
    numbers: frozenset[str]
    units: frozenset[str]
    boxes: tuple[Phrase, ...]
    digest: str

    @cached_property
    def longest_from(self) -> Mapping[str, int]:
        """Words of the longest abbreviated phrase that begins with a word."""
        longest: dict[str, int] = {}
        for phrase in self.expansions:
            longest[phrase[0]] = max(longest.get(phrase[0], 0), len(phrase))
        return longest

    @cached_property
    def first_of_boxes(self) -> frozenset[str]:
        """The words with which a post office box begins."""
        return frozenset(box[0] for box in self.boxes)

    @cached_property
    def suffix_lengths(self) -> tuple[int, ...]:
        """Lengths of the endings of compounds, longest first."""
        return tuple(sorted({len(ending) for ending in self.suffixes}, reverse=True))


@cache
def dictionary(folder: Path | None = None) -> Dictionary:
    """The dictionary of the program, with the user's own words where a folder is given.

    Args:
        folder: a folder in the format of libpostal's dictionaries: one folder per language, in it files such as street_types.txt.

    Raises:
        SettingsError: the folder is none, or holds no such file.
    """
    lines = list(_own_lines())
    if folder is not None:
        added = list(_libpostal_lines(folder))
        if not added:
            raise SettingsError(f"GCRM_DICTIONARIES is {str(folder)!r}, which holds no dictionary: it needs folders such as de/street_types.txt.")
        lines += added
    return _built(lines)


def _own_lines() -> Iterator[tuple[str, list[str]]]:
    for path in sorted(_OWN.glob("*.txt")):
        section = ""
        for line in path.read_text(encoding="utf-8").splitlines():
            if line.startswith("# "):
                section = line[2:]
                if section not in _SECTIONS:
                    raise SettingsError(f"{path.name} names the section {section!r}; it must be one of {', '.join(_SECTIONS)}.")
            elif line:
                yield section, line.split("|")


def _libpostal_lines(folder: Path) -> Iterator[tuple[str, list[str]]]:
    for path in sorted(folder.glob("*/*.txt")):
        section = _LIBPOSTAL.get(path.stem)
        if section:
            for line in path.read_text(encoding="utf-8", errors="replace").splitlines():
                # A single letter stands for too much once sixty languages come together.
                forms = [form for form in line.split("|") if len(re.sub(r"\W", "", form)) > 1]
                if forms:
                    yield section, forms


def _built(lines: list[tuple[str, list[str]]]) -> Dictionary:
    expansions: dict[Phrase, dict[str, None]] = defaultdict(dict)
    suffixes: dict[str, dict[str, None]] = defaultdict(dict)
    initials: dict[str, dict[str, None]] = defaultdict(dict)
    flat: dict[str, dict[Phrase, None]] = defaultdict(dict)
    types: dict[str, None] = {}
    for section, forms in lines:
        phrases = [tuple(map(reduce, words(form))) for form in forms]
        canonical = "".join(phrases[0])
        for phrase in filter(None, phrases):
            if section == "suffixes" and len(phrase) == 1:
                (suffixes if len(phrase[0]) > 1 else initials)[phrase[0]][canonical] = None
            elif section in ("types", "words"):
                expansions[phrase][canonical] = None
            flat[section][phrase] = None
        if section in ("types", "suffixes"):
            types[canonical] = None
    one = {section: frozenset(phrase[0] for phrase in phrases if len(phrase) == 1) for section, phrases in flat.items()}
    return Dictionary(
        expansions={phrase: tuple(forms) for phrase, forms in expansions.items()},
        types=frozenset(types),
        suffixes={ending: tuple(forms) for ending, forms in suffixes.items()},
        initials={letter: tuple(forms) for letter, forms in initials.items()},
        stopwords=one.get("stopwords", frozenset()),
        numbers=one.get("numbers", frozenset()),
        units=one.get("units", frozenset()),
        boxes=tuple(sorted(flat["boxes"], key=len, reverse=True)),
        digest=hashlib.sha256(repr(lines).encode()).hexdigest(),
    )
