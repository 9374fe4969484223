"""vCards (2.1, 3.0, 4.0) as tables of text: one row a card; a broken card is a marked record, not a dead file."""

import re
from collections.abc import Generator, Iterator
from itertools import batched
from pathlib import Path

import pyarrow as pa
import vobject
from vobject.base import Component, ContentLine

from gcrm.errors import ReadError
from gcrm.ingest.options import ReadOptions
from gcrm.ingest.readers.detection import Detection, Finding, Format
from gcrm.ingest.readers.encodings import encoding_of, usable
from gcrm.ingest.readers.frames import UNDECODED, UNREADABLE, text_table, with_marks

COLUMNS = (
    "uid", "full name", "given name", "family name", "nickname", "organisation", "department", "title", "phone", "mobile", "fax", "other phones",
    "mail", "other mails", "street", "post box", "postcode", "city", "region", "country", "other addresses", "website", "birthday", "longitude",
    "latitude", "categories", "note", "card",
)  # fmt: skip
"""Columns of every file; `card` holds the text of a card that cannot be read."""

_BATCH_CARDS = 2_000
_LONGEST_LINE = 1 << 24
_LONGEST_CARD = 1 << 24
_BEGIN = re.compile(r"\s*BEGIN\s*:\s*VCARD\s*", re.IGNORECASE)
_END = re.compile(r"\s*END\s*:\s*VCARD\s*", re.IGNORECASE)
_GEO = re.compile(r"(?:geo:)?\s*(-?\d+(?:\.\d+)?)\s*[,;]\s*(-?\d+(?:\.\d+)?)", re.IGNORECASE)
_SHOWN_CHARACTERS = 100


def read(path: Path, options: ReadOptions) -> Generator[pa.Table]:
    """The cards of a file, columns as in COLUMNS.

    Raises:
        ReadError: it holds no card, or is in another encoding.
    """
    encoding = usable(options.encoding, path.name) if options.encoding else encoding_of(path).value
    found = False
    for batch in batched(_cards(path, encoding), _BATCH_CARDS):
        found = True
        rows, broken = [], {}
        for position, text in enumerate(batch):
            values, problem = _values(text)
            rows.append([values.get(column, "") for column in COLUMNS])
            if problem:
                broken[position] = problem
        table = text_table(rows, list(COLUMNS))
        if UNREADABLE in table.column_names:
            broken |= {position: text for position, text in enumerate(table[UNREADABLE].to_pylist()) if text and position not in broken}
            table = table.drop_columns(UNREADABLE)
        yield with_marks(table, {UNREADABLE: broken})
    if not found:
        raise ReadError(f"{path.name} holds no vCard; each one begins with BEGIN:VCARD.")


def detect(path: Path, options: ReadOptions) -> Detection:
    """The encoding of a file of vCards."""
    encoding = Finding(usable(options.encoding, path.name), 1.0) if options.encoding else encoding_of(path)
    return Detection(Format.VCARD, encoding=encoding)


def _cards(path: Path, encoding: str) -> Iterator[str]:
    """The texts of the cards: what stands between BEGIN and END, or BEGIN and the next BEGIN; a card within a card belongs to it."""
    lines: list[str] = []
    depth = length = 0
    with path.open(encoding=encoding, errors=UNDECODED) as text:
        while line := text.readline(_LONGEST_LINE):
            begins = _BEGIN.fullmatch(line.lstrip("\ufeff")) is not None
            if begins and depth and not lines[-1].upper().startswith("AGENT"):
                yield "".join(lines)
                lines, depth, length = [], 0, 0
            depth += begins
            length += len(line)
            if depth and length < _LONGEST_CARD:
                lines.append("BEGIN:VCARD\n" if begins else line)
            if depth and _END.fullmatch(line):
                depth -= 1
                if depth == 0:
                    yield "".join(lines)
                    lines, length = [], 0
    if lines:
        yield "".join(lines)


def _values(text: str) -> tuple[dict[str, str], str | None]:
    """The columns of a card, or its text and what is wrong with it."""
    try:
        card = vobject.readOne(text, allowQP="QUOTED-PRINTABLE" in text.upper())
        if card is None or not _END.fullmatch(text.rstrip("\n").rpartition("\n")[2]):
            return {"card": text}, "card: it is cut off; END:VCARD is missing"
        return _columns(card), None
    except Exception as error:  # noqa: BLE001 - vobject raises what its parts raise: of its own, of codecs, of base64, of lists
        return {"card": text}, f"card: {' '.join(str(error).split())[:_SHOWN_CHARACTERS] or type(error).__name__}"


