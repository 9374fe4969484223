"""What a delimited text says by its first lines: delimiter, line end, where its table begins, whether it has a header."""

import csv
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from gcrm.ingest.options import WHITESPACE, ReadOptions
from gcrm.ingest.readers import layout
from gcrm.ingest.readers.detection import Detection, Finding, Format
from gcrm.ingest.readers.encodings import encoding_of, usable
from gcrm.ingest.readers.frames import UNDECODED

DELIMITERS = (",", ";", "\t", "|", "~", "^", "\x1f")
"""Delimiters of one character that are recognised, and of several those whose signs stand nowhere else; any other one is named."""

LONGEST_FIELD = 1 << 24
"""Characters."""

LONGEST_LINE = 1 << 25
"""Characters; a million columns fit."""

_SAMPLE_CHARACTERS = 1 << 18
_SAMPLE_LINES = 300
_STAND_IN = "\ud800"
"""Stands for a delimiter of several characters where the csv module takes one; no decoded text holds it."""

_SEPARATOR_LINE = re.compile(r"""["']?sep=([^"']{1,5}?)["']?""", re.IGNORECASE)
_SIGNS = re.compile(r"[^\w\s\"'.()\[\]{}<>@\\/:-]{2,4}")
_LINE_SUFFIX = re.compile(r"[^\w\s\"'.,;()\[\]{}<>-]{2,4}$")
_NUMBER_WITH_COMMA = re.compile(r"[+-]?\d+(?:\.\d{3})*,\d+")
_NUMBER_WITH_POINT = re.compile(r"[+-]?\d+(?:,\d{3})*\.\d+")


@dataclass(frozen=True)
class Dialect:
    """How a delimited text is read; `width` is the usual number of its fields, `line_end` only that which is no line end of a text."""

    encoding: str
    delimiter: str
    line_end: str | None
    header: bool
    skip_lines: int
    width: int


def split_quoted(lines: Iterable[str], delimiter: str) -> Iterator[list[str]]:
    """The fields of lines in the common form, with quotes; the delimiter may have several characters, or be WHITESPACE."""
    if delimiter == WHITESPACE:
        yield from (line.split() for line in lines)
    elif len(delimiter) == 1:
        yield from csv.reader(lines, delimiter=delimiter)
    else:
        for record in csv.reader((line.replace(delimiter, _STAND_IN) for line in lines), delimiter=_STAND_IN):
            yield [field.replace(_STAND_IN, delimiter) for field in record]


def detect(path: Path, options: ReadOptions) -> tuple[Dialect, Detection]:
    """How a file is read, and how sure each part of that is; what the options name is taken as it is.

    Raises:
        ReadError: the file is no text, or the options name no encoding.
    """
    encoding = Finding(usable(options.encoding, path.name), 1.0) if options.encoding else encoding_of(path)
    with path.open(encoding=encoding.value, errors=UNDECODED, newline="") as text:
        sample = text.read(_SAMPLE_CHARACTERS).removeprefix("\ufeff")
        whole = not text.read(1)
    lines = _lines(sample, whole=whole)
    named = _SEPARATOR_LINE.fullmatch(lines[0].strip("\r\n")) if lines else None
    given = options.delimiter or (named[1] if named else None)
    ending = Finding(options.line_end, 1.0) if options.line_end else _line_end(lines, given or _delimiter(lines).value)
    custom = ending.value if ending.value not in {"\n", "\r\n", "\r"} else None
    units = sample.split(custom)[: _SAMPLE_LINES if whole else -1][:_SAMPLE_LINES] or [sample] if custom else lines
    delimiter = Finding(given, 1.0) if given else (Finding(",", 0.5) if options.line_end else _delimiter(units))
    above = 1 if named else 0
    records, starts = _sample_records(units[above:], delimiter.value, quotes=custom is None)
    title = layout.preamble(records)
    skip = above + (starts[title] if title else 0)
    skip_lines = Finding(skip, 0.9 if skip else 0.99) if options.skip_lines is None else Finding(options.skip_lines, 1.0)
    if options.skip_lines is not None:
        records, _ = _sample_records(units[options.skip_lines :], delimiter.value, quotes=custom is None)
    else:
        records = records[title:]
    header = _header(records, options)
    dialect = Dialect(encoding.value, delimiter.value, custom, header.value, skip_lines.value, layout.usual_width(records))
    comma = _decimal_comma(records[1:] if header.value else records)
    return dialect, Detection(Format.DELIMITED, encoding, delimiter, ending, header, skip_lines, comma, notes=_notes(encoding))


def _notes(encoding: Finding[str]) -> tuple[str, ...]:
    if encoding.value == "utf-8" and encoding.confidence < 0.9:  # noqa: PLR2004 - ASCII alone has 0.9
        return ("Some lines are not in the encoding of the others; their records are refused.",)
    return ()