def _columns(card: Component) -> dict[str, str]:
    names = _parts(card, "n", ("family", "given"))
    phones = [(_kinds(line), _text(line.value).removeprefix("tel:")) for line in _lines(card, "tel")]
    voice = [number for kinds, number in phones if not kinds & {"CELL", "FAX", "PAGER", "MODEM"}]
    mobile = [number for kinds, number in phones if "CELL" in kinds and "FAX" not in kinds]
    fax = [number for kinds, number in phones if "FAX" in kinds]
    mails = [_text(line.value) for line in _lines(card, "email")]
    organisation = _list(card, "org")
    geo = _GEO.fullmatch(_first(card, "geo"))
    found = {
        "uid": _first(card, "uid"),
        "full name": _first(card, "fn") or " ".join(filter(None, (names["given"], names["family"]))) or next(iter(organisation), ""),
        "given name": names["given"],
        "family name": names["family"],
        "nickname": _first(card, "nickname"),
        "organisation": next(iter(organisation), ""),
        "department": ", ".join(organisation[1:]),
        "title": _first(card, "title") or _first(card, "role"),
        "phone": next(iter(voice or mobile), ""),
        "mobile": next(iter(mobile), ""),
        "fax": next(iter(fax), ""),
        "other phones": ", ".join([*voice[1:], *mobile[1:], *fax[1:]]),
        "mail": next(iter(mails), ""),
        "other mails": ", ".join(mails[1:]),
        "website": _first(card, "url"),
        "birthday": _first(card, "bday"),
        "longitude": geo[2] if geo else "",
        "latitude": geo[1] if geo else "",
        "categories": ", ".join(_list(card, "categories")),
        "note": _first(card, "note"),
    }
    return found | _addresses(card)


def _addresses(card: Component) -> dict[str, str]:
    parts = ("box", "extended", "street", "city", "region", "code", "country")
    addresses = [{part: _text(getattr(line.value, part, "")) for part in parts} for line in _lines(card, "adr")]
    if not addresses:
        return {}
    first = addresses[0]
    return {
        "street": " ".join(filter(None, (first["street"], first["extended"]))),
        "post box": first["box"],
        "postcode": first["code"],
        "city": first["city"],
        "region": first["region"],
        "country": first["country"],
        "other addresses": "; ".join(", ".join(filter(None, address.values())) for address in addresses[1:]),
    }


def _kinds(line: ContentLine) -> set[str]:
    """The types of a number: in 2.1 they stand alone, later as TYPE=home,voice."""
    lone = [parameter[0] for parameter in line.singletonparams] if line.singletonparams and isinstance(line.singletonparams[0], list) else line.singletonparams
    named = [kind for value in line.params.get("TYPE", []) for kind in value.split(",")]
    return {str(kind).upper() for kind in (*lone, *named)}


def _lines(card: Component, name: str) -> list[ContentLine]:
    """The lines of a name, the preferred ones first."""

    def rank(line: ContentLine) -> tuple[bool, int]:
        given = next(iter(line.params.get("PREF", [])), "")
        return "PREF" not in _kinds(line) and not given, int(given) if given.isdecimal() else 0

    return sorted(card.contents.get(name, []), key=rank)


def _first(card: Component, name: str) -> str:
    return next((_text(line.value) for line in _lines(card, name)), "")


def _parts(card: Component, name: str, parts: tuple[str, ...]) -> dict[str, str]:
    line = next(iter(_lines(card, name)), None)
    return {part: _text(getattr(line.value, part, "")) if line is not None else "" for part in parts}


def _list(card: Component, name: str) -> list[str]:
    value: object = next((line.value for line in _lines(card, name)), [])
    return [text for each in (value if isinstance(value, list) else str(value).split(";")) if (text := _text(each))]


def _text(value: object) -> str:
    """A value on one line; of a list its parts."""
    if isinstance(value, bytes):
        return ""
    return ", ".join(filter(None, map(_text, value))) if isinstance(value, list) else " ".join(str(value).split())