def _lines(sample: str, *, whole: bool) -> list[str]:
    """The lines of a sample with their ends; the last one only if it is not cut off."""
    lines = re.findall(r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+$", sample)
    return (lines if whole or len(lines) == 1 else lines[:-1])[:_SAMPLE_LINES]


def _line_end(lines: list[str], delimiter: str) -> Finding[str]:
    ends = Counter(line[len(line.rstrip("\r\n")) :] for line in lines)
    ends.pop("", None)
    if not ends:
        return Finding("\n", 0.5)
    end, count = ends.most_common(1)[0]
    end = "\r\n" if end.endswith("\r\n") else end[0]
    filled = [line.rstrip("\r\n") for line in lines if line.strip()]
    suffix = _LINE_SUFFIX.search(filled[0]) if filled else None
    if suffix and len(set(suffix[0])) > 1 and suffix[0] != delimiter and len(delimiter) > 1 and delimiter != WHITESPACE:
        # Who marks the ends of records marks those of fields by several signs too; such a mark ends nearly every line, and stands nowhere else.
        ended = sum(line.endswith(suffix[0]) for line in filled)
        if len(filled) > 1 and ended * 10 >= len(filled) * 9 and sum(line.count(suffix[0]) for line in filled) == ended:
            return Finding(suffix[0] + end, ended / len(filled))
    return Finding(end, count / ends.total())


def detect_delimiter(sample: str) -> str:
    """The delimiter that splits the first lines into the most fields of the same number; a comma where none does.

    Args:
        sample: the first lines of a file.
    """
    return _delimiter(_lines(sample, whole=True)).value


def _delimiter(lines: list[str]) -> Finding[str]:
    filled = [line for line in lines if line.strip()][:100]
    unquoted = "\n".join(re.sub(r'"[^"]*"', "", line) for line in filled)
    signs = {run for run in _SIGNS.findall(unquoted) if _stands_alone(run, unquoted)}
    scores = {delimiter: _score(filled, delimiter) for delimiter in (*DELIMITERS, *sorted(signs, key=lambda run: (-len(run), run)))}
    best = max(scores, key=lambda delimiter: (scores[delimiter], len(delimiter)))
    if scores[best][0] == 0:
        return _blanks(filled)
    # Where a sign comes only within a run, it alone would split every line into empty fields beside the true ones.
    best = max((run for run in signs if best in run and scores[run][0] >= scores[best][0]), key=lambda run: (scores[run], len(run), run), default=best)
    return Finding(best, round(scores[best][0] / len(filled), 2))


def _blanks(lines: list[str]) -> Finding[str]:
    """Columns set apart by blanks, where every line has the same number, at least three; else a comma, of which there is none."""
    widths = {len(line.split()) for line in lines}
    plain = len(lines) > 1 and len(widths) == 1 and min(widths) >= 3  # noqa: PLR2004 - two words in each line may be names
    return Finding(WHITESPACE, 0.7) if plain else Finding(",", 0.5)


def _stands_alone(run: str, text: str) -> bool:
    """Whether one of the signs of a run stands only in it, so that it is no row of empty fields."""
    count = text.count(run)
    return any(text.count(sign) == count * run.count(sign) for sign in set(run)) and (len(set(run)) > 1 or text.count(run[0]) == count * len(run))


def _score(lines: list[str], delimiter: str) -> tuple[int, int]:
    try:
        widths = Counter(len(record) for record in split_quoted(lines, delimiter) if record)
    except csv.Error:
        return 0, 0
    width = max((width for width in widths if width > 1), key=lambda width: (widths[width], width), default=0)
    return (widths[width], width) if width else (0, 0)


def _sample_records(units: Sequence[str], delimiter: str, *, quotes: bool) -> tuple[list[list[str]], list[int]]:
    """Records of the sample that are not blank, and the number of lines above each."""
    records: list[list[str]] = []
    starts: list[int] = []
    if not quotes:
        for position, unit in enumerate(units):
            if unit.strip():
                records.append(unit.split(delimiter))
                starts.append(position)
        return records, starts
    consumed = 0

    def counted() -> Iterator[str]:
        nonlocal consumed
        for unit in units:
            consumed += 1
            yield unit

    above = 0
    try:
        for record in split_quoted(counted(), delimiter):
            if any(record):
                records.append(record)
                starts.append(above)
            above = consumed
    except csv.Error:
        pass  # what is wrong with the file is said when it is read
    return records, starts


def _header(records: list[list[str]], options: ReadOptions) -> Finding[bool]:
    if options.header is not None:
        return Finding(options.header, 1.0)
    if options.columns is not None:
        return Finding(value=False, confidence=1.0)
    return layout.header(records[0], records[1:]) if records else Finding(value=True, confidence=0.5)


def _decimal_comma(records: list[list[str]]) -> Finding[bool] | None:
    fields = [field.strip() for record in records for field in record]
    commas = sum(_NUMBER_WITH_COMMA.fullmatch(field) is not None for field in fields)
    points = sum(_NUMBER_WITH_POINT.fullmatch(field) is not None for field in fields)
    return Finding(commas > points, max(commas, points) / (commas + points)) if commas + points else None
